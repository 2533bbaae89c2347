"""`bin/entrepot fill`: distributors, goods and orders of a year, written set by set and consistent throughout."""

import argparse
import random
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
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
from entrepot.doors.cli.fill.orders import World, write_orders
from entrepot.doors.cli.fill.tables import Bare, of_its_owner, one, reserve_ids, run, statements_in, unhurried
from entrepot.parties.actions import create_tier, ensure_platform_supplier
from entrepot.parties.models import Distributor, PartyState, Supplier, Tier
from entrepot.stock.warehouses import main_warehouse
from entrepot.trade import desk
from entrepot.trade.terms import Credit

DAYS = 365
_GOODS_TABLES = ("catalog_goods", "catalog_sku", "stock_level", "stock_move")
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
SQL = statements_in(Path(__file__).with_name("goods.sql"))


def fill(arguments: argparse.Namespace) -> int:
    """Add goods and orders to an empty or a demo world; another one only when told `--yes`. Prints how fast it goes."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute("select exists (select from orders_order where out_order_no not like 'F%')")
        (is_traded,) = cursor.fetchone()
    is_real = not settings.DEMO and is_traded
    if is_real and not arguments.yes:
        print("orders are traded here: say --yes if this world is to be filled all the same", file=sys.stderr)
        return 1
    began = time.monotonic()
    now = _database_now()
    since = now - timedelta(days=DAYS)
    malls, sources = partners_for(arguments.skus, orders=arguments.orders)
    parties, suppliers = _parties(arguments.distributors or malls, suppliers=arguments.suppliers or sources)
    goods = _goods(arguments.skus, suppliers=suppliers, at=since)
    print(f"{arguments.skus:,} SKUs in {time.monotonic() - began:.1f} s", flush=True)
    if arguments.orders:
        started = time.monotonic()
        count = write_orders(arguments.orders, world=World(parties, suppliers, goods), since=since)
        print(f"{count:,} orders in {time.monotonic() - started:.1f} s", flush=True)
    _analyze()
    print(f"filled in {time.monotonic() - began:.1f} s; bin/entrepot verify recomputes it", flush=True)
    return 0


def partners_for(skus: int, *, orders: int) -> tuple[int, int]:
    """Return how many distributors and suppliers a world has that is told no numbers: 2,000 orders and 5,000 goods each.

    40 to 5,000 distributors and 20 to 200 suppliers, so that ten million orders and a million goods make the largest.
    """
    return min(max(orders // 2_000, 40), 5_000), min(max(skus // 5_000, 20), 200)


def _database_now() -> datetime:
    with scope.desk(read_only=True):
        return database_now()


# --- parties and goods ---


def _parties(count: int, *, suppliers: int) -> tuple[list[int], list[int]]:
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
        made = Supplier.objects.bulk_create(
            Supplier(number=f"G{mark}{place:04d}", name=f"填充供应商 {mark} {place}", state=PartyState.ACTIVE)
            for place in range(suppliers)
        )
    desk.run([Credit(row.pk, _FUNDS_FEN, f"fill:{row.number}", SYSTEM, remark="fill") for row in distributors])
    ids = [row.pk for row in made]
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
        raw: psycopg.Connection[Any] = connection.connection
        unhurried(raw)
        with of_its_owner(raw):
            run(raw, SQL["staging"])
        columns = "n, goods_no, supplier_id, name, category_id, search_terms, spec, supplier_price, supply_price"
        with raw.cursor().copy(f"copy fill_goods ({columns}) from stdin") as copy:
            for row in _wares(count, own=own, suppliers=suppliers, category_id=category.pk):
                copy.write_row(row)
        values: dict[str, Any] = {"promotions": list(ALLOWED_PROMOTIONS), "pieces": _PIECES, "at": at}
        values["warehouse"] = one(raw, "select name from stock_warehouse where id = %s", [main_warehouse(own)])
        with Bare(raw, tables=_GOODS_TABLES):
            tables = {"goods": "catalog_goods", "skus": "catalog_sku", "levels": "stock_level"}
            values |= {name: reserve_ids(raw, table, count=count) for name, table in tables.items()}
            for name in ("goods", "skus", "levels", "moves"):
                run(raw, SQL[name], values)
    return values["goods"], values["goods"] + count - 1


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


def _analyze() -> None:
    """Let the planner know what there is now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 0")
        cursor.execute("analyze")
