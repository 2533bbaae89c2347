"""Changes to the warehouse: what the platform tells, and what the shop decides."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from entrepot_mall.shop.actions import record
from entrepot_mall.shop.models import Shop
from entrepot_mall.supply import rules
from entrepot_mall.supply.models import Category, Goods, PricingKind, Sku
from entrepot_mall.supply.queries import cost_of
from entrepot_sdk.shapes import Category as PlatformCategory
from entrepot_sdk.shapes import PriceStock, Product


def take_in(shop: Shop, *, products: Sequence[Product], walk: int) -> None:
    """Write what the platform says of products; what the shop says of them stays as it is.

    Call it in the transaction that keeps the cursor, so that neither goes without the other.
    """
    known = {one.platform_id: one for one in Goods.objects.filter(shop=shop, platform_id__in=[p.id for p in products])}
    for product in products:
        goods = known.get(product.id) or Goods(shop=shop, platform_id=product.id)
        goods.goods_no, goods.name = product.goods_no, product.name[:200]
        goods.category_id = product.category_id or ""
        goods.images, goods.detail_images = product.images, product.detail_images
        goods.min_quantity, goods.version = product.min_quantity, product.version
        goods.is_supplied, goods.walk = True, walk
        goods.save()
        _take_in_skus(shop, goods=goods, product=product)
        _price_anew(goods)


def _take_in_skus(shop: Shop, *, goods: Goods, product: Product) -> None:
    known = {sku.code: sku for sku in Sku.objects.filter(shop=shop, code__in=[one.sku for one in product.skus])}
    for told in product.skus:
        sku = known.get(told.sku) or Sku(shop=shop, code=told.sku)
        sku.goods, sku.spec = goods, _spec_text(told.spec)
        sku.agreed_fen, sku.stock = told.agreed_price, told.stock
        sku.suggested_fen, sku.floor_fen, sku.ceiling_fen = told.suggested_price, told.price_floor, told.price_ceiling
        sku.save()
    Sku.objects.filter(goods=goods).exclude(code__in=[one.sku for one in product.skus]).delete()


def _spec_text(spec: object) -> str:
    if isinstance(spec, dict):
        return " ".join(str(value) for value in spec.values())[:200]
    return str(spec or "")[:200]


def _price_anew(goods: Goods) -> None:
    """A rule follows the agreed price; an amount typed by hand stays, and is marked when it left the band."""
    if not goods.pricing:
        return
    fault = ""
    for sku in Sku.objects.filter(goods=goods):
        fixed_fen = sku.sale_fen if goods.pricing == PricingKind.FIXED else None
        price = rules.price_by_rule(
            cost_of(sku), pricing=goods.pricing, pricing_bps=goods.pricing_bps, fixed_fen=fixed_fen
        )
        fault = fault or price.fault
        if price.sale_fen != sku.sale_fen and not price.fault:
            Sku.objects.filter(pk=sku.pk).update(sale_fen=price.sale_fen)
    # Goods whose price may not be asked are taken off, so that no buyer pays a price the platform forbids.
    if fault:
        Goods.objects.filter(pk=goods.pk).update(fault=fault, is_listed=False)
    elif goods.fault:
        Goods.objects.filter(pk=goods.pk).update(fault="")


def take_in_live(shop: Shop, *, live: PriceStock) -> None:
    """Write agreed price and stock of one article."""
    sku = Sku.objects.filter(shop=shop, code=live.sku).select_related("goods").first()
    if sku is None:
        return
    is_other_price = live.agreed_price is not None and live.agreed_price != sku.agreed_fen
    if live.agreed_price is not None:
        sku.agreed_fen = live.agreed_price
    sku.stock = live.stock
    sku.save(update_fields=["agreed_fen", "stock"])
    if is_other_price:
        _price_anew(sku.goods)


def drop(shop: Shop, *, platform_ids: Sequence[str]) -> None:
    """The platform supplies these no longer: they stay in the warehouse, off the shelf."""
    Goods.objects.filter(shop=shop, platform_id__in=platform_ids).update(is_supplied=False, is_listed=False)


def drop_unseen(shop: Shop, *, walk: int) -> None:
    """What no page of a walk showed is no longer supplied."""
    Goods.objects.filter(shop=shop).exclude(walk=walk).update(is_supplied=False, is_listed=False)


def take_in_categories(shop: Shop, *, categories: Sequence[PlatformCategory]) -> None:
    """Replace the categories."""
    with transaction.atomic():
        Category.objects.filter(shop=shop).exclude(platform_id__in=[one.id for one in categories]).delete()
        for one in categories:
            Category.objects.update_or_create(
                shop=shop, platform_id=one.id, defaults={"name": one.name, "parent_id": one.parent_id or ""}
            )


def put_on_sale(
    shop: Shop, *, goods_ids: Sequence[int], pricing: str, pricing_bps: int, fixed_fen: int | None, who: str
) -> dict[int, str]:
    """List goods at a price by rule, many at once (一键上架); returns the fault of each that was not listed."""
    faults: dict[int, str] = {}
    now = timezone.now()
    with transaction.atomic():
        chosen = Goods.objects.select_for_update().filter(shop=shop, pk__in=goods_ids, is_supplied=True).order_by("pk")
        done = []
        for goods in chosen:
            skus = list(Sku.objects.filter(goods=goods))
            prices = [
                rules.price_by_rule(cost_of(sku), pricing=pricing, pricing_bps=pricing_bps, fixed_fen=fixed_fen)
                for sku in skus
            ]
            if fault := next((price.fault for price in prices if price.fault), "" if skus else "no_articles"):
                faults[goods.pk] = fault
                continue
            for sku, price in zip(skus, prices, strict=True):
                Sku.objects.filter(pk=sku.pk).update(sale_fen=price.sale_fen)
            goods.pricing, goods.pricing_bps, goods.fault = pricing, pricing_bps, ""
            goods.is_listed, goods.listed_at = True, goods.listed_at if goods.is_listed else now
            goods.save(update_fields=["pricing", "pricing_bps", "fault", "is_listed", "listed_at"])
            done.append(goods.pk)
        for missing in set(goods_ids) - set(done) - set(faults):
            faults[missing] = "not_supplied"
        record(shop, who=who, what="list", about=f"{len(done)}", after={"goods": done[:500], "pricing": pricing})
    return faults


def take_off_sale(shop: Shop, *, goods_ids: Sequence[int], who: str) -> int:
    """Take goods off the shelf; returns how many were on it."""
    with transaction.atomic():
        count = Goods.objects.filter(shop=shop, pk__in=goods_ids, is_listed=True).update(is_listed=False)
        record(shop, who=who, what="unlist", about=f"{count}", after={"goods": list(goods_ids)[:500]})
    return count


def rewrite(
    goods: Goods,
    *,
    own_name: str,
    own_text: str,
    own_min_quantity: int,
    prices: dict[str, int],
    steps: dict[str, list[rules.Step]],
    who: str,
) -> list[str]:
    """Set the shop's own words, minimum and prices of goods; returns faults, and nothing is kept when there are any."""
    faults = [] if own_min_quantity >= goods.min_quantity or not own_min_quantity else ["below_minimum"]
    skus = list(Sku.objects.filter(goods=goods))
    least = max(goods.min_quantity, own_min_quantity, 1)
    for sku in skus:
        if sku.code in prices:
            fixed = rules.price_by_rule(cost_of(sku), pricing="fixed", fixed_fen=prices[sku.code])
            faults += [fixed.fault] if fixed.fault else []
        fault = rules.steps_fault(steps.get(sku.code, []), cost=cost_of(sku), min_quantity=least)
        faults += [fault] if fault else []
    if faults:
        return sorted(set(faults))
    before = {"own_name": goods.own_name, "prices": {sku.code: sku.sale_fen for sku in skus}}
    with transaction.atomic():
        for sku in skus:
            price = prices.get(sku.code, sku.sale_fen)
            if price != sku.sale_fen:
                goods.pricing = PricingKind.FIXED
            Sku.objects.filter(pk=sku.pk).update(sale_fen=price, steps=steps.get(sku.code, []))
        goods.own_name, goods.own_text, goods.own_min_quantity = own_name, own_text, own_min_quantity
        goods.save(update_fields=["own_name", "own_text", "own_min_quantity", "pricing"])
        record(
            goods.shop,
            who=who,
            what="goods",
            about=goods.name[:100],
            before=before,
            after={"own_name": own_name, "prices": prices},
        )
    return []
