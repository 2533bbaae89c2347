"""The distributor's membership: until when it runs, what the grades cost, and buying one from the balance."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.lists import page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.membership import actions, queries
from entrepot.membership.models import Membership
from entrepot.parties.models import Distributor

TERMS: dict[int, Any] = {
    1: gettext_lazy("1 month"),
    3: gettext_lazy("3 months"),
    6: gettext_lazy("6 months"),
    12: gettext_lazy("1 year"),
}


class BuyForm(forms.Form):
    """One grade at the price that was shown."""

    tier_id = forms.IntegerField()
    price_fen = forms.IntegerField()
    once = forms.CharField(max_length=64)


@require_GET
@page("distributor", "ledger.view")
def membership(request: PartyRequest) -> HttpResponse:
    """Show his membership, what the grades cost, and what he has paid so far."""
    him = Distributor.objects.select_related("tier").get(pk=request.party.id)
    rows = queries.memberships(distributor_id=him.pk)
    shown = page_of(rows, query=request.GET)
    latest = rows.first()
    context = {
        "title": _("Membership"),
        "tier": him.tier,
        "latest": latest,
        "is_running": latest is not None and latest.ended_at is None,
        "is_ending": _is_ending(latest, days=queries.setting().warn_days),
        "offers": [(offer, TERMS[offer.months], offer.tier_id == him.tier_id) for offer in queries.offers()],
        "page": shown,
        "rows": [(row, TERMS[row.months]) for row in shown],
        "once": uuid.uuid4().hex,
        "can_buy": request.party.can("topups.request"),
    }
    return render(request, "distributor/membership.html", context)


def _is_ending(latest: Membership | None, *, days: int) -> bool:
    """Return whether what he paid for last runs out within some days: one that was renewed goes on."""
    return latest is not None and latest.ended_at is None and latest.until <= database_now() + timedelta(days=days)


@require_POST
@page("distributor", "topups.request", in_scope=False)
def membership_buy(request: PartyRequest) -> HttpResponse:
    """Buy or renew a membership from the balance."""
    form = BuyForm(request.POST)
    back = HttpResponseRedirect(reverse("distributor:membership"))
    if not form.is_valid():
        messages.error(request, _("Choose one of the grades."))
        return back
    try:
        row = actions.buy(
            request.party.id, actor=actor(request.party), address=client_ip(request) or "", **form.cleaned_data
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        said = _("Membership “%(tier)s” is paid until %(day)s.")
        messages.success(request, said % {"tier": row.tier_name, "day": f"{row.until:%Y-%m-%d}"})
    return back
