"""Back-office verbs for simulations: one JSON object a line in, one JSON object a line out, in demo worlds only."""

import argparse
import json
import sys
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection

from entrepot.base import scope
from entrepot.base.refusals import Refusal
from entrepot.catalog.models import Sku
from entrepot.parties import actions as parties
from entrepot.parties.models import Distributor, Tier
from entrepot.stock.warehouses import open_pool
from entrepot.trade import desk as trade
from entrepot.trade import terms

ACTOR = "system"
Request = dict[str, Any]
Reply = dict[str, Any]

_ACCOUNTS = """
select a.kind, d.number as distributor, s.number as supplier,
       coalesce(a.balance_fen, (select coalesce(sum(t.amount_fen), 0) from ledger_transfer t where t.credit_id = a.id)
                             - (select coalesce(sum(t.amount_fen), 0) from ledger_transfer t where t.debit_id = a.id)
       )::bigint as balance_fen,
       a.held_fen, a.credit_limit_fen, d.funds_policy
from ledger_account a
left join parties_distributor d on d.id = a.distributor_id
left join parties_supplier s on s.id = a.supplier_id
order by a.id
"""
_LEVELS = """
select k.code as sku, d.number as distributor, t.name as tier, sum(l.on_hand)::bigint as on_hand,
       sum(l.reserved)::bigint as reserved, a.cap, a.buffer, a.taken
from catalog_sku k
join stock_level l on l.sku_id = k.id
left join stock_allotment a on a.id = l.allotment_id
left join parties_distributor d on d.id = a.distributor_id
left join parties_tier t on t.id = a.tier_id
where k.code = any(%s)
group by k.code, a.id, d.number, t.name
order by k.code, a.id nulls first
"""
_SKUS = """
select k.code as sku, s.number as supplier, s.is_platform as is_own, k.supplier_price_fen, k.supply_price_fen,
       g.min_quantity
from catalog_sku k join catalog_goods g on g.id = k.goods_id join parties_supplier s on s.id = g.supplier_id
where k.code = any(%s) order by k.code
"""


