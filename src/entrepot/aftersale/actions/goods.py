"""Goods on their way back, what the shipper finds, and the second parcel."""

from entrepot.aftersale.actions.claims import open_claim
from entrepot.aftersale.actions.money import return_whole_price, send_again, take_goods_back
from entrepot.aftersale.actions.steps import Refused, add_step, cell_of, changing, expect, on_request, refuse_for
from entrepot.aftersale.models import Request
from entrepot.aftersale.queries import lines_of, result_of
from entrepot.aftersale.rules import By, Result, after_inspection, pays_at_once, refused, stock_back
from entrepot.base.clock import database_now
from entrepot.base.refusals import Refusal
from entrepot.trade.terms import Fault


@on_request
def return_sent(request: Request, *, by: By, carrier: str, tracking_no: str) -> Result:
    """Note the parcel in which the buyer sends the goods back; the same parcel again is answered again."""
    carrier, tracking_no = carrier.strip()[:40], tracking_no.strip()[:64]
    is_same = (request.return_carrier, request.return_tracking_no) == (carrier, tracking_no)
    if is_same and carrier and request.state in ("returning", "claim", "resending", "done"):
        return result_of(request, is_replay=True)
    expect(request, "waiting_return", "returning")
    if not carrier or not tracking_no:
        raise refuse_for(request, "tracking_missing", pointer="/tracking_no")
    with changing(request, by=by, verb="aftersale.return_sent"):
        request.state = "returning"
        request.return_carrier, request.return_tracking_no = carrier, tracking_no
    add_step(request, "return_sent", by=by, note=f"{carrier} {tracking_no}")
    return result_of(request)


@on_request
def inspect(request: Request, *, by: By, counted: dict[int, tuple[int, int]], note: str = "") -> Result:
    """The shipper says what came back, by line: good and damaged pieces; what is left is missing. He decides nothing.

    Good pieces go back into stock, damaged ones are written off; the table says what follows for the money.
    """
    expect(request, "waiting_return", "returning")
    _only_shipper(request, by=by)
    lines = lines_of(request.pk)
    if set(counted) != {line.line_no for line in lines}:
        raise refuse_for(request, "unknown_line", pointer="/lines")
    for line in lines:
        good, damaged = counted[line.line_no]
        if min(good, damaged) < 0 or good + damaged > line.qty:
            raise refuse_for(
                request, "more_than_open", pointer=f"/lines/{line.line_no}", open=line.qty, qty=good + damaged
            )
    cell = cell_of(request)
    missing = 0
    with changing(request, by=by, verb="aftersale.inspected", reason=note.strip()):
        back: dict[int, tuple[int, int]] = {}
        for line in lines:
            line.good_qty, line.damaged_qty = counted[line.line_no]
            line.missing_qty = line.qty - line.good_qty - line.damaged_qty
            line.save(update_fields=["good_qty", "damaged_qty", "missing_qty"])
            missing += line.missing_qty
            back[line.line_no] = stock_back(cell, good=line.good_qty, damaged=line.damaged_qty)
        request.due_at = None
        add_step(request, "inspected", by=by, note=note)
        take_goods_back(request, pieces=back, by=by)
        if cell.returns == "always" and not pays_at_once(cell):
            return_whole_price(request, pieces={number: sum(pieces) for number, pieces in back.items()}, by=by)
        _go_on(request, by=by, missing=missing)
    return result_of(request)


@on_request
def resend(request: Request, *, by: By, carrier: str, tracking_no: str) -> Result:
    """The shipper sends the goods of an exchange or second parcel; they leave his stock. Done before: answered again."""
    carrier, tracking_no = carrier.strip()[:40], tracking_no.strip()[:64]
    if request.state == "done" and (request.resend_carrier, request.resend_tracking_no) == (carrier, tracking_no):
        return result_of(request, is_replay=True)
    expect(request, "resending")
    _only_shipper(request, by=by)
    if not carrier or not tracking_no:
        raise refuse_for(request, "tracking_missing", pointer="/tracking_no")
    with changing(request, by=by, verb="aftersale.resent"):
        send_again(request, by=by)
        request.state = "done"
        request.resend_carrier, request.resend_tracking_no = carrier, tracking_no
        add_step(request, "resent", by=by, note=f"{carrier} {tracking_no}")
        add_step(request, "done", by=by)
    return result_of(request)


@on_request
def nothing_came_back(request: Request, *, by: By, note: str = "") -> Result:
    """End the wait for goods: what the table would have paid for becomes a claim; what was paid for already is done.

    Distributor and platform may say so; the clock does once the time for returning is over.
    """
    expect(request, "waiting_return", "returning")
    if by.kind not in ("platform", "distributor", "system"):
        raise _not_his(request)
    if by.kind == "system" and (request.due_at is None or request.due_at > database_now()):
        raise refuse_for(request, "not_due")
    cell = cell_of(request)
    with changing(request, by=by, verb="aftersale.not_returned", reason=note.strip()):
        lines = lines_of(request.pk)
        for line in lines:
            line.missing_qty = line.qty
            line.save(update_fields=["missing_qty"])
        request.due_at = None
        add_step(request, "not_returned", by=by, note=note)
        if cell.kind in ("exchange", "return") and by.kind != "platform":
            # Who was to send goods back and did not has no claim; the platform may still open one.
            request.state = "withdrawn"
            add_step(request, "withdrawn", by=by)
        else:
            _go_on(request, by=by, missing=sum(line.qty for line in lines))
    return result_of(request)


def _go_on(request: Request, *, by: By, missing: int) -> None:
    cell = cell_of(request)
    is_paid = pays_at_once(cell)
    request.state = after_inspection(cell, missing=missing, is_paid=is_paid)
    if request.state == "claim":
        open_claim(request, by=by)
    elif request.state == "done":
        add_step(request, "done", by=by)


def _only_shipper(request: Request, *, by: By) -> None:
    """Refuse everybody but the shipper; for own goods that is the platform, which may also stand in for a supplier."""
    if by.kind not in ("platform", "supplier"):
        raise _not_his(request)


def _not_his(request: Request) -> Refused:
    fault = Fault("", Refusal.STATE_CONFLICT, {"state": request.state, "why": "not_your_turn"})
    return Refused(refused(fault, request_id=request.pk, state=request.state))
