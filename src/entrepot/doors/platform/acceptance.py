"""Lines that shippers refused, let pass, put off or have yet to accept, and what the platform does about one of them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.base import scope
from entrepot.base.money import yuan
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.lists import FilterForm, Page, page_of_rows
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.patterns import like
from entrepot.doors.kit.sheets import EXPORT_LIMIT, Column, TooManyRows, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.acceptance_rows import (
    TABS,
    AskedLine,
    Candidate,
    asked_line,
    asked_lines,
    candidates_shown,
    every_asked_line,
    tab_counts,
)
from entrepot.doors.platform.conditions import Conditions
from entrepot.doors.platform.order_acts import busy
from entrepot.fulfilment.queries import candidates, house_terms
from entrepot.fulfilment.rules import MINUTES_AT_MOST
from entrepot.trade import desk
from entrepot.trade.acceptances import ExtendAcceptance, Reroute
from entrepot.trade.terms import Answer, RefundBeforeShipping

_TAB_WORDS = {
    "undecided": _("To decide"),
    "soon": _("To accept within 4 hours"),
    "waiting": _("Waiting for the supplier"),
    "back_ordered": _("Back-ordered"),
    "late": _("Back order overdue"),
}
_OPEN = ("confirmed", "partly_shipped")
_COLUMNS = (
    Column(title=_("Order no."), value=lambda row: row.order_id, width=14),
    Column(title=_("Line"), value=lambda row: row.line_no, kind="int", width=6),
    Column(title=_("Mall's order no."), value=lambda row: row.out_order_no, width=24),
    Column(title=_("Distributor"), value=lambda row: row.distributor, width=20),
    Column(title=_("Supplier"), value=lambda row: row.supplier, width=20),
    Column(title=_("Goods"), value=lambda row: row.goods_name, width=36),
    Column(title=_("SKU"), value=lambda row: row.sku_code, width=18),
    Column(title=_("Still open"), value=lambda row: row.open_qty, kind="int", width=8),
    Column(title=_("State"), value=lambda row: str(state_of("acceptance", row.word)[0]), width=14),
    Column(title=_("Accept by"), value=lambda row: row.accept_by, kind="moment", width=20),
    Column(title=_("Ship by"), value=lambda row: row.ship_by, kind="day", width=12),
    Column(title=_("Reason"), value=lambda row: row.reason, width=28),
)


class AskedSearch(FilterForm):
    """A line by its order, supplier or goods."""

    no = forms.CharField(label=_("Order no."), max_length=64)
    supplier = forms.CharField(label=_("Supplier"), max_length=60)
    goods = forms.CharField(
        label=_("Goods"), max_length=60, widget=forms.TextInput(attrs={"placeholder": _("Name / SKU")})
    )

    def conditions(self) -> Conditions:
        """Return what the search asks for."""
        found = Conditions()
        if text := self.value("no"):
            found.add(
                "exists (select from orders_order n where n.id = a.order_id and (n.id::text = %(no)s"
                " or n.out_order_no = %(no)s))",
                no=text,
            )
        if text := self.value("supplier"):
            found.add("p.name ilike %(supplier)s", supplier=f"%{like(text)}%")
        if text := self.value("goods"):
            found.add("(l.goods_name ilike %(goods)s or l.sku_code ilike %(goods)s)", goods=f"%{like(text)}%")
        return found


class RerouteForm(forms.Form):
    """By which SKU a line goes out."""

    sku = forms.CharField(label=_("SKU that goes out instead"), max_length=40)
    may_lose = forms.BooleanField(label=_("Even at a loss"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class RefundLineForm(forms.Form):
    """Why the open pieces of a line are given back."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("The distributor reads it"))


class ExtendForm(forms.Form):
    """How much more time a supplier gets."""

    minutes = forms.IntegerField(label=_("Minutes from now"), min_value=1, max_value=MINUTES_AT_MOST)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


