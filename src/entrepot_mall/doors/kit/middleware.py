"""Which shop, which language, and headers that hold every page to its own origin."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from entrepot_mall.doors.kit import errors
from entrepot_mall.shop.models import Shop
from entrepot_mall.shop.queries import shop_of_host

Answer = Callable[[HttpRequest], HttpResponse]
WITHOUT_SHOP = ("/health",)


class Language:
    """Chinese, unless the visitor chose otherwise."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        with translation.override(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            return self.get_response(request)


class ShopOfHost:
    """Finds the shop by the host name and sets the headers of its answer."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in WITHOUT_SHOP:
            return self.get_response(request)
        shop = shop_of_host(request.get_host().partition(":")[0])
        if shop is None:
            return errors.no_shop(request)
        request.shop = shop  # type: ignore[attr-defined]
        return _with_headers(self.get_response(request), shop=shop)


def _with_headers(response: HttpResponse, *, shop: Shop) -> HttpResponse:
    # Pictures of goods come from the platform's public addresses; nothing else leaves this origin.
    parts = urlsplit(shop.platform_url)
    pictures = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{pictures}; connect-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.setdefault("Content-Security-Policy", policy)
    response.setdefault("X-Content-Type-Options", "nosniff")
    response.setdefault("Referrer-Policy", "same-origin")
    response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if response.get("Content-Type", "").startswith("text/html"):
        response.setdefault("Cache-Control", "no-store")
    return response
