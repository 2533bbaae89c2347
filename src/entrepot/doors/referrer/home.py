"""The referrer's dashboard: whom he brought, what he earned by them, his statements."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from entrepot.base.clock import database_now
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.ledger.queries import owed_to_referrer_fen
from entrepot.referral import queries

_MONTHS = 12


@require_GET
@page("referrer")
def home(request: PartyRequest) -> HttpResponse:
    """Show what he is owed, whom he brought, and what each month came to. No prices, and nobody he did not bring."""
    context = {"title": _("Dashboard"), "can_see": request.party.can("earnings.view")}
    if context["can_see"]:
        now, him = database_now(), request.party.id
        months = queries.statements(him)
        current = next((one for one in months if one.month == queries.month_of(now)), None)
        context |= {
            "now": now,
            "owed_fen": owed_to_referrer_fen(him),
            "this_month_fen": current.earned_fen + current.reversed_fen if current else 0,
            "earned_fen": sum(one.earned_fen + one.reversed_fen for one in months),
            "grade": queries.grades_of([him]).get(him),
            "attachments": queries.attachments_of(him),
            "months": months[:_MONTHS],
        }
    return render(request, "referrer/home.html", context)
