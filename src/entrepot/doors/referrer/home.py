"""The referrer's dashboard."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from entrepot.doors.kit.party import PartyRequest, page


@require_GET
@page("referrer")
def home(request: PartyRequest) -> HttpResponse:
    """Show what was earned and what is owed."""
    return render(request, "referrer/home.html", {"title": _("Dashboard")})
