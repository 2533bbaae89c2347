"""Ask for an after-sale, agree to it, refuse it, take it back."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from entrepot.aftersale.actions.claims import open_claim
from entrepot.aftersale.actions.money import refund_unsent, return_whole_price
from entrepot.aftersale.actions.steps import (
    Refused,
    add_step,
    cell_of,
    changing,
    deed,
    expect,
    from_now,
    lock_order,
    on_request,
    refuse_for,
    tell,
)
from entrepot.aftersale.models import Claim, Evidence, Request, RequestLine, ReturnAddress
from entrepot.aftersale.queries import limits, lines_of, result_of, subject, table
from entrepot.aftersale.rules import By, Outlook, Result, Subject, Wish, after_approval, judge, pays_at_once
from entrepot.base.clock import database_now
from entrepot.base.refusals import Refusal
from entrepot.catalog.pictures import normalised
from entrepot.events import operations
from entrepot.parties.queries import upload_pictures
from entrepot.trade.terms import Fault

PICTURES_AT_MOST = 9
_PICTURE_SIDE = 1600


@deed
def ask(
    wish: Wish, *, by: By, evidence: Sequence[bytes] = (), is_agreed: bool = True, address_id: int | None = None
) -> Result:
    """Make a request; with `is_agreed` the distributor has heard his buyer already and it takes its way at once.

    The distributor's number decides first: the same content is answered with the request that is there, other content is
    refused. Evidence is judged as pictures of goods are (raises Mistake).
    """
    pictures = [normalised(data, field="evidence", side_at_most=_PICTURE_SIDE) for data in evidence]
    if len(pictures) > PICTURES_AT_MOST:
        raise refuse_for(None, "too_many_pictures", pointer="/evidence", at_most=PICTURES_AT_MOST)
    lock_order(wish.order_id)
    found = subject(wish.order_id, distributor_id=by.party_id if by.kind == "distributor" else None)
    owner_id = by.party_id if found is None else found.distributor_id
    known = Request.objects.filter(distributor_id=owner_id, out_refund_no=wish.out_refund_no).first()
    if known is not None:
        return _again(known, wish=wish)
    if found is None:
        raise Refused(Result(refusal=Refusal.NOT_FOUND, faults=[Fault("/order", Refusal.NOT_FOUND)]))
    sent_ahead = _uploads(wish, distributor_id=owner_id)
    outlook = judge(wish, subject=found, table=table(), limits=limits(), is_platform=by.kind == "platform")
    if not outlook.is_allowed:
        raise Refused(Result(refusal=outlook.refusal, faults=outlook.faults))
    try:
        with transaction.atomic():
            request = _write(wish, subject=found, outlook=outlook, by=by)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        # Somebody else has used the number for another order meanwhile.
        known = Request.objects.get(distributor_id=found.distributor_id, out_refund_no=wish.out_refund_no)
        return _again(known, wish=wish)
    _keep_evidence(request, pictures=[*((picture, None) for picture in pictures), *sent_ahead], by=by)
    add_step(request, "requested", by=by, note=wish.remark)
    tell(request, by=by)
    operations.record(
        actor=by.actor,
        verb="aftersale.requested",
        object_kind="aftersale",
        object_id=request.pk,
        label=request.out_refund_no,
        after={"state": request.state, "kind": request.kind, "amount_fen": request.amount_fen},
        reason=request.reason,
        address=by.address,
    )
    if is_agreed:
        _agree(request, by=by, address_id=address_id, note="")
    return result_of(request)


@on_request
def approve(request: Request, *, by: By, address_id: int | None = None, note: str = "") -> Result:
    """Agree to a request, with the address its goods go back to; money moves at once where the table says so."""
    expect(request, "requested")
    _agree(request, by=by, address_id=address_id, note=note)
    return result_of(request)


@on_request
def refuse(request: Request, *, by: By, reason: str) -> Result:
    """Turn a request down, with a reason; its pieces are free for another."""
    expect(request, "requested")
    if not reason.strip():
        raise refuse_for(request, "reason_missing", pointer="/reason")
    with changing(request, by=by, verb="aftersale.refused", reason=reason.strip()):
        request.state = "refused"
        request.answer = reason.strip()[:200]
    add_step(request, "refused", by=by, note=reason)
    return result_of(request)


@on_request
def withdraw(request: Request, *, by: By, reason: str = "") -> Result:
    """Take a request back before anything of it has moved money or goods; withdrawn before, it is answered again."""
    if request.state == "withdrawn":
        return result_of(request, is_replay=True)
    expect(request, "requested", "waiting_return", "claim", "resending")
    if request.refunded_fen or any(line.good_qty + line.damaged_qty for line in lines_of(request.pk)):
        raise refuse_for(request, "already_moving")
    with changing(request, by=by, verb="aftersale.withdrawn", reason=reason.strip()):
        request.state = "withdrawn"
        request.due_at = None
        Claim.objects.filter(pk=request.pk).update(state="dropped", due_at=None)
    add_step(request, "withdrawn", by=by, note=reason)
    return result_of(request)


def _agree(request: Request, *, by: By, address_id: int | None, note: str) -> None:
    """Bring a request onto its way; what the table gives back at once is given back in the same transaction."""
    cell = cell_of(request)
    with changing(request, by=by, verb="aftersale.approved", reason=note.strip()):
        request.answer = note.strip()[:200]
        request.state = after_approval(cell)
        add_step(request, "approved", by=by, note=note)
        if request.stage == "before_shipping":
            refund_unsent(request, by=by)
        elif pays_at_once(cell):
            return_whole_price(request, pieces={line.line_no: line.qty for line in lines_of(request.pk)}, by=by)
        if request.state == "waiting_return":
            request.return_address = _address(request, address_id=address_id)
            request.due_at = from_now(days=limits().return_days)
            add_step(request, "address", by=by, note=request.return_address)
        elif request.state == "claim":
            open_claim(request, by=by)
        elif request.state == "done":
            add_step(request, "done", by=by)


def _address(request: Request, *, address_id: int | None) -> str:
    """Return the address goods go back to: the one chosen, else the shipper's first; empty when he has none."""
    own = ReturnAddress.objects.filter(supplier_id=request.supplier_id, is_live=True)
    if address_id is not None:
        row = own.filter(pk=address_id).first()
        if row is None:
            raise refuse_for(request, "unknown_address", pointer="/address")
    else:
        row = own.order_by("-is_first", "id").first()
    return "" if row is None else f"{row} {row.note}".strip()


