"""Fee rates of some goods for a tier or one distributor."""

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog.actions.steps import keep, locked, log
from entrepot.events.outbox import note
from entrepot.parties.models import Distributor, Tier
from entrepot.pricing.models import FeeRate
from entrepot.pricing.rules import RATE_AT_MOST_BPS


def set_fee_rate(
    goods_id: int,
    *,
    rate_bps: int | None,
    actor: str,
    tier_id: int | None = None,
    distributor_id: int | None = None,
    reason: str = "",
    address: str = "",
) -> None:
    """Give some goods a fee rate of their own (单品费率) for a tier or for one distributor; None takes it away.

    It holds for orders placed from now on and is told to those it concerns. A distributor's own goes before his
    tier's. Refuses a rate above 100 %, and anything but exactly one of tier and distributor. Raises
    Goods.DoesNotExist.
    """
    if rate_bps is not None and not 0 <= rate_bps <= RATE_AT_MOST_BPS:
        raise Mistake("rate_bps", _("The rate lies between 0 and 100 %."))
    if (tier_id is None) == (distributor_id is None):
        raise Mistake("", _("Choose a tier or a distributor."))
    with scope.platform():
        goods = locked(goods_id)
        whose = _whose(tier_id, distributor_id=distributor_id)
        before_bps = _write(goods_id, whose=whose, rate_bps=rate_bps)
        if before_bps == rate_bps:
            return
        keep(goods)
        log(
            goods,
            verb="goods.fee_rate",
            actor=actor,
            before={"for": whose.name, "fee_rate_bps": before_bps},
            after={"for": whose.name, "fee_rate_bps": rate_bps},
            reason=reason,
            address=address,
        )
        note(
            "price.changed",
            object_kind="goods",
            object_id=goods.pk,
            data={
                "object": "product_price",
                "id": str(goods.pk),
                "product_id": str(goods.pk),
                "field": "fee_rate",
                "state": "applied",
                "old": before_bps,
                "new": rate_bps,
            }
            | ({} if isinstance(whose, Distributor) else {"tier_id": str(whose.pk)}),
            actor=actor,
            version=goods.version,
            distributor_ids=[whose.pk if isinstance(whose, Distributor) else None],
            reason=reason,
        )


def _whose(tier_id: int | None, *, distributor_id: int | None) -> Tier | Distributor:
    found: Tier | Distributor | None = None
    if tier_id is not None:
        found = Tier.objects.filter(pk=tier_id).first()
    elif distributor_id is not None:
        found = Distributor.objects.filter(pk=distributor_id).first()
    if found is None:
        raise Mistake("", _("Choose a tier or a distributor."))
    return found


def _write(goods_id: int, *, whose: Tier | Distributor, rate_bps: int | None) -> int | None:
    """Write the rate and return the one before, None for none."""
    key = {"tier": whose, "distributor": None} if isinstance(whose, Tier) else {"tier": None, "distributor": whose}
    kept = FeeRate.objects.filter(goods_id=goods_id, **key).first()
    if kept is None and rate_bps is not None:
        FeeRate.objects.create(goods_id=goods_id, rate_bps=rate_bps, **key)
    elif kept is not None and rate_bps is None:
        kept.delete()
    elif kept is not None and rate_bps is not None:
        FeeRate.objects.filter(pk=kept.pk).update(rate_bps=rate_bps)
    return kept.rate_bps if kept is not None else None
