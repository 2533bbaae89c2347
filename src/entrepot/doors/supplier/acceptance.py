"""What a supplier says about lines he is asked for: one order line by line, or many orders at once."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.days import day_of
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.supplier.order_reads import SupplyOrderRow, supply_order, supply_orders
from entrepot.doors.supplier.orders import onward, shown
from entrepot.doors.supplier.word_form import WordForm
from entrepot.fulfilment import actions
from entrepot.trade import desk
from entrepot.trade.terms import Answer

_AT_ONCE = 200


@require_POST
@page("supplier", "orders.ship", in_scope=False)
def decide(request: PartyRequest, order_id: int) -> HttpResponse:
    """Take the chosen lines of an order on, put them off to a day, or say that they cannot be supplied."""
    party = request.party
    with scope.supplier(party.id, read_only=True):
        order = supply_order(order_id)
        today = day_of(database_now())
    if order is None:
        raise Http404
    form = WordForm(request.POST, lines=[line.line_no for line in order.lines], today=today)
    if form.is_valid():
        try:
            answer = _said(request, order=order, form=form)
        except desk.Busy:
            form.add_error(None, _("Somebody else is at this order. Try again in a moment."))
        else:
            if answer.is_accepted:
                _tell(request, order=order, deed=form.cleaned_data["do"], answer=answer)
                return _away(request, order_id=order_id)
            form.add_error(None, reason_of(answer))
    with scope.supplier(party.id, read_only=True):
        again = supply_order(order_id)
        if again is None:
            raise Http404
        return shown(request, order=again, word_form=form, status=422)


def _said(request: PartyRequest, *, order: SupplyOrderRow, form: WordForm) -> Answer:
    cleaned, party = form.cleaned_data, request.party
    lines = [int(number) for number in cleaned["lines"]]
    if cleaned["do"] == "refuse":
        return actions.refuse_lines(
            party.id, order_id=order.order_id, lines=lines, reason=cleaned["reason"], actor=actor(party)
        )
    day = cleaned["ship_by"] if cleaned["do"] == "back_order" else None
    answers = actions.accept_lines(
        party.id, orders={order.order_id: lines}, actor=actor(party), ship_by=day, reason=cleaned["reason"]
    )
    return answers[order.order_id]


def _tell(request: PartyRequest, *, order: SupplyOrderRow, deed: str, answer: Answer) -> None:
    said = {
        "accept": _("Order %(number)s: accepted."),
        "back_order": _("Order %(number)s: back-ordered; the platform and the distributor see the day."),
        "refuse": _("Order %(number)s: noted that you cannot supply."),
    }[deed] % {"number": order.order_id}
    if answer.facts.get("undecided"):
        said += " " + _("The platform decides what becomes of it.")
    messages.success(request, said)


def _away(request: PartyRequest, *, order_id: int) -> HttpResponse:
    address = onward(request, default=reverse("supplier:order", args=[order_id]))
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


@require_POST
@page("supplier", "orders.ship", in_scope=False)
def accept_many(request: PartyRequest) -> HttpResponse:
    """Take on all that waits of the chosen orders; those that cannot be are told with the reason."""
    party = request.party
    ids = [int(text) for text in request.POST.getlist("ids") if text.isdigit() and len(text) < 19][:_AT_ONCE]
    with scope.supplier(party.id, read_only=True):
        orders = {row.order_id: [line.line_no for line in row.lines if line.is_waiting] for row in supply_orders(ids)}
    waiting = {order_id: lines for order_id, lines in orders.items() if lines}
    address = reverse("supplier:orders") + "?tab=to_accept"
    if not waiting:
        messages.info(request, _("None of the chosen orders waits to be accepted."))
        return HttpResponseRedirect(address)
    try:
        answers = actions.accept_lines(party.id, orders=waiting, actor=actor(party))
    except desk.Busy:
        messages.error(request, _("Somebody else is at these orders. Try again in a moment."))
        return HttpResponseRedirect(address)
    done = sum(answer.is_accepted for answer in answers.values())
    if done:
        messages.success(request, ngettext("%(n)d order accepted.", "%(n)d orders accepted.", done) % {"n": done})
    for order_id, answer in answers.items():
        if not answer.is_accepted:
            messages.error(request, f"{order_id}: {reason_of(answer)}")
    return HttpResponseRedirect(address)
