"""From draft to shelf: submission and review."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog import queries, rules
from entrepot.catalog.actions.attributes import refuse_missing
from entrepot.catalog.actions.history import keep_live
from entrepot.catalog.actions.steps import keep, locked, log, step, tell
from entrepot.catalog.models import Goods


def submit_goods(supplier_id: int, *, goods_id: int, actor: str, address: str = "") -> Goods:
    """Hand a supplier's goods in for review; until it is done they cannot be edited.

    Refuses goods that are not a draft or unlisted, that are not whole (`refuse_unfinished`) or out of bounds. Raises Goods.DoesNotExist for
    goods of somebody else.
    """
    with scope.supplier(supplier_id):
        goods = locked(goods_id)
        before, after = step(goods, name="submit")
        refuse_unfinished(goods)
        goods.review_note = ""
        keep(goods, "state", "review_note")
        log(
            goods,
            verb="goods.submitted",
            actor=actor,
            before={"state": before},
            after={"state": after},
            address=address,
        )
    return goods


def withdraw_submission(supplier_id: int, *, goods_id: int, actor: str, address: str = "") -> Goods:
    """Take goods back from review, to edit them. Refuses goods that are not in review."""
    with scope.supplier(supplier_id):
        goods = locked(goods_id)
        before, after = step(goods, name="withdraw")
        keep(goods, "state")
        log(
            goods,
            verb="goods.withdrawn",
            actor=actor,
            before={"state": before},
            after={"state": after},
            address=address,
        )
    return goods


def approve_goods(
    goods_id: int,
    *,
    actor: str,
    supply_prices: Mapping[int, int] | None = None,
    version: int | None = None,
    note: str = "",
    address: str = "",
) -> Goods:
    """Put reviewed goods on sale at the supply price (供货价) the platform sets, in fen, by SKU id.

    A SKU without one keeps the supply price it had, and without that takes the supplier's price. Refuses goods that
    are not in review, a price out of bounds or for a SKU of other goods, and, with `version`, goods that are no longer
    the ones the reviewer saw.
    """
    wanted = dict(supply_prices or {})
    with scope.platform():
        goods = locked(goods_id, version=version)
        before, after = step(goods, name="approve")
        prices = price(goods, wanted=wanted)
        goods.review_note = note.strip()[:400]
        keep(goods, "state", "review_note")
        keep_live(goods, actor=actor)
        log(
            goods,
            verb="goods.approved",
            actor=actor,
            before={"state": before},
            after={"state": after, "supply_prices_fen": prices},
            reason=note,
            address=address,
        )
        tell(goods, event_type="product.listed", actor=actor)
    return goods


def reject_goods(goods_id: int, *, reason: str, actor: str, version: int | None = None, address: str = "") -> Goods:
    """Turn reviewed goods down; the supplier reads the reason. Refuses an empty one, and goods not in review."""
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    with scope.platform():
        goods = locked(goods_id, version=version)
        before, after = step(goods, name="reject")
        goods.review_note = reason.strip()[:400]
        keep(goods, "state", "review_note")
        log(
            goods,
            verb="goods.rejected",
            actor=actor,
            before={"state": before},
            after={"state": after},
            reason=reason,
            address=address,
        )
    return goods


def refuse_unfinished(goods: Goods) -> None:
    """Refuse goods that are not whole: no active SKU, no picture, a required attribute empty, or out of bounds."""
    if not goods.skus.filter(is_active=True).exists():
        raise Mistake("skus", _("Add at least one SKU."))
    if not goods.images:
        raise Mistake("images", _("Add at least one picture."))
    refuse_out_of_bounds(goods)


def refuse_out_of_bounds(goods: Goods) -> None:
    """Refuse goods whose category or brand their supplier may not offer, or that lack a required attribute."""
    bounds = queries.bounds_of(goods.supplier_id)
    if not bounds.has_category(goods.category_id):
        raise Mistake("category_id", _("The platform has not opened this category to you."))
    if not bounds.has_brand(goods.brand_id):
        raise Mistake("brand_id", _("The platform has not opened this brand to you."))
    refuse_missing(goods.attributes, category_id=goods.category_id, brand_id=goods.brand_id, bounds=bounds)


def price(goods: Goods, *, wanted: dict[int, int]) -> dict[str, int]:
    """Set the supply prices of goods as the reviewer decided, by SKU id, and return all of them by code, in fen."""
    prices: dict[str, int] = {}
    for sku in goods.skus.filter(is_active=True):
        asked = wanted.pop(sku.pk, None)
        price_fen = asked if asked is not None else sku.supply_price_fen or sku.supplier_price_fen
        if not 0 < price_fen <= rules.PRICE_AT_MOST_FEN:
            raise Mistake(f"supply_price_{sku.pk}", _("The price is above 0 and at most 10 million yuan."))
        if sku.supply_price_fen != price_fen:
            sku.supply_price_fen = price_fen
            sku.save(update_fields=["supply_price_fen"])
        prices[sku.code] = price_fen
    if wanted:
        raise Mistake("", _("A price was given for a SKU that these goods do not have."))
    return prices
