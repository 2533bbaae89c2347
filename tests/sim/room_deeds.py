"""What the staff, suppliers and the clock do: each deed of the simulation as an action of a room."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import connection

from entrepot.aftersale import actions as aftersale
from entrepot.aftersale.rules import By, Wish
from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.parties.models import Distributor, Supplier
from entrepot.trade import desk, terms
from entrepot.trade.acceptances import Accept, ExtendAcceptance, Reroute
from tests.sim import room_papers, room_terms
from tests.sim.backstage import Result
from tests.sim.deeds import Deed
from tests.sim.views import rows

STAFF = "system"
Act = Callable[[Deed], Result]


@cache
def table() -> dict[str, Act]:
    """Every deed by its verb."""
    return (
        {
            "ship": _ship,
            "refund": _refund,
            "complete": lambda deed: _ask(terms.Complete(int(deed.order_id), actor=STAFF)),
            "credit": _credit,
            "restock": _restock,
            "accept": _accept,
            "decline": _decline,
            "extend": _extend,
            "reroute": _reroute,
            "overdue": _overdue,
            "ask": _wish,
            "silence": lambda deed: _past("aftersale_claim", "due_at", deed),
            "overtime": lambda deed: _past("aftersale_request", "due_at", deed),
        }
        | {verb: _request_deed(verb) for verb in _REQUEST_DEEDS}
        | room_papers.DEEDS
        | room_terms.DEEDS
    )


# --- orders, money and stock ---


def answered(answer: terms.Answer) -> Result:
    """The desk's answer as the simulation has it."""
    return Result(code="" if answer.refusal is None else answer.refusal.code, facts=dict(answer.facts))


def _ask(ask: Any) -> Result:
    (answer,) = desk.run([ask])
    return answered(answer)


def _ship(deed: Deed) -> Result:
    with scope.desk(read_only=True):
        lines = rows("select supplier_id, line_no from orders_line where order_id = %s", int(deed.order_id))
    shippers = {line["supplier_id"] for line in lines if line["line_no"] in deed.pieces}
    if len(shippers) != 1:
        return Result(code="validation_failed")
    return _ask(terms.Ship(int(deed.order_id), shippers.pop(), "sf", deed.name, STAFF, deed.pieces))


def _refund(deed: Deed) -> Result:
    return _ask(terms.RefundBeforeShipping(int(deed.order_id), deed.name, STAFF, "simulation", deed.pieces))


def _credit(deed: Deed) -> Result:
    kind = "top_up" if deed.amount > 0 else "adjustment"
    return _ask(terms.Credit(distributor_id(deed.party), deed.amount, deed.name, STAFF, kind))


def _restock(deed: Deed) -> Result:
    return _ask(terms.Restock(deed.sku, room_terms.warehouse_of(deed.sku), deed.amount, deed.name, STAFF))


# --- what shippers take on ---


def _accept(deed: Deed) -> Result:
    days = deed.more.get("days")
    ship_by = (database_now() + timedelta(days=days)).date() if days else None
    return _ask(
        Accept(int(deed.order_id), supplier_id(deed.more["supplier"]), STAFF, list(deed.more["lines"]), ship_by)
    )


def _decline(deed: Deed) -> Result:
    from entrepot.fulfilment.actions import refuse_lines

    answer = refuse_lines(
        supplier_id(deed.more["supplier"]),
        order_id=int(deed.order_id),
        lines=list(deed.more["lines"]),
        reason="simulation",
        actor=STAFF,
    )
    return answered(answer)


def _extend(deed: Deed) -> Result:
    return _ask(ExtendAcceptance(int(deed.order_id), list(deed.more["lines"]), 600, STAFF))


def _reroute(deed: Deed) -> Result:
    return _ask(Reroute(int(deed.order_id), deed.more["line"], deed.more["sku"], STAFF, "simulation"))


