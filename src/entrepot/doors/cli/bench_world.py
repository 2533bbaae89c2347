"""Goods and distributors for a measurement: plenty of stock and money, and no limit on calls."""

import argparse
import json
import secrets
import sys
from typing import Any

from django.conf import settings

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.catalog.models import Category, Goods, GoodsState, Sku
from entrepot.catalog.rules import ALLOWED_PROMOTIONS, bigrams
from entrepot.parties.actions import create_distributor, create_tier, ensure_platform_supplier, issue_key
from entrepot.parties.models import Distributor, Tier
from entrepot.stock.warehouses import main_warehouse
from entrepot.trade import desk
from entrepot.trade.terms import Credit, Restock

TIER = "bench"
PIECES = 100_000_000
FUNDS_FEN = 10_000_000_000_00
PRICE_FEN = 10_00
_CHUNK = 500


def bench_world(arguments: argparse.Namespace) -> int:
    """Add what is asked for and print the distributors with their keys, and the SKUs.

    Refuses a world in which real distributors trade: such money and stock would never leave its books. Those of `fill` are
    not real.
    """
    with scope.desk(read_only=True):
        is_real = not settings.DEMO and (
            Distributor.objects.exclude(tier__name=TIER).exclude(tier__name__startswith="fill ").exists()
        )
    if is_real:
        print("distributors trade here: measure on an instance of its own", file=sys.stderr)
        return 1
    mark = secrets.token_hex(3)
    made: dict[str, list[Any]] = {
        "distributors": _distributors(arguments.distributors, mark=mark),
        "skus": _skus(arguments.skus, mark=mark),
    }
    if arguments.json:
        print(json.dumps(made))
    else:
        print(f"{len(made['distributors'])} distributors and {len(made['skus'])} SKUs")
    return 0


def _distributors(count: int, *, mark: str) -> list[dict[str, Any]]:
    with scope.platform():
        tier = Tier.objects.filter(name=TIER).first()
    if tier is None:
        tier = create_tier(
            TIER, fee_rate_bps=500, rate_limit_per_s=10_000_000, rate_burst=10_000_000, position=99, actor=SYSTEM
        )
    made: list[dict[str, Any]] = []
    for serial in range(count):
        with scope.platform():
            party, _head = create_distributor(
                f"bench {mark} {serial}", tier_id=tier.pk, username=f"bench-{mark}-{serial}", actor=SYSTEM
            )
            key = issue_key(party.pk, actor=SYSTEM)
        made.append({"id": party.pk, "number": party.number, "key": key.key, "secret": key.secret})
    desk.run([Credit(row["id"], FUNDS_FEN, f"bench:{row['number']}", SYSTEM) for row in made])
    return [{name: row[name] for name in ("number", "key", "secret")} for row in made]


def _skus(count: int, *, mark: str) -> list[str]:
    own = ensure_platform_supplier()
    with scope.platform():
        category, _is_new = Category.objects.get_or_create(name=TIER, parent=None)
        goods = Goods.objects.bulk_create(
            [
                Goods(
                    goods_no=f"BENCH-{mark}-{serial}",
                    supplier=own,
                    name=f"bench {mark} {serial}",
                    category=category,
                    state=GoodsState.ON_SALE,
                    allowed_promotions=list(ALLOWED_PROMOTIONS),
                    search_terms=bigrams(f"bench {mark} {serial}"),
                )
                for serial in range(count)
            ],
            batch_size=_CHUNK,
        )
        Sku.objects.bulk_create(
            [
                Sku(goods=row, code=row.goods_no, supplier_price_fen=PRICE_FEN, supply_price_fen=PRICE_FEN)
                for row in goods
            ],
            batch_size=_CHUNK,
        )
    warehouse_id = main_warehouse(own.pk)
    codes = [row.goods_no for row in goods]
    for start in range(0, count, _CHUNK):
        desk.run(
            [
                Restock(code, warehouse_id, PIECES, f"bench:{code}", SYSTEM, remark=TIER)
                for code in codes[start : start + _CHUNK]
            ]
        )
    return codes
