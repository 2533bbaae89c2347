"""The demo's goods: most on sale, some waiting, rejected or taken off, and their stock."""

import random
from datetime import datetime, timedelta

from entrepot.base import scope
from entrepot.catalog.actions import create_brand, create_category
from entrepot.catalog.actions.history import keep_live
from entrepot.catalog.actions.steps import tell
from entrepot.catalog.models import Brand, Category, Goods, GoodsState, GoodsVersion, Sku, SkuCost
from entrepot.catalog.rules import ALLOWED_PROMOTIONS
from entrepot.catalog.search import terms_of
from entrepot.doors.cli.demo import ticks
from entrepot.doors.cli.demo.assortment import BRANDS, TREE, Article
from entrepot.doors.cli.demo.past import run_at
from entrepot.doors.cli.demo.people import People
from entrepot.stock.warehouses import main_warehouse
from entrepot.trade.terms import Restock

STAPLE = "盘锦蟹田大米 5千克"
"""Goods with stock for a truckload: what the order that waits for funds is about."""

_NOTES = ("主图有水印，请换成实拍图。", "规格与详情图不一致，请核对净含量。", "缺少生产许可证编号，请补充到详情图。")


def fill(
    articles: list[Article], *, people: People, paths: dict[tuple[str, int], str], since: datetime, dice: random.Random
) -> None:
    """Put the goods up with pictures, prices and stock, as it was `since`."""
    admin = people.actors["yunying"]
    categories, brands = _order(admin)
    ticks.tick(articles, people=people, categories=categories, brands=brands, actor=admin)
    told = ticks.describe(articles, categories=categories, actor=admin)
    goods: list[Goods] = []
    skus: list[tuple[Article, Sku]] = []
    for place, article in enumerate(articles):
        row = _goods(article, place, people=people, categories=categories, brands=brands)
        row.images = row.detail_images = [paths[article.thing, article.hue]]
        row.attributes = told.get(article.number, {})
        row.created_at = row.changed_at = since + timedelta(minutes=7 * place)
        goods.append(row)
        for number, (spec, price_fen) in enumerate(article.skus, start=1):
            code = article.number if len(article.skus) == 1 else f"{article.number}-{number}"
            skus.append((article, _sku(row, code, spec, price_fen, place=place, number=number)))
    with scope.platform():
        Goods.objects.bulk_create(goods)
        Sku.objects.bulk_create([sku for _article, sku in skus])
        for row in goods:
            if row.state in (GoodsState.ON_SALE, GoodsState.UNLISTED):
                kept = keep_live(row, actor=admin)
                GoodsVersion.objects.filter(pk=kept.pk).update(made_at=row.created_at)
            if row.state == GoodsState.ON_SALE:
                tell(row, event_type="product.listed", actor=admin)
    for name, supplier in people.suppliers.items():
        own = [sku for article, sku in skus if article.owner == name]
        with scope.supplier(supplier.pk):
            SkuCost.objects.bulk_create(
                [
                    SkuCost(sku=sku, supplier=supplier, cost_fen=sku.supplier_price_fen * dice.randint(58, 82) // 100)
                    for sku in own
                ]
            )
        _stock(own, warehouse_id=main_warehouse(supplier.pk), actor=admin, since=since, dice=dice)
    ticks.propose(people)


def _order(actor: str) -> tuple[dict[str, Category], dict[str, Brand]]:
    categories: dict[str, Category] = {}
    for position, (trunk, leaves) in enumerate(TREE.items(), start=1):
        parent = create_category(trunk, position=position, actor=actor)
        for place, leaf in enumerate(leaves, start=1):
            categories[leaf] = create_category(leaf, parent_id=parent.pk, position=place, actor=actor)
    return categories, {name: create_brand(name, actor=actor) for name in BRANDS}


def _goods(
    article: Article,
    place: int,
    *,
    people: People,
    categories: dict[str, Category],
    brands: dict[str, Brand],
) -> Goods:
    state = _state(place, article)
    row = Goods(
        goods_no=article.number,
        supplier=people.suppliers[article.owner],
        name=article.name,
        category=categories[article.category],
        brand=brands[article.brand],
        state=state,
        min_quantity={5: 2, 16: 5, 27: 10}.get(place % 40, 1),
        allowed_promotions=list(ALLOWED_PROMOTIONS),
        review_note=_NOTES[place % len(_NOTES)] if state == GoodsState.REJECTED else "",
        version=1 + (place % 3),
    )
    if article.name != STAPLE:
        tiers = {9: ("高级",), 22: ("中级", "高级")}.get(place % 37, ())
        row.visible_tiers = [people.tiers[name].pk for name in tiers]
        row.visible_distributors = [people.malls["mall2"].pk] if place % 71 == 50 else []
    row.search_terms = terms_of(row)
    return row


def _state(place: int, article: Article) -> str:
    if article.name == STAPLE:
        return GoodsState.ON_SALE
    if article.owner != "platform":
        waiting = {13: GoodsState.SUBMITTED, 31: GoodsState.REJECTED, 38: GoodsState.SUBMITTED}.get(place % 41)
        if waiting is not None:
            return waiting
    return {4: GoodsState.UNLISTED, 19: GoodsState.DRAFT}.get(place % 43, GoodsState.ON_SALE)


def _sku(goods: Goods, code: str, spec: str, price_fen: int, *, place: int, number: int) -> Sku:
    """Return a SKU; what a supplier sells is marked up for every third goods."""
    marked_up = not goods.supplier.is_platform and place % 3 == 0
    supply_fen = price_fen + price_fen * 5 // 100 if marked_up else price_fen
    suggested_fen = supply_fen * 16 // 1000 * 100 + 90
    is_reviewed = goods.state in (GoodsState.ON_SALE, GoodsState.UNLISTED)
    has_band = place % 4 == 1
    return Sku(
        goods=goods,
        code=code,
        spec=spec,
        supplier_price_fen=price_fen,
        supply_price_fen=supply_fen if is_reviewed else None,
        suggested_price_fen=suggested_fen,
        price_floor_fen=supply_fen * 115 // 100 if has_band else None,
        price_ceiling_fen=suggested_fen * 2 if has_band else None,
        weight_g=300 + (place * 137) % 4700,
        position=number,
    )


def _stock(skus: list[Sku], *, warehouse_id: int, actor: str, since: datetime, dice: random.Random) -> None:
    asks = []
    for place, sku in enumerate(skus):
        low, high = dice.choices([(24, 95), (120, 900), (1000, 9800), (10_000, 68_000)], weights=[2, 4, 4, 2])[0]
        pieces = 20_000 if sku.goods.name == STAPLE else dice.randint(low, high)
        if place % 23 != 22:
            asks.append(Restock(sku.code, warehouse_id, pieces, f"opening:{sku.code}", actor, remark="期初入库"))
    for answer in run_at(since, asks=asks):
        if not answer.is_accepted:
            raise RuntimeError(f"the demo's stock was refused: {answer.faults}")