@page("platform", "orders.view")
@require_GET
def acceptance(request: PartyRequest) -> HttpResponseBase:
    """Show the lines that shippers were asked about, those to decide first, or hand them out as a sheet."""
    form = AskedSearch(request.GET)
    conditions = form.conditions()
    tab = request.GET.get("tab", "") if request.GET.get("tab", "") in TABS else "undecided"
    listed = conditions.plus(TABS[tab])
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('acceptance')}-{timezone.localtime():%Y%m%d-%H%M}"
        try:
            return export_xlsx(every_asked_line(listed, most=EXPORT_LIMIT), name=name, columns=_COLUMNS)
        except TooManyRows:
            return HttpResponse(gettext("Too many rows; narrow the search."), status=413)
    counts = tab_counts(conditions)
    found = _page(request.GET, listed)
    found.total = counts[tab]
    context = {
        "title": _("Acceptance"),
        "form": form,
        "tabs": [(name, word, counts[name]) for name, word in _TAB_WORDS.items()],
        "page": found,
        "is_narrowed": form.used,
        "can_decide": request.party.can("orders.reroute") or request.party.can("orders.refund"),
        "can_terms": request.party.can("suppliers.view"),
        "can_substitutes": request.party.can("goods.view"),
    }
    return render(request, "platform/acceptance.html", context)


def _page(query: QueryDict, listed: Conditions) -> Page:
    def fetch(values: list[Any] | None, is_backwards: bool, limit: int) -> list[AskedLine]:
        after = None if values is None else (int(values[0]), int(values[1]))
        return asked_lines(listed, after=after, limit=limit, upwards=not is_backwards)

    return page_of_rows(fetch, key=lambda row: [row.order_id, row.line_no], query=query)


@page("platform", "orders.view", in_scope=False)
@require_GET
def acceptance_line(request: PartyRequest, order_id: int, line_no: int) -> HttpResponse:
    """Show one line with what may stand in for it and what else can be done."""
    return _shown(request, order_id=order_id, line_no=line_no)


@page("platform", "orders.reroute", in_scope=False)
@require_POST
def acceptance_reroute(request: PartyRequest, order_id: int, line_no: int) -> HttpResponse:
    """Send a line by another SKU, at the price the mall has agreed to."""
    form = RerouteForm(request.POST, auto_id="id_reroute_%s")

    def ask(cleaned: dict[str, Any]) -> Reroute:
        code, why = cleaned["sku"].strip(), cleaned["reason"]
        return Reroute(order_id, line_no, code, actor(request.party), why, may_lose=cleaned["may_lose"])

    return _done(
        request,
        order_id=order_id,
        line_no=line_no,
        form=form,
        ask=ask,
        name="reroute_form",
        said=lambda answer: gettext("The line goes out by %(sku)s.") % {"sku": form.cleaned_data["sku"].strip()},
    )


@page("platform", "orders.refund", in_scope=False)
@require_POST
def acceptance_refund(request: PartyRequest, order_id: int, line_no: int) -> HttpResponse:
    """Give back what is open of a line to the distributor's balance."""
    line = _line(order_id, line_no=line_no)
    form = RefundLineForm(request.POST, auto_id="id_refund_%s")

    def ask(cleaned: dict[str, Any]) -> RefundBeforeShipping:
        # The version that was looked at is part of the number: a form sent twice has one effect, a new look a new number.
        seen = request.POST.get("version", "")[:12]
        pieces = {line_no: line.open_qty}
        return RefundBeforeShipping(
            order_id, f"P{order_id}-{line_no}-{seen}", actor(request.party), cleaned["reason"], pieces
        )

    return _done(
        request,
        order_id=order_id,
        line_no=line_no,
        form=form,
        ask=ask,
        name="refund_form",
        said=lambda answer: (
            gettext("¥%(amount)s went back to the balance of %(name)s.")
            % {"amount": yuan(answer.facts["refunded"]), "name": line.distributor}
        ),
    )


