"""A large world in little time, for measuring: goods and orders of a year, written set by set and consistent throughout."""

import argparse
import random
import re
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.clock import database_now
from entrepot.catalog.models import Category
from entrepot.catalog.rules import ALLOWED_PROMOTIONS, bigrams
from entrepot.doors.cli.demo.buyers import consignee
from entrepot.parties.actions import create_tier, ensure_platform_supplier
from entrepot.parties.models import Distributor, PartyState, Supplier, Tier
from entrepot.stock.warehouses import main_warehouse
from entrepot.trade import desk
from entrepot.trade.terms import Credit

DAYS = 365
BATCH = 50_000
_TABLES = [
    *(
        "orders_order",
        "orders_line",
        "orders_supplyorder",
        "orders_consignee",
        "orders_shipment",
        "orders_shipmentline",
    ),
    *("orders_refund", "orders_refundline", "ledger_transfer", "stock_move", "events_event"),
]
_BUYERS = 2_000
_SUPPLIERS = 20
_PIECES = 100_000_000
_FUNDS_FEN = 10_000_000_000_000_00
_TIERS = {"fill 300": 300, "fill 550": 550, "fill 800": 800}
_KINDS = (
    "脐橙",
    "苹果",
    "大米",
    "坚果",
    "茶叶",
    "蜂蜜",
    "酸奶",
    "牛肉",
    "带鱼",
    "香菇",
    "毛巾",
    "水杯",
    "台灯",
    "袜子",
    "洗发水",
)
_PLACES = (
    "赣南",
    "洛川",
    "五常",
    "新疆",
    "武夷山",
    "秦岭",
    "内蒙古",
    "舟山",
    "大兴安岭",
    "高阳",
    "龙泉",
    "中山",
    "诸暨",
    "云南",
)
_MAKES = ("精选", "家庭装", "礼盒", "有机", "特级", "冷链", "量贩", "便携", "新鲜", "手工")
SQL = {
    name: body.strip()
    for name, body in re.findall(
        r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", Path(__file__).with_suffix(".sql").read_text("utf-8"), re.M | re.S
    )
}


def fill(arguments: argparse.Namespace) -> int:
    """Add goods and orders to an empty or a demo world; another one only when told `--yes`. Prints how fast it goes."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute("select exists (select from orders_order where out_order_no not like 'F%')")
        (is_traded,) = cursor.fetchone()
    is_real = not settings.DEMO and is_traded
    if is_real and not arguments.yes:
        print("orders are traded here: say --yes if this world is to be filled all the same", file=sys.stderr)
        return 1
    with _tables_of_its_own():
        return _fill(arguments)


def _fill(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    now = _database_now()
    since = now - timedelta(days=DAYS)
    parties, suppliers = _parties(arguments.distributors, at=since)
    first, last = _goods(arguments.skus, suppliers=suppliers, at=since)
    print(f"{arguments.skus:,} SKUs in {time.monotonic() - began:.1f} s", flush=True)
    if arguments.orders:
        _orders(arguments.orders, parties=parties, suppliers=suppliers, goods=(first, last), since=since)
    _analyze()
    print(f"filled in {time.monotonic() - began:.1f} s; bin/entrepot verify recomputes it", flush=True)
    return 0


@contextmanager
def _tables_of_its_own() -> Iterator[None]:
    """Let the desk's role make temporary tables meanwhile: the owner of the database, who runs this, may allow it."""
    with connection.cursor() as cursor:
        cursor.execute("select quote_ident(current_database())")
        name = cursor.fetchone()[0]
        cursor.execute(f"grant temporary on database {name} to entrepot_desk")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"revoke temporary on database {name} from entrepot_desk")


def _database_now() -> datetime:
    with scope.desk(read_only=True):
        return database_now()


# --- parties and goods ---