def _overdue(deed: Deed) -> Result:
    """Move the end of the time to take lines on into the past; the next round of the worker finds it."""
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "update orders_acceptance set accept_by = clock_timestamp() - interval '1 second'"
            " where order_id = %s and line_no = any(%s) and state = 'waiting'",
            [int(deed.order_id), list(deed.more["lines"])],
        )
    return Result()


# --- after-sale ---

_REQUEST_DEEDS = {
    "approve": lambda deed, one, by: aftersale.approve(one, by=by),
    "turn_down": lambda deed, one, by: aftersale.refuse(one, by=by, reason="simulation"),
    "withdraw": lambda deed, one, by: aftersale.withdraw(one, by=by),
    "send_back": lambda deed, one, by: aftersale.return_sent(one, by=by, **_parcel(deed)),
    "inspect": lambda deed, one, by: aftersale.inspect(one, by=by, counted=deed.more["counted"]),
    "not_back": lambda deed, one, by: aftersale.nothing_came_back(one, by=by),
    "resend": lambda deed, one, by: aftersale.resend(one, by=by, **_parcel(deed)),
    "offer": lambda deed, one, by: aftersale.offer(
        one, by=by, amount_fen=deed.more["amount"], supplier_bps=deed.more.get("bps")
    ),
    "counter": lambda deed, one, by: aftersale.counter(one, by=by, amount_fen=deed.more["amount"]),
    "agree": lambda deed, one, by: aftersale.accept(one, by=by),
    "rule": lambda deed, one, by: aftersale.rule(
        one, by=by, amount_fen=deed.more["amount"], supplier_bps=deed.more["bps"], reason="simulation"
    ),
}


def _wish(deed: Deed) -> Result:
    wish = Wish(
        order_id=int(deed.order_id),
        out_refund_no=deed.name,
        kind=deed.more["kind"],
        reason=deed.more["reason"],
        pieces=deed.more["pieces"],
        demand_fen=deed.more.get("demand"),
    )
    by = _by("distributor", deed)
    return _result(aftersale.ask(wish, by=by, is_agreed=deed.more.get("is_agreed", True)))


def _request_deed(verb: str) -> Act:
    def act(deed: Deed) -> Result:
        number = _request_id(deed)
        return (
            Result(code="not_found")
            if number is None
            else _result(_REQUEST_DEEDS[verb](deed, number, _by(deed.more["by"], deed)))
        )

    return act


def _result(result: Any) -> Result:
    return Result(code="" if result.refusal is None else result.refusal.code, facts={"id": result.request_id})


def _by(kind: str, deed: Deed) -> By:
    if kind == "distributor":
        return By(kind=kind, actor=STAFF, party_id=distributor_id(deed.party))
    if kind == "supplier":
        return By(kind=kind, actor=STAFF, party_id=supplier_id(deed.more["supplier"]))
    return By(kind=kind, actor=STAFF)


def _parcel(deed: Deed) -> dict[str, str]:
    return {"carrier": deed.more["parcel"][0], "tracking_no": deed.more["parcel"][1]}


def _request_id(deed: Deed) -> int | None:
    with scope.desk(read_only=True):
        found = rows(
            "select id from aftersale_request where distributor_id = %s and out_refund_no = %s",
            distributor_id(deed.party),
            deed.name,
        )
    return found[0]["id"] if found else None


def _past(table_name: str, column: str, deed: Deed) -> Result:
    """Let the deadline of a request or claim be over; the next round of the worker finds it."""
    number = _request_id(deed)
    key = "request_id" if table_name == "aftersale_claim" else "id"
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            f"update {table_name} set {column} = clock_timestamp() - interval '1 second'"
            f" where {key} = %s and {column} is not null",
            [number],
        )
    return Result()


# --- who is who ---


@cache
def distributor_id(number: str) -> int:
    """The id of a distributor."""
    with scope.platform(read_only=True):
        return Distributor.objects.values_list("pk", flat=True).get(number=number)


@cache
def supplier_id(number: str) -> int:
    """The id of a supplier."""
    with scope.platform(read_only=True):
        return Supplier.objects.values_list("pk", flat=True).get(number=number)
