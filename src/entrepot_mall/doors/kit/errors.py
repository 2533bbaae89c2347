"""Pages for what went wrong."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def no_shop(request: HttpRequest) -> HttpResponse:
    """Nobody sells under this host name."""
    return render(request, "kit/error.html", {"code": 404, "what": "no_shop"}, status=404)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is nothing at this address."""
    del exception
    return render(request, "kit/error.html", {"code": 404, "what": "missing"}, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of ours."""
    return render(request, "kit/error.html", {"code": 500, "what": "fault"}, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its mark: the page was open too long, or the form came from elsewhere."""
    del reason
    return render(request, "kit/error.html", {"code": 403, "what": "stale"}, status=403)
