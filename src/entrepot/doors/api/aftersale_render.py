"""After-sales as shapes of the contract, and what was wrong with asking for one."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from entrepot.aftersale.models import Claim, Request
from entrepot.aftersale.rules import Outlook, Result
from entrepot.base.refusals import Refusal
from entrepot.doors.api import aftersale_shapes as shapes
from entrepot.doors.api.placing import OTHER_CONTENT
from entrepot.doors.api.problems import Problem, Wrong, error_items, refused
from entrepot.doors.api.render import CURRENCY, at
from entrepot.trade.terms import Answer, Fault

_LINE = re.compile(r"/lines/(\d+)")
_NAMES = {"/kind": "/type", "/order": "/out_order_no"}


def aftersale_shape(row: Request) -> shapes.AfterSale:
    """Return a request with what belongs to it, as its mall is shown it."""
    kind: Any = row.kind
    reason: Any = row.reason
    stage: Any = row.stage
    state: Any = row.state
    return shapes.AfterSale(
        id=str(row.pk),
        out_refund_no=row.out_refund_no,
        order_id=str(row.order_id),
        out_order_no=row.out_order_no,
        type=kind,
        reason=reason,
        stage=stage,
        state=state,
        currency=CURRENCY,
        amount=row.amount_fen,
        demand=row.demand_fen,
        refunded=row.refunded_fen,
        lines=[_line(line) for line in sorted(row.lines.all(), key=lambda line: line.line_no)],
        remark=row.remark,
        answer=row.answer,
        return_address=row.return_address,
        return_carrier=row.return_carrier,
        return_tracking_no=row.return_tracking_no,
        resend_carrier=row.resend_carrier,
        resend_tracking_no=row.resend_tracking_no,
        due_at=at(row.due_at),
        version=row.version,
        created_at=_told(row.created_at),
        changed_at=_told(row.changed_at),
        claim=_claim(row.claim) if hasattr(row, "claim") else None,
        steps=[
            shapes.AfterSaleStep(_told(step.at), step.what, step.amount_fen, step.note)
            for step in sorted(row.steps.all(), key=lambda step: step.pk)
        ],
        evidence=_evidence(row),
    )


def outlook_shape(outlook: Outlook, *, lines: list[int], language: str) -> shapes.AfterSaleOutlook:
    """Return what would become of a request; `lines` are the numbers of the lines in the order they were named."""
    stage: Any = outlook.stage or None
    cell = outlook.cell if outlook.is_allowed else None
    return shapes.AfterSaleOutlook(
        allowed=outlook.is_allowed,
        stage=stage,
        money="none" if cell is None else _money(cell.returns, condition=cell.condition),
        currency=CURRENCY,
        amount=outlook.amount_fen,
        goods_back=cell is not None and cell.expects_goods,
        freight_back=cell is not None and bool(cell.freight_by),
        errors=error_items(_pointed(outlook.faults, lines=lines), language=language),
    )


def refused_deed(result: Result, *, lines: list[int] | None = None, errors: list[Wrong] | None = None) -> Problem:
    """Return the problem of a deed that was refused."""
    answer = Answer(refusal=result.refusal, faults=_pointed(result.faults, lines=lines or []))
    problem = refused(answer, errors=errors)
    states = [fault.facts["state"] for fault in result.faults if "state" in fault.facts]
    if result.refusal is Refusal.STATE_CONFLICT and states:
        problem.extra = {"state": states[0]}
    return problem


def differing(wanted: shapes.AfterSaleRequest, *, stored: Request) -> list[Wrong]:
    """Return which fields of a request differ from the one that already has its number; values are not shown."""
    pairs = (
        ("/out_order_no", wanted.out_order_no, stored.out_order_no),
        ("/type", wanted.type, stored.kind),
        ("/reason", wanted.reason, stored.reason),
        ("/demand", wanted.demand, stored.demand_fen),
        ("/evidence", [str(int(upload_id)) for upload_id in wanted.evidence or ()], _evidence(stored)),
    )
    pointers = [pointer for pointer, new, old in pairs if new != old]
    pieces = {line.line_no: line.qty for line in stored.lines.all()}
    if {line.line for line in wanted.lines} != pieces.keys():
        pointers.append("/lines")
    else:
        pointers += [f"/lines/{at}/qty" for at, line in enumerate(wanted.lines) if pieces[line.line] != line.qty]
    return [Wrong(pointer, "number_reused_with_other_content", OTHER_CONTENT) for pointer in pointers]


def _evidence(row: Request) -> list[str]:
    pictures = sorted(row.evidence.all(), key=lambda picture: picture.pk)
    return [str(picture.upload_id) for picture in pictures if picture.upload_id is not None]


def _line(line: Any) -> shapes.AfterSaleLine:
    return shapes.AfterSaleLine(
        line=line.line_no,
        sku=line.sku_code,
        qty=line.qty,
        agreed_price=line.agreed_price_fen,
        good_qty=line.good_qty,
        damaged_qty=line.damaged_qty,
        missing_qty=line.missing_qty,
        refunded=line.refunded_fen,
    )


def _claim(claim: Claim) -> shapes.Claim:
    state: Any = claim.state
    return shapes.Claim(
        state=state,
        at_most=claim.at_most_fen,
        demand=claim.demand_fen,
        offer=claim.offer_fen,
        due_at=at(claim.due_at),
        settled=claim.settled_fen,
        settled_by=claim.settled_by,
        version=claim.version,
    )


def _money(returns: str, *, condition: str) -> Any:
    if returns == "always":
        return condition
    return "claim" if returns == "claim" else "none"


def _pointed(faults: list[Fault], *, lines: list[int]) -> list[Fault]:
    """Return faults that point into the body as it was sent: the room speaks of lines by number, JSON by place."""
    places = {number: place for place, number in enumerate(lines)}

    def placed(found: re.Match[str]) -> str:
        return f"/lines/{places.get(int(found[1]), 0)}"

    return [replace(fault, pointer=_NAMES.get(fault.pointer) or _LINE.sub(placed, fault.pointer)) for fault in faults]


def _told(moment: datetime) -> str:
    return moment.isoformat()