def _again(known: Request, *, wish: Wish) -> Result:
    if bytes(known.content_hash) != _hash(wish):
        raise Refused(
            Result(request_id=known.pk, refusal=Refusal.NUMBER_REUSED, faults=[Fault("", Refusal.NUMBER_REUSED)])
        )
    return result_of(known, is_replay=True)


def _uploads(wish: Wish, *, distributor_id: int) -> list[tuple[bytes, int | None]]:
    found = upload_pictures(wish.upload_ids, distributor_id=distributor_id)
    for place, upload_id in enumerate(wish.upload_ids):
        if upload_id not in found:
            raise refuse_for(None, "unknown_upload", pointer=f"/evidence/{place}")
    return [(found[upload_id], upload_id) for upload_id in wish.upload_ids]


def _keep_evidence(request: Request, *, pictures: Sequence[tuple[bytes, int | None]], by: By) -> None:
    for picture, upload_id in pictures:
        Evidence.objects.create(request=request, picture=picture, upload_id=upload_id, actor=by.actor[:80])


def _write(wish: Wish, *, subject: Subject, outlook: Outlook, by: By) -> Request:
    cell = outlook.cell
    if cell is None:
        raise AssertionError("a request was allowed without a cell")
    now = database_now()
    request = Request.objects.create(
        distributor_id=subject.distributor_id,
        supplier_id=outlook.supplier_id,
        order_id=subject.order_id,
        out_order_no=subject.out_order_no,
        out_refund_no=wish.out_refund_no,
        content_hash=_hash(wish),
        kind=wish.kind,
        reason=wish.reason,
        stage=outlook.stage,
        shipper=outlook.shipper,
        state="requested",
        cell={name: getattr(cell, name) for name in cell.__slots__},
        remark=wish.remark.strip()[:200],
        source="mall" if by.actor.startswith("api/") else by.kind,
        amount_fen=outlook.amount_fen,
        demand_fen=wish.demand_fen,
        created_at=now,
        changed_at=now,
    )
    RequestLine.objects.bulk_create(
        RequestLine(
            request=request,
            line_no=number,
            sku_code=subject.lines[number].sku_code,
            goods_name=subject.lines[number].goods_name,
            spec=subject.lines[number].spec,
            image=subject.lines[number].image,
            qty=qty,
            agreed_price_fen=subject.lines[number].agreed_price_fen,
        )
        for number, qty in sorted(wish.pieces.items())
    )
    return request


def _hash(wish: Wish) -> bytes:
    """Return the mark of what was asked for; a remark is left out, as in orders."""
    content: list[Any] = [wish.order_id, wish.kind, wish.reason, sorted(wish.pieces.items()), wish.demand_fen]
    if wish.upload_ids:
        content.append(list(wish.upload_ids))
    return hashlib.sha256(json.dumps(content).encode()).digest()
