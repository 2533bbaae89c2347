"""What the distributor does with an order: confirm, cancel, refund before shipping, mark received, complete."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from entrepot.base import scope
from entrepot.base.money import yuan
from entrepot.doors.distributor import order_reads
from entrepot.doors.distributor.order_reads import OrderRow
from entrepot.doors.distributor.orders import PERMISSION_OF, shown
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.trade import desk
from entrepot.trade.terms import Answer, Cancel, Capture, Complete, Receive, RefundBeforeShipping

_SAID: dict[str, Any] = {
    "confirm": gettext_lazy("Order %(number)s is confirmed; ¥%(total)s was drawn."),
    "cancel": gettext_lazy("Order %(number)s is cancelled; stock and money are free again."),
    "receive": gettext_lazy("Order %(number)s is marked as received."),
    "complete": gettext_lazy("Order %(number)s is completed."),
    "refund": gettext_lazy("¥%(refunded)s of order %(number)s went back to your balance."),
}


class Wrong(Exception):
    """What was asked makes no sense as typed; the message says why."""


def _confirm(found: OrderRow, *, request: PartyRequest) -> Any:
    return Capture(found.id, actor(request.party), request.party.id)


def _cancel(found: OrderRow, *, request: PartyRequest) -> Any:
    return Cancel(found.id, actor(request.party), request.party.id, request.POST.get("reason", "").strip()[:200])


def _receive(found: OrderRow, *, request: PartyRequest) -> Any:
    return Receive(found.id, actor(request.party), request.party.id)


def _complete(found: OrderRow, *, request: PartyRequest) -> Any:
    return Complete(found.id, actor(request.party), request.party.id)


def _refund(found: OrderRow, *, request: PartyRequest) -> Any:
    reason = request.POST.get("reason", "").strip()[:200]
    if not reason:
        raise Wrong(_("Say why the pieces are refunded."))
    once = request.POST.get("once", "")
    if not re.fullmatch(r"[0-9a-f]{32}", once):
        raise Wrong(_("The form is out of date. Look again."))
    pieces: dict[int, int] = {}
    for line in found.lines:
        text = request.POST.get(f"qty_{line.line_no}", "").strip()
        if text and not (text.isdigit() and len(text) < 10):
            raise Wrong(_("Enter whole numbers of pieces."))
        if text and int(text):
            pieces[line.line_no] = int(text)
    if not pieces:
        raise Wrong(_("Choose at least one piece."))
    return RefundBeforeShipping(
        found.id, f"office-{once}", actor(request.party), reason, pieces, distributor_id=request.party.id
    )


_ASKS: dict[str, Callable[..., Any]] = {
    "confirm": _confirm,
    "cancel": _cancel,
    "receive": _receive,
    "complete": _complete,
    "refund": _refund,
}


@require_POST
@page("distributor", "orders.view", in_scope=False)
def act(request: PartyRequest, order_id: int, deed: str) -> HttpResponse:
    """Do one thing with an order that is still as the user saw it; otherwise show it as it is now."""
    party = request.party
    if deed not in _ASKS:
        raise Http404
    if not party.can(PERMISSION_OF[deed]):
        raise PermissionDenied(PERMISSION_OF[deed])
    with scope.distributor(party.id, read_only=True):
        found = order_reads.order(order_id)
    if found is None:
        raise Http404
    if deed == "refund" and any(row.refund_no == f"office-{request.POST.get('once', '')}" for row in found.refunds):
        # The very same form came twice, say by a double click: the first one did it.
        return HttpResponseRedirect(reverse("distributor:order", args=[found.id]))
    wrong = ""
    if request.POST.get("version") != str(found.version):
        wrong = _("The order has changed since you opened it. Look again before you decide.")
    else:
        try:
            (answer,) = desk.run([_ASKS[deed](found, request=request)])
        except Wrong as mistake:
            wrong = str(mistake)
        except desk.Busy:
            wrong = _("Somebody else is at this order. Try again in a moment.")
        else:
            wrong = reason_of(answer)
            if answer.is_accepted:
                return _done(request, deed=deed, found=found, answer=answer)
    with scope.distributor(party.id, read_only=True):
        return shown(request, found=order_reads.order(order_id) or found, wrong=wrong, status=409)


def _done(request: PartyRequest, *, deed: str, found: OrderRow, answer: Answer) -> HttpResponse:
    facts = {
        "number": found.out_order_no,
        "total": yuan(found.total_fen),
        "refunded": yuan(answer.facts.get("refunded", 0)),
    }
    if answer.order is not None and answer.order.state == "awaiting_funds":
        messages.warning(request, _("Order %(number)s waits for funds; it goes on by itself after a top-up.") % facts)
    else:
        messages.success(request, str(_SAID[deed]) % facts)
    return HttpResponseRedirect(reverse("distributor:order", args=[found.id]))
