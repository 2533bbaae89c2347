"""The first page: what this is, and the ways in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from entrepot.doors.kit import demo


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Show the three back offices, the API's documentation and, in a demo world, its accounts."""
    return render(request, "kit/landing.html", {"accounts": demo.accounts()})
