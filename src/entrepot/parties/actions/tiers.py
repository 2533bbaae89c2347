"""Tiers: their fee rate and rate limit."""

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.events.operations import changes, record
from entrepot.events.outbox import note
from entrepot.parties.models import Tier

_SHOWN = ("name", "fee_rate_bps", "rate_limit_per_s", "rate_burst", "position", "note")


def create_tier(
    name: str,
    *,
    fee_rate_bps: int,
    actor: str,
    rate_limit_per_s: int = 50,
    rate_burst: int = 100,
    position: int = 0,
    note: str = "",
    address: str = "",
) -> Tier:
    """Add a tier (分销商等级) with its fee rate in basis points; a higher tier may pay more or less.

    Refuses a name that is empty or taken, a rate above 100 %, and a rate limit below one call.
    """
    tier = Tier(
        name=name.strip(),
        fee_rate_bps=fee_rate_bps,
        rate_limit_per_s=rate_limit_per_s,
        rate_burst=rate_burst,
        position=position,
        note=note,
    )
    _check(tier)
    with scope.platform():
        with taken("name", _("There is a tier of that name.")):
            tier.save()
        record(
            actor=actor,
            verb="tier.created",
            object_kind="tier",
            object_id=tier.pk,
            label=tier.name,
            after=_state(tier),
            address=address,
        )
    return tier


def change_tier(
    tier_id: int,
    *,
    actor: str,
    name: str | None = None,
    fee_rate_bps: int | None = None,
    rate_limit_per_s: int | None = None,
    rate_burst: int | None = None,
    position: int | None = None,
    note: str | None = None,
    reason: str = "",
    is_announced: bool = False,
    address: str = "",
) -> Tier:
    """Change what is given of a tier; a new rate is told to its distributors and holds for orders placed from now on.

    `is_announced`: they have been told of the price by another fact. Refuses as `create_tier` does. Raises Tier.DoesNotExist.
    """
    with scope.platform():
        tier = Tier.objects.select_for_update(no_key=True).get(pk=tier_id)
        before = _state(tier)
        wanted = {
            "name": None if name is None else name.strip(),
            "fee_rate_bps": fee_rate_bps,
            "rate_limit_per_s": rate_limit_per_s,
            "rate_burst": rate_burst,
            "position": position,
            "note": note,
        }
        for field, value in wanted.items():
            if value is not None:
                setattr(tier, field, value)
        _check(tier)
        old, new = changes(before, _state(tier))
        if not new:
            return tier
        with taken("name", _("There is a tier of that name.")):
            tier.save()
        record(
            actor=actor,
            verb="tier.changed",
            object_kind="tier",
            object_id=tier.pk,
            label=tier.name,
            before=old,
            after=new,
            reason=reason,
            address=address,
        )
        if "fee_rate_bps" in new:
            _tell(tier, before_bps=old["fee_rate_bps"], actor=actor, is_announced=is_announced)
    return tier


def _check(tier: Tier) -> None:
    if not tier.name:
        raise Mistake("name", _("Enter a name."))
    if not 0 <= tier.fee_rate_bps <= 10_000:
        raise Mistake("fee_rate_bps", _("The rate lies between 0 and 100 %."))
    if tier.rate_limit_per_s < 1:
        raise Mistake("rate_limit_per_s", _("At least one call a second."))
    if tier.rate_burst < tier.rate_limit_per_s:
        raise Mistake("rate_burst", _("The burst is at least the calls of one second."))


def _state(tier: Tier) -> dict[str, object]:
    return {name: getattr(tier, name) for name in _SHOWN}


def _tell(tier: Tier, *, before_bps: int, actor: str, is_announced: bool) -> None:
    """Write one fact for everybody of the tier, and not one for each: there may be thousands."""
    key = str(tier.pk)
    note(
        "tier.changed",
        object_kind="tier",
        object_id=tier.pk,
        data={
            "object": "tier",
            "id": key,
            "tier_id": key,
            "from_bps": before_bps,
            "fee_rate_bps": tier.fee_rate_bps,
        },
        actor=actor,
    )
    if not is_announced:
        note(
            "price.changed",
            object_kind="tier",
            object_id=tier.pk,
            data={
                "object": "tier_price",
                "id": key,
                "tier_id": key,
                "field": "fee_rate",
                "state": "applied",
                "old": before_bps,
                "new": tier.fee_rate_bps,
                "hint": "changes",
            },
            actor=actor,
        )
