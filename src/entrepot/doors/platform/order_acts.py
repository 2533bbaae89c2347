"""What staff do with one order: ship own goods, refund before shipping, cancel, record receipt, complete."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from entrepot.base import scope
from entrepot.base.money import yuan
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.order_facts import OrderFacts
from entrepot.doors.platform.order_forms import ReasonForm, RefundForm, ShipForm
from entrepot.doors.platform.order_page import facts_or_404
from entrepot.trade import desk
from entrepot.trade.terms import Answer, Cancel, Complete, Receive, RefundBeforeShipping, Ship

_CHANGED = _("The order has changed since you opened it. Look again before you decide.")


@page("platform", "orders.ship", in_scope=False)
@require_http_methods(["GET", "POST"])
def ship(request: PartyRequest, order_id: int) -> HttpResponse:
    """Send one parcel of the platform's own goods, whole or in part."""
    facts = _facts(order_id)
    form = ShipForm(request.POST or None, lines=facts.own_open, initial={"version": facts.head.version})
    if request.method == "POST" and form.is_valid() and _is_fresh(form, facts=facts):
        cleaned = form.cleaned_data
        ask = Ship(
            order_id=order_id,
            supplier_id=facts.own_open[0].supplier_id,
            carrier=cleaned["carrier"],
            tracking_no=cleaned["tracking_no"],
            actor=actor(request.party),
            pieces=form.pieces,
        )
        if _asked(form, ask):
            messages.success(request, gettext("Parcel %(number)s is sent.") % {"number": cleaned["tracking_no"]})
            return _to_order(order_id)
    return _form_page(
        request,
        facts=facts,
        form=form,
        title=gettext("Ship order %(number)s") % {"number": order_id},
        template="platform/order_ship.html",
    )


@page("platform", "orders.refund", in_scope=False)
@require_http_methods(["GET", "POST"])
def refund(request: PartyRequest, order_id: int) -> HttpResponse:
    """Give pieces back that have not been shipped, and their money to the distributor's balance."""
    facts = _facts(order_id)
    form = RefundForm(request.POST or None, lines=facts.all_open, initial={"version": facts.head.version})
    if request.method == "POST" and form.is_valid() and _is_fresh(form, facts=facts):
        cleaned = form.cleaned_data
        is_whole = form.pieces == {line.line_no: line.open_qty for line in facts.all_open}
        ask = RefundBeforeShipping(
            order_id=order_id,
            refund_no=cleaned["refund_no"],
            actor=actor(request.party),
            reason=cleaned["reason"],
            pieces={} if is_whole else form.pieces,
        )
        answer = _asked(form, ask)
        if answer:
            said = gettext("¥%(amount)s went back to the balance of %(name)s.")
            shown = {"amount": yuan(answer.facts["refunded"]), "name": facts.head.distributor}
            messages.success(request, said % shown)
            return _to_order(order_id)
    return _form_page(
        request,
        facts=facts,
        form=form,
        title=gettext("Refund of order %(number)s") % {"number": order_id},
        template="platform/order_refund.html",
    )


@page("platform", "orders.cancel", in_scope=False)
@require_http_methods(["GET", "POST"])
def cancel(request: PartyRequest, order_id: int) -> HttpResponse:
    """Cancel an order that is held or waits for funds."""
    facts = _facts(order_id)
    form = ReasonForm(request.POST or None, initial={"version": facts.head.version})
    if request.method == "POST" and form.is_valid() and _is_fresh(form, facts=facts):
        ask = Cancel(order_id=order_id, actor=actor(request.party), reason=form.cleaned_data["reason"])
        if _asked(form, ask):
            messages.success(request, gettext("The order is cancelled; stock and money are free again."))
            return _to_order(order_id)
    return _form_page(
        request,
        facts=facts,
        form=form,
        title=gettext("Cancel order %(number)s") % {"number": order_id},
        template="platform/order_cancel.html",
    )


@page("platform", "orders.complete", in_scope=False)
@require_POST
def receive(request: PartyRequest, order_id: int) -> HttpResponse:
    """Record that the buyer has the order."""
    return _step(
        request,
        order_id=order_id,
        make=lambda who: Receive(order_id=order_id, actor=who),
        done=_("The order is marked as received."),
    )


@page("platform", "orders.complete", in_scope=False)
@require_POST
def complete(request: PartyRequest, order_id: int) -> HttpResponse:
    """Complete a received order, so that what was drawn is earned."""
    return _step(
        request,
        order_id=order_id,
        make=lambda who: Complete(order_id=order_id, actor=who),
        done=_("The order is completed."),
    )


def _step(request: PartyRequest, *, order_id: int, make: Callable[[str], Any], done: Any) -> HttpResponse:
    facts = _facts(order_id)
    if request.POST.get("version") != str(facts.head.version):
        messages.error(request, str(_CHANGED))
        return _to_order(order_id)
    try:
        (answer,) = desk.run([make(actor(request.party))])
    except desk.Busy:
        messages.error(request, busy())
        return _to_order(order_id)
    if answer.is_accepted:
        messages.success(request, str(done))
    else:
        messages.error(request, reason_of(answer))
    return _to_order(order_id)


def _facts(order_id: int) -> OrderFacts:
    with scope.platform(read_only=True):
        return facts_or_404(order_id)


def _is_fresh(form: forms.Form, *, facts: OrderFacts) -> bool:
    if form.cleaned_data["version"] == facts.head.version:
        return True
    form.add_error(None, str(_CHANGED))
    return False


def _asked(form: forms.Form, ask: Any) -> Answer | None:
    """Ask the desk; return its answer when it accepts, otherwise say on the form why not."""
    try:
        (answer,) = desk.run([ask])
    except desk.Busy:
        form.add_error(None, busy())
        return None
    if answer.is_accepted:
        return answer
    form.add_error(None, reason_of(answer))
    return None


def busy() -> str:
    """Return what to say when the rows are locked by others."""
    return gettext("Somebody else is working on this right now; nothing was changed. Try again in a moment.")


def _to_order(order_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("platform:order", args=[order_id]))


def _form_page(
    request: PartyRequest, *, facts: OrderFacts, form: forms.Form, title: Any, template: str
) -> HttpResponse:
    context = {"title": title, "form": form, "order": facts.head, "facts": facts}
    return render(request, template, context, status=422 if form.is_bound else 200)
