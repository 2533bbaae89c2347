"""A distributor's money: his ledger, credit by hand, adjustments, credit limit."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.base.money import yuan
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import DayRangeField, FenField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.attempts import attempt
from entrepot.doors.platform.distributor_page import MOVEMENT_WORDS, distributor_or_404
from entrepot.ledger.queries import Wallet, statement, wallet
from entrepot.recharge import actions
from entrepot.trade.terms import Answer

_COLUMNS = (
    Column(title=_("Time"), value=lambda move: move.at, kind="moment", width=20),
    Column(title=_("Kind"), value=lambda move: MOVEMENT_WORDS.get(move.kind, move.kind), width=18),
    Column(title=_("Amount"), value=lambda move: move.signed_fen, kind="fen"),
    Column(title=_("Balance after"), value=lambda move: move.after_fen, kind="fen"),
    Column(title=_("Order no."), value=lambda move: move.order_id),
    Column(title=_("Remark"), value=lambda move: move.remark, width=36),
)


class LedgerSearch(FilterForm):
    """A movement by kind and day."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *MOVEMENT_WORDS.items()])
    day = DayRangeField(label=_("Day"))


class CreditForm(forms.Form):
    """An amount to put on, or as an adjustment to take off, a balance. `once`: sent twice, it has one effect."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            ("top_up", _("Top-up: the money has come in")),
            ("adjustment", _("Adjustment: corrects a mistake, may be below 0")),
        ],
        widget=forms.RadioSelect,
        initial="top_up",
    )
    amount_fen = FenField(label=_("Amount"), min_fen=-(10**12), max_fen=10**12)
    reason = forms.CharField(label=_("Reason"), max_length=200)
    once = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = uuid.uuid4().hex

    def clean(self) -> dict[str, Any]:
        """Refuse what moves nothing, and a top-up below 0."""
        cleaned = super().clean() or {}
        amount_fen = cleaned.get("amount_fen")
        if amount_fen == 0 or (amount_fen is not None and amount_fen < 0 and cleaned.get("kind") == "top_up"):
            self.add_error("amount_fen", _("The amount is above 0; only an adjustment may be below."))
        return cleaned


class LimitForm(forms.Form):
    """How far below 0 a balance may go. `seen_fen` is the limit it was filled in over."""

    limit_fen = FenField(label=_("Credit limit"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    seen_fen = forms.IntegerField(widget=forms.HiddenInput)


@page("platform", "ledger.view")
@require_GET
def ledger(request: PartyRequest, distributor_id: int) -> HttpResponseBase:
    """Show the movements of a distributor's balance, or hand them out as a sheet."""
    row = distributor_or_404(distributor_id)
    form = LedgerSearch(request.GET)
    found = statement(distributor_id=distributor_id)
    if kind := form.value("kind"):
        found = found.filter(kind=kind)
    first, last = form.value("day") or (None, None)
    if first:
        found = found.filter(at__gte=first)
    if last:
        found = found.filter(at__lt=last)
    if request.GET.get("export") == "xlsx":
        return export_xlsx(found.iterator(chunk_size=1000), name=f"{gettext('ledger')}-{row.number}", columns=_COLUMNS)
    shown = page_of(found, query=request.GET)
    context = {
        "title": gettext("Ledger of %(name)s") % {"name": row.name},
        "distributor": row,
        "form": form,
        "page": shown,
        "rows": [(move, MOVEMENT_WORDS.get(move.kind, move.kind)) for move in shown],
        "wallet": wallet(distributor_id),
        "is_narrowed": bool(form.used),
    }
    return render(request, "platform/ledger.html", context)


@page("platform", "money.credit")
@require_http_methods(["GET", "POST"])
def credit(request: PartyRequest, distributor_id: int) -> HttpResponse:
    """Credit or adjust a balance: first the figures are shown, then they are confirmed."""
    row = distributor_or_404(distributor_id)
    form = CreditForm(request.POST or None)
    purse = wallet(distributor_id)

    def act(cleaned: dict[str, Any]) -> Answer:
        change = actions.credit_directly if cleaned["kind"] == "top_up" else actions.adjust_balance
        return change(
            distributor_id,
            amount_fen=cleaned["amount_fen"],
            reason=cleaned["reason"],
            once=cleaned["once"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    context = {"title": row.name, "distributor": row, "form": form, "wallet": purse}
    if request.method == "POST" and form.is_valid() and not request.POST.get("confirmed"):
        facts = _credit_facts(form, purse=purse)
        return render(request, "platform/credit_confirm.html", context | {"facts": facts})
    if request.method == "POST" and (answer := attempt(form, act)):
        _tell_credit(request, answer=answer, name=row.name, amount_fen=form.cleaned_data["amount_fen"])
        return HttpResponseRedirect(reverse("platform:distributor", args=[distributor_id]))
    return render(request, "platform/credit.html", context, status=422 if form.is_bound else 200)


def _credit_facts(form: CreditForm, *, purse: Wallet) -> list[tuple[str, str]]:
    cleaned = form.cleaned_data
    kinds: dict[str, Any] = dict(form.fields["kind"].choices)  # type: ignore[attr-defined]
    return [
        (gettext("Kind"), str(kinds[cleaned["kind"]])),
        (gettext("Amount"), f"¥{yuan(cleaned['amount_fen'])}"),
        (gettext("Balance"), f"¥{yuan(purse.balance_fen)} → ¥{yuan(purse.balance_fen + cleaned['amount_fen'])}"),
        (gettext("Available"), f"¥{yuan(purse.available_fen)} → ¥{yuan(purse.available_fen + cleaned['amount_fen'])}"),
        (gettext("Reason"), cleaned["reason"]),
    ]


def _tell_credit(request: PartyRequest, *, answer: Answer, name: str, amount_fen: int) -> None:
    if answer.is_replay:
        messages.warning(request, gettext("This was credited already; nothing happened twice."))
        return
    said = gettext("¥%(amount)s is booked for %(name)s; the balance is ¥%(balance)s.")
    shown = {"amount": yuan(amount_fen), "name": name, "balance": yuan(answer.facts["balance"])}
    messages.success(request, said % shown)
    released = answer.facts.get("released", 0)
    if released:
        went_on = ngettext("%(n)d waiting order went on.", "%(n)d waiting orders went on.", released)
        messages.success(request, went_on % {"n": released})


@page("platform", "money.credit")
@require_http_methods(["GET", "POST"])
def limit(request: PartyRequest, distributor_id: int) -> HttpResponse:
    """Change a distributor's credit limit."""
    row = distributor_or_404(distributor_id)
    purse = wallet(distributor_id)
    initial = {"limit_fen": purse.credit_limit_fen, "seen_fen": purse.credit_limit_fen}
    form = LimitForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> Answer:
        return actions.set_credit_limit(
            distributor_id,
            limit_fen=cleaned["limit_fen"],
            reason=cleaned["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if request.method == "POST" and form.is_valid() and form.cleaned_data["seen_fen"] != purse.credit_limit_fen:
        form.add_error(None, _("Somebody has changed this since you opened it. Look again before you save."))
    elif request.method == "POST" and attempt(form, act) is not None:
        messages.success(request, gettext("The credit limit of %(name)s is saved.") % {"name": row.name})
        return HttpResponseRedirect(reverse("platform:distributor", args=[distributor_id]))
    context = {"title": row.name, "distributor": row, "form": form, "wallet": purse}
    return render(request, "platform/limit.html", context, status=422 if form.is_bound else 200)
