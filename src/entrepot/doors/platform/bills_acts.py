"""What the platform does to a bill: send, put off a line, rule on a dispute, pay, mark as settled."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import attempt
from entrepot.doors.platform.bills import PayForm, PutOffForm, RuleForm, bill_or_404, shown
from entrepot.settlement import actions
from entrepot.settlement.models import Bill, BillLine

_AT_ONCE = 200


def _to(bill_id: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("platform:bill", args=[bill_id]))


def _who(request: PartyRequest) -> dict[str, str]:
    return {"actor": actor(request.party), "address": client_ip(request) or ""}


@page("platform", "bills.edit")
@require_POST
def send_many(request: PartyRequest) -> HttpResponse:
    """Send the chosen drafts; what is no draft any more is passed over and counted."""
    ids = [int(text) for text in request.POST.getlist("ids") if text.isdigit() and len(text) < 19][:_AT_ONCE]
    sent = passed = 0
    for bill_id in ids:
        try:
            actions.send_bill(bill_id, **_who(request))
            sent += 1
        except (Mistake, Bill.DoesNotExist):
            passed += 1
    if sent:
        said = ngettext("%(n)d bill is sent.", "%(n)d bills are sent.", sent) % {"n": sent}
        messages.success(request, said)
    if passed or not ids:
        messages.warning(request, gettext("%(n)d chosen bills were no drafts.") % {"n": passed})
    return HttpResponseRedirect(reverse("platform:bills") + "?tab=draft")


@page("platform", "bills.edit")
@require_POST
def send(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Put a draft before its supplier."""
    row = bill_or_404(bill_id)
    try:
        actions.send_bill(bill_id, **_who(request))
        messages.success(request, gettext("The bill is sent to %(name)s.") % {"name": row.supplier.name})
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    return _to(bill_id)


@page("platform", "bills.edit")
@require_POST
def put_off(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Leave a line of a draft for the next bill."""
    bill_or_404(bill_id)
    form = PutOffForm(request.POST)

    def act(cleaned: dict[str, Any]) -> Bill:
        return actions.put_off_line(bill_id, line_id=cleaned["line"], reason=cleaned["reason"], **_who(request))

    try:
        if attempt(form, act):
            messages.success(request, gettext("The line is left for the next bill."))
            return _to(bill_id)
    except BillLine.DoesNotExist:
        raise Http404 from None
    return shown(request, bill_id=bill_id, put_off_form=form)


@page("platform", "bills.edit")
@require_POST
def rule(request: PartyRequest, bill_id: int, line_id: int) -> HttpResponse:
    """End the dispute over a line."""
    bill_or_404(bill_id)
    form = RuleForm(request.POST, prefix=f"l{line_id}")

    def act(cleaned: dict[str, Any]) -> Bill:
        return actions.rule_line(
            bill_id,
            line_id=line_id,
            ruling=cleaned["ruling"],
            reason=cleaned["reason"],
            adjustment_fen=cleaned["adjustment_fen"] or 0,
            **_who(request),
        )

    try:
        if attempt(form, act):
            messages.success(request, gettext("The line is ruled on."))
            return _to(bill_id)
    except BillLine.DoesNotExist:
        raise Http404 from None
    return shown(request, bill_id=bill_id, ruled=(line_id, form))


@page("platform", "bills.pay")
@require_POST
def pay(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Record that a bill was paid, with its proof."""
    row = bill_or_404(bill_id)
    form = PayForm(request.POST, request.FILES)

    def act(cleaned: dict[str, Any]) -> Bill:
        return actions.pay_bill(
            bill_id,
            bank_reference=cleaned["bank_reference"],
            voucher=cleaned["voucher"].read() if cleaned["voucher"] else None,
            remark=cleaned["remark"],
            **_who(request),
        )

    if not attempt(form, act):
        return shown(request, bill_id=bill_id, pay_form=form)
    messages.success(request, gettext("The bill of %(name)s is paid.") % {"name": row.supplier.name})
    return _to(bill_id)


@page("platform", "bills.pay")
@require_POST
def settle(request: PartyRequest, bill_id: int) -> HttpResponse:
    """Mark a paid bill as settled."""
    bill_or_404(bill_id)
    try:
        actions.settle_bill(bill_id, actor=actor(request.party), address=client_ip(request) or "")
        messages.success(request, gettext("The bill is marked as settled."))
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    return _to(bill_id)
