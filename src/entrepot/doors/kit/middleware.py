"""Headers that hold every page to its own origin."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    ]
)


class SecurityHeaders:
    """Sets the content security policy and its companions on every answer of the pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("X-Frame-Options", "DENY")
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        if response.get("Content-Type", "").startswith("text/html"):
            # Pages carry personal data and are cheap to make again: no cache may keep them.
            response.setdefault("Cache-Control", "no-store")
        response.headers["Vary"] = _with_vary(response.get("Vary", ""))
        return response


def _with_vary(vary: str) -> str:
    """Return the Vary header with HX-Request: a part of a page must never be taken for the page."""
    names = [name.strip() for name in vary.split(",") if name.strip()]
    if "hx-request" not in [name.lower() for name in names]:
        names.append("HX-Request")
    return ", ".join(names)
