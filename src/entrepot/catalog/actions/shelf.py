"""On and off the shelf, and who may see and promote what lies on it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog import rules
from entrepot.catalog.actions.history import keep_live, withdraw_waiting
from entrepot.catalog.actions.review import refuse_unfinished
from entrepot.catalog.actions.steps import keep, locked, log, step, tell
from entrepot.catalog.models import Goods, GoodsState
from entrepot.parties.models import Distributor, Tier


def unlist_goods(goods_id: int, *, reason: str, actor: str, supplier_id: int | None = None, address: str = "") -> Goods:
    """Take goods off the shelf (下架): by the platform, or with `supplier_id` by the supplier whose they are.

    Orders placed stand; a change that waits for review is withdrawn. Refuses an empty reason and goods not on sale. Raises Goods.DoesNotExist for somebody else's.
    """
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    with scope.platform() if supplier_id is None else scope.supplier(supplier_id):
        goods = locked(goods_id)
        before, after = step(goods, name="unlist")
        keep(goods, "state")
        withdraw_waiting(goods, actor=actor)
        log(
            goods,
            verb="goods.unlisted",
            actor=actor,
            before={"state": before},
            after={"state": after},
            reason=reason,
            address=address,
        )
        tell(goods, event_type="product.delisted", actor=actor, reason=reason)
    return goods


def list_own_goods(goods_id: int, *, actor: str, address: str = "") -> Goods:
    """Put the platform's own goods (自营) on sale without review, each SKU at its supply price.

    Refuses a supplier's goods, goods that are neither draft nor unlisted, and goods without SKU or picture.
    """
    with scope.platform():
        goods = locked(goods_id)
        if not goods.supplier.is_platform:
            raise Mistake("", _("Goods of a supplier go on sale by review."))
        before, after = step(goods, name="list_own")
        refuse_unfinished(goods)
        for sku in goods.skus.filter(is_active=True):
            sku.supply_price_fen = sku.supplier_price_fen
            sku.save(update_fields=["supply_price_fen"])
        keep(goods, "state")
        keep_live(goods, actor=actor)
        log(goods, verb="goods.listed", actor=actor, before={"state": before}, after={"state": after}, address=address)
        tell(goods, event_type="product.listed", actor=actor)
    return goods


def set_visibility(
    goods_id: int, *, tier_ids: Sequence[int], distributor_ids: Sequence[int], actor: str, address: str = ""
) -> Goods:
    """Show goods only to these tiers and distributors; both empty shows them to all.

    Refuses ids that are not there. It holds at once, on sale too, and malls are told.
    """
    with scope.platform():
        goods = locked(goods_id)
        tiers, distributors = sorted(set(tier_ids)), sorted(set(distributor_ids))
        if Tier.objects.filter(pk__in=tiers).count() != len(tiers):
            raise Mistake("tiers", _("Choose from the tiers that exist."))
        if Distributor.objects.filter(pk__in=distributors).count() != len(distributors):
            raise Mistake("distributors", _("Choose from the distributors that exist."))
        before = {"visible_tiers": goods.visible_tiers, "visible_distributors": goods.visible_distributors}
        goods.visible_tiers, goods.visible_distributors = tiers, distributors
        after = {"visible_tiers": tiers, "visible_distributors": distributors}
        if before == after:
            return goods
        keep(goods, "visible_tiers", "visible_distributors")
        log(goods, verb="goods.visibility", actor=actor, before=before, after=after, address=address)
        if goods.state == GoodsState.ON_SALE:
            tell(goods, event_type="product.updated", actor=actor)
    return goods


def set_promotions(goods_id: int, *, promotions: Sequence[str], actor: str, address: str = "") -> Goods:
    """Say which promotions malls may run on goods, by the codes of `rules.PROMOTIONS`. Refuses unknown codes."""
    unknown = [code for code in promotions if code not in rules.PROMOTIONS]
    if unknown:
        raise Mistake("promotions", _("Choose from the promotions that exist."))
    with scope.platform():
        goods = locked(goods_id)
        before = goods.allowed_promotions
        goods.allowed_promotions = [code for code in rules.PROMOTIONS if code in promotions]
        if before == goods.allowed_promotions:
            return goods
        keep(goods, "allowed_promotions")
        log(
            goods,
            verb="goods.promotions",
            actor=actor,
            before={"allowed_promotions": before},
            after={"allowed_promotions": goods.allowed_promotions},
            address=address,
        )
        if goods.state == GoodsState.ON_SALE:
            tell(goods, event_type="product.updated", actor=actor)
    return goods
