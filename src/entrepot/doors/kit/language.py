"""The language of the pages: Chinese unless somebody chose English."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from entrepot.parties.models import User

_YEAR_S = 365 * 24 * 3600


class Language:
    """Activates the language of the cookie. The browser's own wish is not asked: the trade speaks Chinese."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        code = wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(code):
            request.LANGUAGE_CODE = code
            response = self.get_response(request)
            response.setdefault("Content-Language", code)
        return response


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Change the language of this browser, and of the user when one is signed in."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        code = settings.LANGUAGE_CODE
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=code)
    response = HttpResponseRedirect(own_address(request, address=request.POST.get("next", "")) or "/")
    remember(response, code=code)
    return response


def remember(response: HttpResponse, *, code: str) -> None:
    """Keep a language in this browser."""
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=_YEAR_S, samesite="Lax", httponly=True)


def own_address(request: HttpRequest, *, address: str) -> str:
    """Return an address to go on to when it lies on this site, otherwise an empty text."""
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if safe and address.startswith("/") else ""