def _parties(count: int, *, at: datetime) -> tuple[list[int], list[int]]:
    """Return the ids of new distributors, each with money, and of new suppliers, each with an account."""
    mark = secrets.token_hex(3)
    with scope.platform():
        known = {tier.name: tier for tier in Tier.objects.filter(name__in=_TIERS)}
    tiers = [
        known.get(name) or create_tier(name, fee_rate_bps=rate, position=90, actor=SYSTEM)
        for name, rate in _TIERS.items()
    ]
    with scope.platform():
        distributors = Distributor.objects.bulk_create(
            Distributor(
                number=f"F{mark}{place:05d}",
                name=f"填充商城 {mark} {place}",
                tier=tiers[place % len(tiers)],
                state=PartyState.ACTIVE,
            )
            for place in range(max(count, 1))
        )
        suppliers = Supplier.objects.bulk_create(
            Supplier(number=f"G{mark}{place:04d}", name=f"填充供应商 {mark} {place}", state=PartyState.ACTIVE)
            for place in range(_SUPPLIERS)
        )
    desk.run([Credit(row.pk, _FUNDS_FEN, f"fill:{row.number}", SYSTEM, remark="fill") for row in distributors])
    ids = [row.pk for row in suppliers]
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "insert into ledger_account (kind, supplier_id, currency, balance_fen, held_fen, credit_limit_fen)"
            " select 'supplier_payable', s, 'CNY', 0, 0, 0 from unnest(%s::bigint[]) s",
            [ids],
        )
    return [row.pk for row in distributors], ids


