"""Write what was decided: bulk statements for what was touched, all of them travelling together."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
import psycopg

from entrepot.base.actors import staff_of
from entrepot.trade.arrays import literal
from entrepot.trade.books import Books
from entrepot.trade.sql import SQL

Row = Any
_encode = msgspec.json.Encoder().encode


def write(books: Books, *, raw: psycopg.Connection[Any]) -> None:
    """Write every change of the books in one pipeline; the caller's transaction makes it stand or fall together."""
    statements = list(_statements(books))
    if not statements:
        return
    cursor = psycopg.Cursor(raw)
    with raw.pipeline():
        for name, columns in statements:
            values = {key: literal(column) if type(column) is list else column for key, column in columns.items()}
            cursor.execute(SQL[name], values, prepare=True)


def _columns(rows: Sequence[Row], *names: str) -> dict[str, list[Any]]:
    return {name: list(map(attrgetter(name), rows)) for name in names}


def _statements(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield the statements with their columns, parents before children."""
    for build in (
        _orders,
        _split_lines,
        _order_parts,
        _rerouted,
        _acceptances,
        _freight,
        _money,
        _stock,
        _parcels,
        _refunds,
        _returned,
        _events,
    ):
        yield from build(books)


def _orders(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    fresh = [order for order in books.orders.values() if order.is_new]
    touched = [order for order in books.orders.values() if order.is_touched and not order.is_new]
    if fresh:
        yield (
            "insert_orders",
            _columns(
                fresh,
                *("id", "distributor_id", "out_order_no", "state", "mode", "hold_minutes", "held_until"),
                *("fee_rate_bps", "goods_amount_fen", "freight_fen", "total_fen", "held_fen", "drawn_fen"),
                *("refunded_fen", "version", "content_hash", "remark", "confirmed_at"),
            )
            | {"now": books.now},
        )
    if touched:
        yield (
            "update_orders",
            _columns(
                touched,
                *("id", "state", "held_fen", "drawn_fen", "refunded_fen", "version", "confirmed_at", "shipped_at"),
                *("received_at", "completed_at", "closed_at"),
            ),
        )


def _lines(lines: Sequence[tuple[Row, Row]]) -> tuple[str, dict[str, Any]]:
    """Return the statement that adds lines to their orders."""
    return (
        "insert_lines",
        {"distributor_id": [order.distributor_id for order, _ in lines]}
        | _columns(
            [line for _, line in lines],
            *("order_id", "line_no", "supplier_id", "sku_id", "goods_id", "sku_code", "goods_no", "goods_name"),
            *("spec", "image", "qty", "supplier_price_fen", "supply_price_fen", "fee_fen", "agreed_price_fen"),
            *("amount_fen", "promotion", "fee_rate_bps"),
        ),
    )


def _split_lines(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield lines that came off lines sent in part, before anything else is said of them; each adds to what is former."""
    if not books.former_lines:
        return
    older = [order for order in books.orders.values() if not order.is_new]
    resized = [line for order in older for line in order.lines.values() if line.is_resized and not line.is_new]
    fresh = [(order, line) for order in older for line in order.lines.values() if line.is_new]
    if fresh:
        yield _lines(fresh)
        yield "copy_former_lines", _columns([line for _, line in fresh], "order_id", "line_no", "split_from", "qty")
    if resized:
        yield "resize_lines", _columns(resized, "order_id", "line_no", "qty", "amount_fen")


def _order_parts(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    fresh = [order for order in books.orders.values() if order.is_new]
    if fresh:
        yield _lines([(order, line) for order in fresh for line in order.lines.values()])
        yield _supply_orders([(order, part) for order in fresh for part in order.supply_orders.values()], books=books)
        people = [books.consignees[order.id] for order in fresh]
        yield (
            "insert_consignees",
            {"order_id": [order.id for order in fresh], "distributor_id": [order.distributor_id for order in fresh]}
            | _columns(people, "sealed", "name_masked", "phone_masked", "phone_hash", "province", "city", "district"),
        )
    if books.moved:
        yield (
            "update_consignees",
            {"order_id": list(books.moved), "now": books.now}
            | _columns(
                list(books.moved.values()),
                *("sealed", "name_masked", "phone_masked", "phone_hash", "province", "city", "district"),
            ),
        )
    older = [order for order in books.orders.values() if not order.is_new]
    lines_touched = [line for order in older for line in order.lines.values() if line.is_touched]
    if lines_touched:
        yield "update_lines", _columns(lines_touched, "order_id", "line_no", "shipped_qty", "refunded_qty")
    parts_touched = [
        part for order in older for part in order.supply_orders.values() if part.is_touched and not part.is_new
    ]
    if parts_touched:
        yield (
            "update_supply_orders",
            _columns(parts_touched, "order_id", "supplier_id", "state") | {"now": books.now},
        )


def _supply_orders(parts: Sequence[tuple[Row, Row]], *, books: Books) -> tuple[str, dict[str, Any]]:
    """Return the statement that adds shippers' parts of orders."""
    return (
        "insert_supply_orders",
        {
            "distributor_id": [order.distributor_id for order, _ in parts],
            "remark": [order.remark for order, _ in parts],
            "now": books.now,
        }
        | _columns(
            [part for _, part in parts], "order_id", "supplier_id", "state", "pieces", "payable_fen", "freight_fen"
        ),
    )


def _acceptances(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield what shippers have taken on, put off or refused; nothing at all where nobody is asked."""
    touched = [
        line.acceptance
        for order in books.orders.values()
        for line in order.lines.values()
        if line.acceptance is not None and line.acceptance.is_touched
    ]
    if touched:
        yield (
            "write_acceptances",
            _columns(touched, "order_id", "line_no", "distributor_id", "supplier_id", "state", "accept_by", "reason")
            | {"ship_by": [row.ship_by and row.ship_by.isoformat() for row in touched], "now": books.now},
        )


def _rerouted(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield what became of lines that go out by another shipper, and of the shippers' parts they left and joined."""
    if not books.former_lines:
        return
    older = [order for order in books.orders.values() if not order.is_new]
    lines = [line for order in older for line in order.lines.values() if line.is_rerouted]
    fresh = [(order, part) for order in older for part in order.supply_orders.values() if part.is_new]
    resized = [part for order in older for part in order.supply_orders.values() if part.is_resized and not part.is_new]
    yield (
        "insert_former_lines",
        _columns(
            books.former_lines,
            *("order_id", "line_no", "distributor_id", "supplier_id", "sku_id", "goods_id", "sku_code", "goods_no"),
            *("goods_name", "spec", "image", "qty", "supplier_price_fen", "reason", "actor"),
        )
        | {"now": books.now},
    )
    yield (
        "reroute_lines",
        _columns(
            lines,
            *("order_id", "line_no", "supplier_id", "sku_id", "goods_id", "sku_code", "goods_no", "goods_name"),
            *("spec", "image", "supplier_price_fen"),
        ),
    )
    if fresh:
        yield _supply_orders(fresh, books=books)
    if resized:
        yield (
            "resize_supply_orders",
            _columns(resized, "order_id", "supplier_id", "pieces", "payable_fen", "freight_fen"),
        )


def _freight(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    if books.charges:
        yield (
            "insert_charges",
            _columns(books.charges, "order_id", "distributor_id")
            | {"supplier_id": [row.part.shipper for row in books.charges]}
            | _columns(
                [row.part for row in books.charges],
                *("template_id", "name", "kind", "region", "pieces", "weight_g", "amount_fen", "first", "first_fen"),
                *("step", "step_fen", "free_by", "freight_fen"),
            ),
        )


def _money(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    accounts = [
        row for row in (*books.prepaid.values(), *books.payable.values(), *books.referrers.values()) if row.is_touched
    ]
    if accounts:
        yield (
            "update_accounts",
            _columns(
                accounts,
                *("id", "balance_fen", "held_fen", "credit_limit_fen", "waiting_fen", "warn_below_fen", "is_low"),
                "version",
            ),
        )
    if books.transfers:
        yield (
            "insert_transfers",
            _columns(
                books.transfers,
                *("kind", "debit_id", "credit_id", "amount_fen", "debit_balance_fen", "credit_balance_fen"),
                *("distributor_id", "supplier_id", "order_id", "cause", "actor", "remark"),
            )
            | {"now": books.now},
        )


def _stock(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    levels = [level for level in books.levels.values() if level.is_touched]
    if levels:
        yield "update_levels", _columns(levels, "id", "on_hand", "reserved", "version")
    allotments = [allotment for allotment in books.allotments.values() if allotment.is_touched]
    if allotments:
        yield (
            "update_allotments",
            _columns(allotments, "id", "taken", "given", "floor", "cap", "buffer", "ends_at", "is_open", "version"),
        )
    if books.moves:
        yield (
            "insert_moves",
            _columns(
                books.moves,
                *("level_id", "kind", "on_hand_delta", "reserved_delta", "order_id", "line_no", "allotment_id"),
                *("cause", "actor", "remark"),
            )
            | {"now": books.now},
        )


def _parcels(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    if not books.shipments:
        return
    lines = [(parcel, *pieces) for parcel in books.shipments for pieces in sorted(parcel.pieces.items())]
    yield (
        "insert_shipments",
        _columns(books.shipments, "order_id", "distributor_id", "supplier_id", "carrier", "tracking_no", "actor")
        | {
            "line_order_id": [parcel.order_id for parcel, _, _ in lines],
            "line_supplier_id": [parcel.supplier_id for parcel, _, _ in lines],
            "line_tracking_no": [parcel.tracking_no for parcel, _, _ in lines],
            "line_no": [number for _, number, _ in lines],
            "qty": [qty for _, _, qty in lines],
            "now": books.now,
        },
    )


def _refunds(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    if not books.refunds:
        return
    lines = [(refund, number, *values) for refund in books.refunds for number, values in sorted(refund.lines.items())]
    yield (
        "insert_refunds",
        _columns(
            books.refunds,
            *("order_id", "distributor_id", "refund_no", "kind", "amount_fen", "freight_fen", "reason", "actor"),
        )
        | {
            "line_order_id": [refund.order_id for refund, _, _, _ in lines],
            "line_refund_no": [refund.refund_no for refund, _, _, _ in lines],
            "line_no": [number for _, number, _, _ in lines],
            "qty": [qty for _, _, qty, _ in lines],
            "line_amount_fen": [amount for _, _, _, amount in lines],
            "now": books.now,
        },
    )


def _returned(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    touched = [
        (order, row)
        for order in books.orders.values()
        if order.returned
        for row in order.returned.values()
        if row.is_touched
    ]
    if touched:
        yield (
            "write_returned",
            {"distributor_id": [order.distributor_id for order, _ in touched]}
            | _columns(
                [row for _, row in touched],
                *("order_id", "line_no", "supplier_id", "qty", "amount_fen", "supplier_fen", "fee_fen", "freight_fen"),
                "supplier_freight_fen",
            ),
        )


def _events(books: Books) -> Iterable[tuple[str, dict[str, Any]]]:
    if books.events:
        yield (
            "insert_events",
            _columns(books.events, "type", "object_kind", "object_id", "version", "distributor_id", "actor", "reason")
            | {"data": [_encode(event.data).decode() for event in books.events], "now": books.now},
        )
    by_staff = [(event, person) for event in books.events if (person := staff_of(event.actor)) is not None]
    if by_staff:
        yield (
            "insert_operations",
            {
                "now": books.now,
                "actor": [event.actor for event, _ in by_staff],
                "actor_name": [person.name for _, person in by_staff],
                "kind": [person.kind for _, person in by_staff],
                "party_id": [person.party_id for _, person in by_staff],
                "verb": [event.type for event, _ in by_staff],
                "object_kind": [event.object_kind for event, _ in by_staff],
                "object_id": [str(event.object_id) for event, _ in by_staff],
                "object_label": [event.label or str(event.data.get("out_order_no", "")) for event, _ in by_staff],
                "before": [event.before and _encode(event.before).decode() for event, _ in by_staff],
                "after": [_encode(event.data).decode() for event, _ in by_staff],
                "reason": [event.reason for event, _ in by_staff],
            },
        )
