"""What makes the shop an app: manifest, icons, service worker, files that tie it to apps and to WeChat."""

import io
import json
from functools import lru_cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from PIL import Image, ImageDraw

from entrepot_mall.doors.kit.visitors import shop_of, way_back

SIZES = (192, 512)
COLOUR = "#c81e1e"


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest."""
    shop = shop_of(request)
    told = {
        "name": shop.name,
        "short_name": shop.name[:12],
        "lang": "zh-Hans",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f6f8",
        "theme_color": COLOUR,
        "icons": [
            {
                "src": reverse("icon", args=[size]),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for size in SIZES
        ],
    }
    return HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/manifest+json")


@lru_cache(maxsize=4)
def _icon(size: int) -> bytes:
    picture = Image.new("RGB", (size, size), COLOUR)
    brush, unit = ImageDraw.Draw(picture), size // 16
    # A bag: body and handle, inside the safe zone of a mask.
    brush.rounded_rectangle((4 * unit, 6 * unit, 12 * unit, 12 * unit), radius=unit, fill="white")
    brush.arc((6 * unit, 3 * unit, 10 * unit, 9 * unit), start=180, end=360, fill="white", width=max(2, unit // 2))
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


@require_safe
def icon(request: HttpRequest, size: int) -> HttpResponse:
    """The icon of the app."""
    del request
    if size not in SIZES:
        raise Http404
    return HttpResponse(_icon(size), content_type="image/png", headers={"Cache-Control": "public, max-age=86400"})


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker: keeps what belongs to nobody, and shows the offline page where the network is gone."""
    del request
    kept = [reverse("offline"), static("mall/mall.css"), static("mall/shop.js"), reverse("icon", args=[192])]
    script = render_to_string("front/sw.js", {"kept": json.dumps(kept)})
    return HttpResponse(script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown without a network; the same for everybody."""
    return render(request, "front/offline.html")


@require_safe
def well_known(request: HttpRequest, name: str) -> HttpResponse:
    """The files by which Apple's and Google's systems let an app open the shop's links."""
    told = shop_of(request).associations
    if name == "apple-app-site-association" and told.get("apple_app_id"):
        details = [{"appIDs": [told["apple_app_id"]], "components": [{"/": "/*"}]}]
        return JsonResponse({"applinks": {"details": details}})
    if name == "assetlinks" and told.get("android_package"):
        target = {
            "namespace": "android_app",
            "package_name": told["android_package"],
            "sha256_cert_fingerprints": [told.get("android_fingerprint", "")],
        }
        return JsonResponse(
            [{"relation": ["delegate_permission/common.handle_all_urls"], "target": target}], safe=False
        )
    raise Http404


@require_safe
def proof(request: HttpRequest, name: str) -> HttpResponse:
    """The text file by which WeChat sees that the domain is the shop's."""
    told = shop_of(request).associations
    if not told.get("wechat_file") or told["wechat_file"] != f"{name}.txt":
        raise Http404
    return HttpResponse(told.get("wechat_text", ""), content_type="text/plain; charset=utf-8")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Show the pages in another language from now on."""
    response = HttpResponseRedirect(way_back(request, otherwise=reverse("home")))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=365 * 24 * 3600, samesite="Lax")
    return response