def _goods(count: int, *, suppliers: Sequence[int], at: datetime) -> tuple[int, int]:
    """Add goods with one SKU each, a fifth of them the platform's own; return the first and the last id."""
    own = ensure_platform_supplier().pk
    for supplier_id in (own, *suppliers):
        main_warehouse(supplier_id)
    with scope.platform():
        category, _is_new = Category.objects.get_or_create(name="填充", parent=None)
    with scope.desk():
        raw = _raw()
        warehouse = _one(raw, "select name from stock_warehouse where id = %s", [main_warehouse(own)])
        raw.execute(
            "create temp table fill_goods (n int, goods_no text, supplier_id bigint, name text, category_id bigint,"
            " search_terms text[], spec text, supplier_price bigint, supply_price bigint) on commit drop"
        )
        columns = "n, goods_no, supplier_id, name, category_id, search_terms, spec, supplier_price, supply_price"
        with raw.cursor().copy(f"copy fill_goods ({columns}) from stdin") as copy:
            for row in _wares(count, own=own, suppliers=suppliers, category_id=category.pk):
                copy.write_row(row)
        raw.execute("create index on fill_goods (goods_no)")
        raw.execute("analyze fill_goods")
        values = {"promotions": list(ALLOWED_PROMOTIONS), "pieces": _PIECES, "warehouse": warehouse, "at": at}
        for name in ("goods", "skus_of_goods", "levels"):
            _run(raw, name, values)
        found = raw.execute(
            "select min(g.id), max(g.id) from fill_goods f join catalog_goods g on g.goods_no = f.goods_no"
        ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


def _wares(count: int, *, own: int, suppliers: Sequence[int], category_id: int) -> Iterator[tuple[Any, ...]]:
    mark = secrets.token_hex(3)
    for place in range(count):
        dice = random.Random(place)  # noqa: S311 - nothing secret is drawn with it
        name = f"{dice.choice(_PLACES)}{dice.choice(_MAKES)}{dice.choice(_KINDS)} {place}号"
        supplier_id = own if place % 5 == 0 else suppliers[place % len(suppliers)]
        asked = dice.randint(200, 30_000)
        number = f"F{mark}{place:07d}"
        price = asked if supplier_id == own else asked + asked * dice.randint(2, 20) // 100
        yield place, number, supplier_id, name, category_id, bigrams(f"{name} {number}"), "标准装", asked, price


# --- orders ---


def _orders(count: int, *, parties: list[int], suppliers: list[int], goods: tuple[int, int], since: datetime) -> None:
    """Write orders in one transaction of one connection, spread over the time since a moment."""
    with scope.desk():
        raw = _raw()
        with _bare_tables(raw):
            _stage(raw, parties=parties, suppliers=suppliers, goods=goods)
            houses = dict(
                raw.execute(
                    "select kind, id from ledger_account where kind in ('fee_income', 'goods_income')"
                ).fetchall()
            )
            until = _one(raw, "select transaction_timestamp()", [])
            began, span = time.monotonic(), (until - since) / -(-count // BATCH)
            for place, first in enumerate(range(0, count, BATCH)):
                last = min(first + BATCH, count) - 1
                start = since + span * place
                values = {"first": first, "last": last, "from": start, "until": start + span}
                values["step"] = span / (last - first + 1)
                for name in ("orders", "lines", "parcels", "money", "stock", "events", "cleared"):
                    _run(raw, name, values | houses)
                rate = (last + 1) / (time.monotonic() - began)
                print(f"{last + 1:,} of {count:,} orders, {rate:,.0f}/s", flush=True)
            began = time.monotonic()
        print(f"indexes and references in {time.monotonic() - began:.1f} s", flush=True)


def _stage(raw: psycopg.Connection[Any], *, parties: list[int], suppliers: list[int], goods: tuple[int, int]) -> None:
    """Gather what orders are made from, in tables that end with the transaction."""
    raw.execute(SQL["staging"])
    with raw.cursor().copy("copy fill_buyer from stdin") as copy:
        for row in _people():
            copy.write_row(row)
    values = {"parties": parties, "suppliers": suppliers, "first": goods[0], "last": goods[1]}
    for name in ("parties", "payables", "skus"):
        _run(raw, name, values)


@contextmanager
def _bare_tables(raw: psycopg.Connection[Any]) -> Iterator[None]:
    """Take references and further indexes off the tables and put them back: building them at the end is much quicker.

    It all happens in the caller's transaction, so that a fill that is broken off leaves the tables as they were; putting
    a reference back looks at every row.
    """
    raw.execute("select set_config('role', 'none', true)")  # the owner's work
    found = raw.execute(SQL["what_to_lift"], [_TABLES, _TABLES]).fetchall()
    for lift, _back in found:
        raw.execute(lift)
    raw.execute("select set_config('role', 'entrepot_desk', true)")
    yield
    raw.execute("select set_config('role', 'none', true)")
    raw.execute("set constraints all immediate")
    for _lift, back in reversed(found):
        raw.execute(back)
    raw.execute("select set_config('role', 'entrepot_desk', true)")


def _people() -> Iterator[tuple[Any, ...]]:
    dice = random.Random(7)  # noqa: S311 - nothing secret is drawn with it
    for place in range(_BUYERS):
        who = consignee(dice)
        yield (
            *(place, who.sealed, who.name_masked, who.phone_masked, who.phone_hash),
            *(who.province, who.city, who.district),
        )


# --- the database ---


def _raw() -> psycopg.Connection[Any]:
    """Return the driver's connection of the open transaction, without a limit on how long a statement takes."""
    raw: psycopg.Connection[Any] = connection.connection
    raw.execute("set local statement_timeout = 0")
    raw.execute("set local idle_in_transaction_session_timeout = 0")
    raw.execute("set local work_mem = '128MB'")
    raw.execute("set local synchronous_commit = off")
    return raw


def _run(raw: psycopg.Connection[Any], name: str, values: dict[str, Any]) -> None:
    cursor = psycopg.ClientCursor(raw)  # several statements travel at once, which only this one allows with values
    cursor.execute(SQL[name], values)


def _one(raw: psycopg.Connection[Any], statement: str, values: list[Any]) -> Any:
    row = raw.execute(statement, values).fetchone()
    assert row is not None
    return row[0]


def _analyze() -> None:
    """Let the planner know what there is now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        cursor.execute("analyze")