@page("platform", "orders.reroute", in_scope=False)
@require_POST
def acceptance_extend(request: PartyRequest, order_id: int, line_no: int) -> HttpResponse:
    """Give the supplier more time to accept a line."""
    return _done(
        request,
        order_id=order_id,
        line_no=line_no,
        form=ExtendForm(request.POST, auto_id="id_extend_%s"),
        ask=lambda cleaned: ExtendAcceptance(
            order_id, [line_no], cleaned["minutes"], actor(request.party), cleaned["reason"]
        ),
        name="extend_form",
        said=lambda answer: gettext("The supplier has more time."),
    )


def _done(
    request: PartyRequest,
    *,
    order_id: int,
    line_no: int,
    form: forms.Form,
    ask: Callable[[dict[str, Any]], Any],
    name: str,
    said: Callable[[Answer], str],
) -> HttpResponse:
    """Ask the desk for what the form says and go back to the list; a stale look or a refusal is shown on the form."""
    line = _line(order_id, line_no=line_no)
    if form.is_valid():
        if request.POST.get("version") != str(line.version):
            form.add_error(None, gettext("The order has changed since you opened it. Look again before you decide."))
        else:
            try:
                (answer,) = desk.run([ask(form.cleaned_data)])
            except desk.Busy:
                form.add_error(None, busy())
            else:
                if answer.is_accepted:
                    messages.success(request, said(answer))
                    return HttpResponseRedirect(reverse("platform:order", args=[order_id]))
                form.add_error(None, reason_of(answer))
    return _shown(request, order_id=order_id, line_no=line_no, **{name: form})


def _line(order_id: int, *, line_no: int) -> AskedLine:
    with scope.platform(read_only=True):
        line = asked_line(order_id, line_no=line_no)
    if line is None:
        raise Http404
    return line


def _shown(request: PartyRequest, *, order_id: int, line_no: int, **given: forms.Form) -> HttpResponse:
    line = _line(order_id, line_no=line_no)
    is_open = line.order_state in _OPEN and line.open_qty > 0
    with scope.platform(read_only=True):
        by = {one.sku: one.may_lose for one in candidates([(order_id, line_no)])[order_id, line_no]}
        stand_ins = candidates_shown(by)
        minutes = house_terms().minutes
    can_reroute = is_open and request.party.can("orders.reroute")
    context = {
        "title": gettext("Line %(line)s of order %(order)s") % {"line": line_no, "order": order_id},
        "line": line,
        "stand_ins": _judged(line, stand_ins) if is_open else [],
        "can_reroute": can_reroute,
        "can_refund": is_open and request.party.can("orders.refund"),
        "can_extend": is_open
        and line.word in ("waiting", "refused", "overdue")
        and request.party.can("orders.reroute"),
        "reroute_form": RerouteForm(auto_id="id_reroute_%s"),
        "refund_form": RefundLineForm(initial={"reason": line.reason}, auto_id="id_refund_%s"),
        "extend_form": ExtendForm(initial={"minutes": minutes}, auto_id="id_extend_%s"),
    }
    return render(request, "platform/acceptance_line.html", context | given, status=422 if given else 200)


def _judged(line: AskedLine, stand_ins: list[Candidate]) -> list[tuple[Candidate, int, str]]:
    """Return each stand-in with the margin of a piece (fen) and why the desk would refuse it, empty when it would not."""
    asks = [
        Reroute(line.order_id, line.line_no, one.sku_code, "system", "", may_lose=one.may_lose) for one in stand_ins
    ]
    refusals = [reason_of(answer) for ask in asks for answer in desk.preview([ask])]
    return [
        (one, line.supply_price_fen - (0 if one.is_own else one.supplier_price_fen), why)
        for one, why in zip(stand_ins, refusals, strict=True)
    ]
