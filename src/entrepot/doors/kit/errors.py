"""Error pages: what happened and what one can do, in the user's language."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import requires_csrf_token

_PAGES = {
    400: ("exclamation-triangle", _("This request was not understood"), _("Go back, check what you entered and try again.")),
    403: ("lock-closed", _("You may not do this"), _("Your role does not include this page. An administrator of your company can give it to you.")),
    404: ("map", _("There is no such page"), _("The address is wrong, or the thing it names belongs to somebody else or is gone.")),
    429: ("clock", _("Too many attempts"), _("Wait a few minutes and try again.")),
    500: ("wrench-screwdriver", _("Something went wrong on our side"), _("Nothing half-done was kept. Try again in a moment; if it happens again, tell the operator the time it happened.")),
    503: ("pause-circle", _("Back in a moment"), _("The system is being maintained or is very busy. Your data is safe; try again shortly.")),
}  # fmt: skip


def error_page(request: HttpRequest, *, status: int, text: Any = "") -> HttpResponse:
    """Return the page of an error; `text` replaces the usual advice."""
    icon, title, advice = _PAGES[status]
    context = {"status": status, "icon_name": icon, "title": title, "advice": text or advice}
    response = render(request, "kit/error.html", context, status=status)
    if status == 503:
        response["Retry-After"] = "10"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show 400."""
    return error_page(request, status=400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show 403."""
    return error_page(request, status=403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show 404."""
    return error_page(request, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Show 500, without anything that could fail once more: no context of the request, no database."""
    icon, title, advice = _PAGES[500]
    context = {"status": 500, "icon_name": icon, "title": title, "advice": advice}
    return HttpResponse(loader.render_to_string("kit/error.html", context), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show what to do when a form's token does not fit, most often because the form was open for very long."""
    advice = _("The form was open for too long or came from another site. Go back, reload the page and send it again.")
    return error_page(request, status=403, text=advice)
