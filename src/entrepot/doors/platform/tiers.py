"""Tiers: the list, a new one, and a change of rate, which is shown with examples before it is made."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import BpsField
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale
from entrepot.parties import actions
from entrepot.parties.models import Tier
from entrepot.parties.queries import tiers as found_tiers
from entrepot.pricing.rules import agreed_price

_FIELDS = ("name", "fee_rate_bps", "rate_limit_per_s", "rate_burst", "position", "note")
_EXAMPLES_FEN = (1_000, 4_990, 9_999, 100_000)


class TierForm(SeenForm):
    """A tier."""

    name = forms.CharField(label=_("Tier name"), max_length=40)
    fee_rate_bps = BpsField(label=_("Fee rate, in percent"), help_text=_("A higher tier may pay more or less."))
    rate_limit_per_s = forms.IntegerField(label=_("Calls a second"), min_value=1, max_value=1_000_000, initial=50)
    rate_burst = forms.IntegerField(label=_("Burst of calls"), min_value=1, max_value=10_000_000, initial=100)
    position = forms.IntegerField(label=_("Place in the order"), min_value=0, max_value=10_000, initial=0)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def values(self) -> dict[str, Any]:
        """Return the tier as the room takes it."""
        return {name: self.cleaned_data[name] for name in _FIELDS}


class NewTierForm(TierForm):
    """A tier to add."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]


@page("platform", "distributors.view")
@require_GET
def tiers(request: PartyRequest) -> HttpResponse:
    """Show the tiers with an example of what each pays."""
    rows = [(tier, agreed_price(10_000, fee_rate_bps=tier.fee_rate_bps)) for tier in found_tiers()]
    context = {"title": _("Tiers"), "rows": rows, "can_edit": request.party.can("tiers.edit")}
    return render(request, "platform/tiers.html", context)


@page("platform", "tiers.edit")
@require_http_methods(["GET", "POST"])
def tier_new(request: PartyRequest) -> HttpResponse:
    """Add a tier."""
    form = NewTierForm(request.POST or None, initial={"seen": "new"})

    def act(cleaned: dict[str, Any]) -> Tier:
        return actions.create_tier(actor=actor(request.party), address=client_ip(request) or "", **form.values())

    if request.method == "POST" and (made := attempt(form, act)):
        messages.success(request, gettext("Tier “%(name)s” is added.") % {"name": made.name})
        return HttpResponseRedirect(reverse("platform:tiers"))
    context = {"title": _("New tier"), "form": form, "back": reverse("platform:tiers")}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "tiers.edit")
@require_http_methods(["GET", "POST"])
def tier_edit(request: PartyRequest, tier_id: int) -> HttpResponse:
    """Change a tier; another rate is confirmed over examples first."""
    tier = Tier.objects.filter(pk=tier_id).first()
    if tier is None:
        raise Http404
    initial = {name: getattr(tier, name) for name in _FIELDS} | {"seen": mark_of(tier, *_FIELDS)}
    form = TierForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> Tier:
        locked = Tier.objects.select_for_update(no_key=True).get(pk=tier_id)
        refuse_stale(cleaned["seen"], mark=mark_of(locked, *_FIELDS))
        return actions.change_tier(
            tier_id,
            reason=cleaned["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
            **form.values(),
        )

    back = reverse("platform:tiers")
    if request.method == "POST" and form.is_valid() and _is_unconfirmed(request, tier=tier, form=form):
        return render(request, "platform/tier_confirm.html", _confirmation(tier, form=form) | {"back": back})
    if request.method == "POST" and attempt(form, act) is not None:
        messages.success(request, gettext("Tier “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return HttpResponseRedirect(back)
    context = {"title": tier.name, "form": form, "back": back}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


def _is_unconfirmed(request: PartyRequest, *, tier: Tier, form: TierForm) -> bool:
    return form.cleaned_data["fee_rate_bps"] != tier.fee_rate_bps and not request.POST.get("confirmed")


def _confirmation(tier: Tier, *, form: TierForm) -> dict[str, Any]:
    """Return old and new rate with what they make of some supply prices."""
    new_bps = form.cleaned_data["fee_rate_bps"]
    examples = [
        (
            price_fen,
            agreed_price(price_fen, fee_rate_bps=tier.fee_rate_bps),
            agreed_price(price_fen, fee_rate_bps=new_bps),
        )
        for price_fen in _EXAMPLES_FEN
    ]
    return {
        "title": tier.name,
        "tier": tier,
        "form": form,
        "new_bps": new_bps,
        "examples": examples,
        "distributor_count": tier.distributors.count(),
    }