def desk(_arguments: argparse.Namespace) -> int:
    """Answer requests until the input ends."""
    if not settings.DEMO:
        print("the desk answers lines in demo worlds only", file=sys.stderr)
        return 1
    for line in sys.stdin:
        if line.strip():
            sys.stdout.write(json.dumps(_answer(line), ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return 0


def _answer(line: str) -> Reply:
    try:
        request = json.loads(line)
        verb = VERBS[request.pop("verb")]
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"ok": False, "code": "unknown_verb", "verbs": sorted(VERBS)}
    try:
        return verb(request)
    except (KeyError, TypeError, ValueError) as wrong:
        return {"ok": False, "code": "validation_failed", "detail": repr(wrong)}
    except (ObjectDoesNotExist, LookupError):
        return {"ok": False, "code": Refusal.NOT_FOUND.code}
    except trade.Busy:
        return {"ok": False, "code": "busy"}


def _reply(answer: terms.Answer) -> Reply:
    facts = dict(answer.facts)
    if answer.order is not None:
        facts |= {"order_id": str(answer.order.id), "state": answer.order.state}
    if answer.refusal is not None:
        faults = [{"pointer": fault.pointer, "code": fault.refusal.code, **fault.facts} for fault in answer.faults]
        return {"ok": False, "code": answer.refusal.code, **facts, "faults": faults}
    return {"ok": True, "replayed": answer.is_replay, **facts}


def _ask(ask: Any) -> Reply:
    return _reply(trade.run([ask])[0])


def _pieces(request: Request) -> dict[int, int]:
    return {int(line): int(qty) for line, qty in request.get("lines", {}).items()}


def _ship(request: Request) -> Reply:
    order_id, pieces = int(request["order_id"]), _pieces(request)
    suppliers = _shippers(order_id, lines=list(pieces))
    if len(suppliers) != 1:
        code = Refusal.VALIDATION_FAILED if suppliers else Refusal.NOT_FOUND
        return {"ok": False, "code": code.code, "shippers": len(suppliers)}
    return _ask(
        terms.Ship(
            order_id=order_id,
            supplier_id=suppliers[0],
            carrier=request.get("carrier", "sf"),
            tracking_no=request["tracking_no"],
            actor=ACTOR,
            pieces=pieces,
        )
    )


def _shippers(order_id: int, *, lines: list[int]) -> list[int]:
    """Return whose lines these are; without lines, the shippers who have pieces left, or any if none has."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(
            "select supplier_id, line_no, qty - shipped_qty - refunded_qty > 0 from orders_line where order_id = %s",
            [order_id],
        )
        rows = cursor.fetchall()
    if lines:
        return sorted({supplier for supplier, line, _is_open in rows if line in lines})
    return sorted({row[0] for row in rows if row[2]} or {row[0] for row in rows})


def _refund(request: Request) -> Reply:
    return _ask(
        terms.RefundBeforeShipping(
            order_id=int(request["order_id"]),
            refund_no=request["refund_no"],
            actor=ACTOR,
            reason=request.get("reason", "simulation"),
            pieces=_pieces(request),
        )
    )


def _credit(request: Request) -> Reply:
    amount_fen = int(request["amount_fen"])
    return _ask(
        terms.Credit(
            distributor_id=_distributor(request["distributor"]).pk,
            amount_fen=amount_fen,
            cause=request["cause"],
            actor=ACTOR,
            kind="top_up" if amount_fen > 0 else "adjustment",
        )
    )


def _credit_limit(request: Request) -> Reply:
    party = _distributor(request["distributor"])
    return _ask(terms.SetCreditLimit(distributor_id=party.pk, limit_fen=int(request["limit_fen"]), actor=ACTOR))


def _warehouse(sku: str) -> int:
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(
            "select min(w.id) from catalog_sku k join catalog_goods g on g.id = k.goods_id"
            " join stock_warehouse w on w.supplier_id = g.supplier_id where k.code = %s",
            [sku],
        )
        warehouse_id: int | None = cursor.fetchone()[0]
    if warehouse_id is None:
        raise LookupError(sku)
    return warehouse_id


def _restock(request: Request) -> Reply:
    sku, cause = request["sku"], request.get("cause") or uuid.uuid4().hex
    return _ask(terms.Restock(sku=sku, warehouse_id=_warehouse(sku), qty=int(request["qty"]), cause=cause, actor=ACTOR))


def _allot(request: Request) -> Reply:
    """Set pieces of a SKU apart for a distributor or, by name, a tier; the pool is opened when there is none."""
    sku, pieces = request["sku"], int(request["pieces"])
    party = _distributor(request["distributor"]) if request.get("distributor") else None
    with scope.platform():
        tier = Tier.objects.get(name=request["tier"]) if request.get("tier") else None
        pool_id = open_pool(
            Sku.objects.get(code=sku).pk,
            distributor_id=party.pk if party else None,
            tier_id=tier.pk if tier else None,
            floor=max(0, pieces),
            cap=request.get("cap"),
            buffer=request.get("buffer") or 0,
        )
    return _ask(
        terms.Allot(
            sku=sku,
            warehouse_id=_warehouse(sku),
            allotment_id=pool_id,
            qty=pieces,
            cause=request["cause"],
            actor=ACTOR,
        )
    )


def _suspend(request: Request) -> Reply:
    party = _distributor(request["distributor"])
    return {"ok": True, "state": parties.suspend_distributor(party.pk, actor=ACTOR, reason="simulation").state}


def _activate(request: Request) -> Reply:
    return {
        "ok": True,
        "state": parties.activate_distributor(_distributor(request["distributor"]).pk, actor=ACTOR).state,
    }


def _books(request: Request) -> Reply:
    skus = list(request["skus"])
    with scope.one_moment():
        return {
            "ok": True,
            "accounts": _rows(_ACCOUNTS),
            "levels": _rows(_LEVELS, skus),
            "skus": _rows(_SKUS, skus),
        }


def _rows(statement: str, *values: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _distributor(number: str) -> Distributor:
    with scope.desk(read_only=True):
        return Distributor.objects.get(number=number)


VERBS: dict[str, Callable[[Request], Reply]] = {
    "ship": _ship,
    "receive": lambda request: _ask(terms.Receive(int(request["order_id"]), actor=ACTOR)),
    "complete": lambda request: _ask(terms.Complete(int(request["order_id"]), actor=ACTOR)),
    "cancel": lambda request: _ask(terms.Cancel(int(request["order_id"]), actor=ACTOR)),
    "expire": lambda request: _ask(terms.Expire(int(request["order_id"]))),
    "release": lambda request: _ask(terms.Release(_distributor(request["distributor"]).pk)),
    "refund": _refund,
    "credit": _credit,
    "credit_limit": _credit_limit,
    "restock": _restock,
    "allot": _allot,
    "suspend": _suspend,
    "activate": _activate,
    "books": _books,
}
