"""Memberships: what a tier costs, what follows when one is over, and who has paid until when."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import FenField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.attempts import attempt
from entrepot.membership import actions, queries
from entrepot.membership.models import Membership
from entrepot.membership.rules import FALLBACK, MONTHS, REFUSE, WARN_DAYS_AT_MOST

TERMS: dict[int, Any] = {1: _("1 month"), 3: _("3 months"), 6: _("6 months"), 12: _("1 year")}
_COLUMNS = (
    Column(title=_("Distributor"), value=lambda row: f"{row.distributor.number} {row.distributor.name}", width=32),
    Column(title=_("Tier"), value=lambda row: row.tier_name, width=16),
    Column(title=_("Price"), value=lambda row: row.price_fen, kind="fen"),
    Column(title=_("Term"), value=lambda row: TERMS[row.months], width=10),
    Column(title=_("From"), value=lambda row: row.since, kind="moment", width=20),
    Column(title=_("To"), value=lambda row: row.until, kind="moment", width=20),
    Column(title=_("State"), value=lambda row: state_of("membership", row.outcome)[0], width=20),
)


class MemberSearch(FilterForm):
    """A membership by its distributor."""

    text = forms.CharField(label=_("Number or name"), max_length=60)

    def rows(self) -> QuerySet[Membership]:
        """Return the memberships that meet the search."""
        found = queries.memberships()
        if text := self.value("text"):
            found = found.filter(distributor__name__icontains=text) | found.filter(
                distributor__number__istartswith=text
            )
        return found


class TermsForm(forms.Form):
    """What a tier costs; without a price it is free."""

    price_fen = FenField(label=_("Price"), required=False, min_fen=1, help_text=_("Empty: the tier is free."))
    months = forms.TypedChoiceField(label=_("Term"), coerce=int, choices=[(months, TERMS[months]) for months in MONTHS])


class SettingForm(forms.Form):
    """What follows when a membership is over."""

    warn_days = forms.IntegerField(label=_("Warn so many days ahead"), min_value=1, max_value=WARN_DAYS_AT_MOST)
    when_over = forms.ChoiceField(
        label=_("When it is over"),
        choices=[(REFUSE, _("Orders are refused until it is renewed")), (FALLBACK, _("Back to a free tier"))],
        widget=forms.RadioSelect,
    )
    fallback_tier_id = forms.TypedChoiceField(label=_("Free tier"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = [(tier.pk, tier.name) for tier, terms in queries.tiers_with_terms() if terms is None]
        self.fields["fallback_tier_id"].choices = [("", "—"), *free]  # type: ignore[attr-defined]


@page("platform", "distributors.view")
@require_GET
def memberships(request: PartyRequest) -> HttpResponseBase:
    """Show what the tiers cost and who has paid until when, or hand it out as a sheet."""
    form = MemberSearch(request.GET)
    found, tab, kept = form.rows(), request.GET.get("tab", ""), queries.setting()
    parts = {
        "running": found.filter(ended_at=None),
        "ending": queries.is_ending(found, days=kept.warn_days),
        "over": found.exclude(ended_at=None),
    }
    listed = parts.get(tab, found)
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('memberships')}-{timezone.localtime():%Y%m%d-%H%M}"
        return export_xlsx(listed.iterator(chunk_size=500), name=name, columns=_COLUMNS)
    words = {"running": _("Running"), "ending": _("Ending soon"), "over": _("Over")}
    counted = queries.counts(found, days=kept.warn_days)
    shown = page_of(listed, query=request.GET)
    context = {
        "title": _("Memberships"),
        "form": form,
        "tabs": [
            ("", _("All"), counted["all"]),
            *((name, word, counted[name]) for name, word in words.items()),
        ],
        "page": shown,
        "rows": [(row, TERMS[row.months]) for row in shown],
        "tiers": [(tier, terms, TERMS[terms.months] if terms else "") for tier, terms in queries.tiers_with_terms()],
        "setting": kept,
        "fallback": kept.fallback_tier.name if kept.fallback_tier else "",
        "is_narrowed": bool(form.used or tab),
        "can_edit": request.party.can("tiers.edit"),
    }
    return render(request, "platform/memberships.html", context)


@page("platform", "tiers.edit")
@require_http_methods(["GET", "POST"])
def membership_terms(request: PartyRequest, tier_id: int) -> HttpResponse:
    """Say what a membership of a tier costs and how long it lasts."""
    known = {tier.pk: (tier, terms) for tier, terms in queries.tiers_with_terms()}
    if tier_id not in known:
        raise Http404
    tier, terms = known[tier_id]
    initial = {"price_fen": terms.price_fen if terms else None, "months": terms.months if terms else 12}
    form = TermsForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> bool:
        who, where = actor(request.party), client_ip(request) or ""
        actions.set_terms(tier_id, price_fen=cleaned["price_fen"], months=cleaned["months"], actor=who, address=where)
        return True

    back = reverse("platform:memberships")
    if request.method == "POST" and attempt(form, act):
        messages.success(request, gettext("Saved; memberships that are paid for stay as they are."))
        return HttpResponseRedirect(back)
    context = {"title": gettext("Membership of %(tier)s") % {"tier": tier.name}, "form": form, "back": back}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "tiers.edit")
@require_http_methods(["GET", "POST"])
def membership_setting(request: PartyRequest) -> HttpResponse:
    """Say how early a membership warns and what follows when it is over."""
    kept = queries.setting()
    initial = {"warn_days": kept.warn_days, "when_over": kept.when_over, "fallback_tier_id": kept.fallback_tier_id}
    form = SettingForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> bool:
        actions.change_setting(actor=actor(request.party), address=client_ip(request) or "", **cleaned)
        return True

    back = reverse("platform:memberships")
    if request.method == "POST" and attempt(form, act):
        messages.success(request, gettext("The setting is saved."))
        return HttpResponseRedirect(back)
    context = {"title": _("When a membership is over"), "form": form, "back": back}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)
