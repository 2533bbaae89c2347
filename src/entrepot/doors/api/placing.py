"""From a mall's order to the desk's ask, and from a refusal to its fields."""

import hashlib
from typing import Any

import msgspec

from entrepot.doors.api import shapes
from entrepot.doors.api.callers import Caller
from entrepot.doors.api.problems import Wrong
from entrepot.fulfilment.addresses import sealed
from entrepot.orders.consignees import PlainConsignee, open_consignee
from entrepot.trade.terms import AskLine, Place

_encode = msgspec.json.Encoder().encode
OTHER_CONTENT = ("与该单号已有的内容不同", "Differs from what this number was used for")


def to_place(wanted: shapes.OrderRequest, *, caller: Caller) -> Place:
    """Return the ask for an order; the buyer is sealed before it leaves the door."""
    plain = plain_consignee(wanted.consignee)
    return Place(
        distributor_id=caller.distributor_id,
        out_order_no=wanted.out_order_no,
        mode=wanted.mode,
        hold_minutes=wanted.hold_minutes,
        lines=[AskLine(line.sku, line.qty, line.expected_price, line.promotion or "") for line in wanted.lines],
        consignee=sealed(plain),
        content_hash=hashlib.sha256(_encode(content_of(wanted, plain))).digest(),
        actor=caller.actor,
        remark=wanted.remark or "",
    )


def plain_consignee(wanted: shapes.ConsigneeRequest) -> PlainConsignee:
    """Return the buyer's address as it is sealed."""
    return PlainConsignee(
        name=wanted.name,
        phone=wanted.phone,
        province=wanted.province,
        city=wanted.city,
        district=wanted.district,
        address=wanted.address,
        street=wanted.street or "",
        division_code=wanted.division_code or "",
    )


def content_of(wanted: shapes.OrderRequest, plain: PlainConsignee) -> list[Any]:
    """Return what makes two requests the same order: everything but expected prices and the remark."""
    lines = [(line.sku, line.qty, line.promotion or "") for line in wanted.lines]
    return [lines, wanted.mode, wanted.hold_minutes, plain]


def content_hash(wanted: shapes.OrderRequest, *, number: str = "") -> bytes:
    """Return the hash of an order's content, by which a repeated number is judged; with `number` that is part of it."""
    content = content_of(wanted, plain_consignee(wanted.consignee))
    return hashlib.sha256(_encode([number, content] if number else content)).digest()


def differing_fields(wanted: shapes.OrderRequest, *, stored: Any, lines: list[Any], sealed: bytes) -> list[Wrong]:
    """Return which fields of a request differ from the order that already has its number; values are not shown.

    `stored` has mode and hold_minutes, `lines` have sku_code, qty and promotion.
    """
    pointers = [f"/{name}" for name in ("mode", "hold_minutes") if getattr(wanted, name) != getattr(stored, name)]
    if len(lines) != len(wanted.lines):
        pointers.append("/lines")
    for place, (old, new) in enumerate(zip(lines, wanted.lines, strict=False)):
        if old.sku_code != new.sku:
            pointers.append(f"/lines/{place}/sku")
        if old.qty != new.qty:
            pointers.append(f"/lines/{place}/qty")
        if old.promotion != (new.promotion or ""):
            pointers.append(f"/lines/{place}/promotion")
    before, after = open_consignee(sealed), plain_consignee(wanted.consignee)
    pointers += [
        f"/consignee/{name}"
        for name in PlainConsignee.__dataclass_fields__
        if getattr(before, name) != getattr(after, name)
    ]
    return [Wrong(pointer, "number_reused_with_other_content", OTHER_CONTENT) for pointer in pointers]
