"""Distributors: the list, admission, terms of trade, state."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import FenField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale
from entrepot.doors.platform.choice_words import DISTRIBUTOR_KINDS, FUNDS_POLICIES
from entrepot.doors.platform.distributor_page import distributor_or_404, shown
from entrepot.doors.platform.suppliers import PARTY_TABS, WhyForm, credentials
from entrepot.ledger.queries import Wallet, wallets
from entrepot.parties import actions
from entrepot.parties.models import Distributor, DistributorKind, FundsPolicy, PartyState, Tier
from entrepot.parties.queries import distributors as found_distributors

TERMS = (
    *("name", "tier_id", "kind", "funds_policy", "hold_ttl_s", "allow_list", "callback_url", "contact"),
    *("low_balance_fen", "state"),
)
_Pair = tuple[Distributor, Wallet]
_COLUMNS = (
    Column(title=_("Number"), value=lambda pair: pair[0].number, width=12),
    Column(title=_("Company name"), value=lambda pair: pair[0].name, width=28),
    Column(title=_("State"), value=lambda pair: state_of("party", pair[0].state)[0], width=12),
    Column(title=_("Kind"), value=lambda pair: DISTRIBUTOR_KINDS.get(pair[0].kind, ""), width=12),
    Column(title=_("Tier"), value=lambda pair: pair[0].tier.name, width=16),
    Column(title=_("Fee rate"), value=lambda pair: pair[0].tier.fee_rate_bps, kind="bps", width=10),
    Column(title=_("Balance"), value=lambda pair: pair[1].balance_fen, kind="fen"),
    Column(title=pgettext_lazy("money", "Held"), value=lambda pair: pair[1].held_fen, kind="fen"),
    Column(title=_("Credit limit"), value=lambda pair: pair[1].credit_limit_fen, kind="fen"),
    Column(title=_("Available"), value=lambda pair: pair[1].available_fen, kind="fen"),
    Column(title=_("Admitted"), value=lambda pair: pair[0].created_at, kind="moment", width=20),
)


def tier_choices() -> list[tuple[int, str]]:
    """Return the tiers for a select."""
    return [(tier.pk, tier.name) for tier in Tier.objects.order_by("position", "id")]


class DistributorSearch(FilterForm):
    """A distributor by number, name, kind or tier."""

    text = forms.CharField(label=_("Number or name"), max_length=60)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *DISTRIBUTOR_KINDS.items()])
    tier = forms.TypedChoiceField(label=_("Tier"), coerce=int, empty_value=None)
    callbacks = forms.ChoiceField(label=_("Callbacks"), choices=[("", _("All")), ("failing", _("Cannot be called"))])

    def full_clean(self) -> None:
        """Give the select its tiers before anything is judged."""
        self.fields["tier"].choices = [("", _("All")), *tier_choices()]  # type: ignore[attr-defined]
        super().full_clean()


class TermsForm(SeenForm):
    """A distributor's terms of trade and how his mall is reached."""

    name = forms.CharField(label=_("Company name"), max_length=80)
    tier_id = forms.TypedChoiceField(label=_("Tier"), coerce=int)
    kind = forms.ChoiceField(label=_("Kind"), choices=list(DISTRIBUTOR_KINDS.items()), initial=DistributorKind.MALL)
    contact = forms.CharField(label=_("Contact"), max_length=80, required=False)
    funds_policy = forms.ChoiceField(
        label=_("Funds policy"),
        choices=list(FUNDS_POLICIES.items()),
        widget=forms.RadioSelect,
        initial=FundsPolicy.HOLD,
    )
    hold_minutes = forms.IntegerField(label=_("Minutes a hold lasts"), min_value=1, max_value=60, initial=15)
    low_balance_fen = FenField(label=_("Warn him below"), required=False)
    callback_url = forms.CharField(
        label=_("Callback address"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "https://mall.example/callback", "inputmode": "url"}),
    )
    allow_list = forms.CharField(
        label=_("Allow-list"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "203.0.113.7\n2001:db8::/48", "class": "mono"}),
        help_text=_("One address or network a line, IPv4 or IPv6. Empty: calls from everywhere are let in."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier_id"].choices = [("", _("Choose")), *tier_choices()]  # type: ignore[attr-defined]

    def terms(self) -> dict[str, Any]:
        """Return the terms as the room takes them, and why they are changed."""
        cleaned = dict(self.cleaned_data)
        cleaned.pop("seen", None)
        cleaned.pop("username", None)
        cleaned.pop("is_active", None)
        if "low_balance_fen" in cleaned:
            cleaned["low_balance_fen"] = cleaned["low_balance_fen"] or 0
        return cleaned | {"allow_list": cleaned["allow_list"].split()}


class NewDistributorForm(TermsForm):
    """A distributor to admit, with his first user."""

    username = forms.CharField(
        label=_("Login name"),
        max_length=40,
        help_text=_("3 to 40 letters, digits, dots, hyphens or underscores. The password is made up and shown once."),
    )
    is_active = forms.BooleanField(label=_("Activate at once"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["seen"]
        del self.fields["low_balance_fen"]
        del self.fields["reason"]


@page("platform", "distributors.view")
@require_GET
def distributors(request: PartyRequest) -> HttpResponseBase:
    """Show the distributors with their money, or hand them out as a sheet."""
    form = DistributorSearch(request.GET)
    tab = request.GET.get("tab", "")
    everyone = found_distributors(
        text=form.value("text") or "", tier_id=form.value("tier"), kind=form.value("kind") or ""
    )
    if form.value("callbacks"):
        everyone = everyone.filter(
            Q(endpoint__state="disabled") | Q(endpoint__state="active", endpoint__failing_since__isnull=False)
        )
    listed: QuerySet[Distributor] = everyone.filter(state=tab) if tab in PartyState.values else everyone
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('distributors')}-{timezone.localtime():%Y%m%d-%H%M}"
        return export_xlsx(_pairs(listed), name=name, columns=_COLUMNS)
    counted = dict(everyone.order_by().values_list("state").annotate(Count("id")))
    found = page_of(listed, query=request.GET)
    money = wallets([row.pk for row in found])
    context = {
        "title": _("Distributors"),
        "form": form,
        "tabs": [
            ("", _("All"), sum(counted.values())),
            *((state, word, counted.get(state, 0)) for state, word in PARTY_TABS),
        ],
        "page": found,
        "rows": [(row, DISTRIBUTOR_KINDS.get(row.kind, ""), money[row.pk]) for row in found],
        "is_narrowed": bool(form.used or tab),
        "can_edit": request.party.can("distributors.edit"),
    }
    return render(request, "platform/distributors.html", context)


def _pairs(listed: QuerySet[Distributor]) -> Iterator[_Pair]:
    rows = list(listed)
    money = wallets([row.pk for row in rows])
    return ((row, money[row.pk]) for row in rows)


@page("platform", "distributors.edit")
@require_http_methods(["GET", "POST"])
def distributor_new(request: PartyRequest) -> HttpResponse:
    """Admit a distributor; his login name and one-time password are shown this once."""
    form = NewDistributorForm(request.POST or None)

    def act(cleaned: dict[str, Any]) -> tuple[Distributor, actions.NewUser]:
        return actions.create_distributor(
            username=cleaned["username"],
            is_active=cleaned["is_active"],
            actor=actor(request.party),
            address=client_ip(request) or "",
            **form.terms(),
        )

    if request.method == "POST" and (made := attempt(form, act)):
        row, user = made
        return credentials(
            request,
            title=row.name,
            user=user,
            back=reverse("platform:distributor", args=[row.pk]),
            entrance="distributor",
        )
    context = {"title": _("New distributor"), "form": form, "back": reverse("platform:distributors")}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "distributors.edit")
@require_http_methods(["GET", "POST"])
def distributor_edit(request: PartyRequest, distributor_id: int) -> HttpResponse:
    """Change a distributor's terms of trade, allow-list and callback address."""
    row = distributor_or_404(distributor_id)
    initial = {name: getattr(row, name) for name in TERMS} | {
        "hold_minutes": row.hold_ttl_s // 60,
        "allow_list": "\n".join(row.allow_list),
        "seen": mark_of(row, *TERMS),
    }
    form = TermsForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> Distributor:
        locked = Distributor.objects.select_for_update(no_key=True).get(pk=distributor_id)
        refuse_stale(cleaned["seen"], mark=mark_of(locked, *TERMS))
        return actions.change_distributor(
            distributor_id, actor=actor(request.party), address=client_ip(request) or "", **form.terms()
        )

    if request.method == "POST" and attempt(form, act) is not None:
        messages.success(request, gettext("The terms of %(name)s are saved.") % {"name": row.name})
        return HttpResponseRedirect(reverse("platform:distributor", args=[distributor_id]))
    context = {"title": row.name, "form": form, "back": reverse("platform:distributor", args=[distributor_id])}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "distributors.edit")
@require_POST
def distributor_state(request: PartyRequest, distributor_id: int) -> HttpResponse:
    """Suspend a distributor, with a reason, or activate him."""
    row = distributor_or_404(distributor_id)
    form = WhyForm(request.POST)
    is_suspension = request.POST.get("do") == "suspend"

    def act(cleaned: dict[str, Any]) -> Distributor:
        change = actions.suspend_distributor if is_suspension else actions.activate_distributor
        return change(
            distributor_id, reason=cleaned["reason"], actor=actor(request.party), address=client_ip(request) or ""
        )

    if not attempt(form, act):
        return shown(request, distributor_id=distributor_id, why_form=form)
    said = _("%(name)s is suspended.") if is_suspension else _("%(name)s is active.")
    messages.success(request, str(said) % {"name": row.name})
    return HttpResponseRedirect(reverse("platform:distributor", args=[distributor_id]))
