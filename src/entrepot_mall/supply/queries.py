"""Reads of the warehouse and of what is listed."""

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Sum

from entrepot_mall.shop.models import Shop, ShopKind
from entrepot_mall.supply import rules
from entrepot_mall.supply.models import Category, Goods, Sku


def listed(shop: Shop, *, words: str = "", category: str = "") -> QuerySet[Goods]:
    """Goods a buyer may see, newest first, with `least_fen` and `pieces`."""
    rows = Goods.objects.filter(shop=shop, is_listed=True, is_supplied=True)
    if category:
        rows = rows.filter(category_id__in=_with_children(shop, category))
    for word in words.split()[:5]:
        rows = rows.filter(Q(name__icontains=word) | Q(own_name__icontains=word))
    priced = Sku.objects.filter(goods=OuterRef("pk"), sale_fen__isnull=False)
    return (
        rows.filter(Exists(priced))
        .annotate(least_fen=Min("skus__sale_fen"), pieces=Sum("skus__stock"))
        .order_by("-listed_at", "-id")
    )


def warehouse(shop: Shop, *, words: str = "", category: str = "", state: str = "") -> QuerySet[Goods]:
    """Everything in the warehouse, for the back office; `state` is listed, unlisted, fault or gone."""
    rows = Goods.objects.filter(shop=shop)
    rows = {
        "listed": rows.filter(is_listed=True, is_supplied=True),
        "unlisted": rows.filter(is_listed=False, is_supplied=True),
        "fault": rows.exclude(fault=""),
        "gone": rows.filter(is_supplied=False),
    }.get(state, rows.filter(is_supplied=True))
    if category:
        rows = rows.filter(category_id__in=_with_children(shop, category))
    for word in words.split()[:5]:
        rows = rows.filter(Q(name__icontains=word) | Q(own_name__icontains=word) | Q(goods_no__iexact=word))
    return rows.prefetch_related("skus").order_by("id")


def _with_children(shop: Shop, category: str) -> list[str]:
    parents = dict(Category.objects.filter(shop=shop).values_list("platform_id", "parent_id"))
    found, size = {category}, 0
    while size != len(found):
        size = len(found)
        found |= {one for one, parent in parents.items() if parent in found}
    return sorted(found)


def top_categories(shop: Shop) -> list[Category]:
    """The categories that stand at the top."""
    return list(Category.objects.filter(shop=shop, parent_id="").order_by("id"))


def goods_of(shop: Shop, goods_id: int) -> Goods | None:
    """One piece of goods of the warehouse, with its articles."""
    return Goods.objects.filter(shop=shop, pk=goods_id).prefetch_related("skus").first()


def skus_by_code(shop: Shop, codes: list[str]) -> dict[str, Sku]:
    """Articles that are on sale now, by code."""
    rows = Sku.objects.filter(
        shop=shop, code__in=codes, sale_fen__isnull=False, goods__is_listed=True, goods__is_supplied=True
    )
    return {sku.code: sku for sku in rows.select_related("goods")}


def cost_of(sku: Sku) -> rules.Cost:
    """What the platform says of an article's prices."""
    return rules.Cost(
        agreed_fen=sku.agreed_fen,
        suggested_fen=sku.suggested_fen,
        floor_fen=sku.floor_fen,
        ceiling_fen=sku.ceiling_fen,
    )


def steps_of(sku: Sku, *, shop: Shop) -> list[rules.Step]:
    """The prices by steps that hold in this shop: a retail shop has none."""
    if shop.kind != ShopKind.WHOLESALE:
        return []
    return [(int(pieces), int(price)) for pieces, price in sku.steps]


def least_pieces_of(sku: Sku, *, shop: Shop) -> int:
    """From how many pieces on an article may be bought in this shop."""
    return rules.least_pieces(steps_of(sku, shop=shop), min_quantity=sku.goods.least_quantity)


def piece_price_of(sku: Sku, *, qty: int, shop: Shop) -> int | None:
    """The price in fen of one piece when so many are bought in this shop."""
    return rules.piece_price(qty, sale_fen=sku.sale_fen, steps=steps_of(sku, shop=shop))
