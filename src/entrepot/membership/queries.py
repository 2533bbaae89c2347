"""Reads of memberships and what they cost; lists run inside the reader's scope."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now

from entrepot.membership.models import Membership, MembershipSetting, MembershipTerms
from entrepot.parties.models import Distributor, Tier


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier that is sold as a membership; `fee_rate_bps` is what its orders pay beside it."""

    tier_id: int
    name: str
    fee_rate_bps: int
    price_fen: int
    months: int


def setting() -> MembershipSetting:
    """Return what holds for memberships (会员设置); nobody has changed anything until there is a row."""
    return MembershipSetting.objects.select_related("fallback_tier").first() or MembershipSetting()


def offers() -> list[Offer]:
    """Return the tiers that are sold, in their order."""
    return [
        Offer(row.tier_id, row.tier.name, row.tier.fee_rate_bps, row.price_fen, row.months)
        for row in MembershipTerms.objects.select_related("tier").order_by("tier__position", "tier_id")
    ]


def counts(rows: QuerySet[Membership], *, days: int) -> dict[str, int]:
    """Return how many of some memberships there are, run, run out within some days, and are over."""
    runs = Q(ended_at=None)
    return rows.order_by().aggregate(
        all=Count("id"),
        running=Count("id", filter=runs),
        ending=Count("id", filter=runs & Q(until__lte=Now() + timedelta(days=days))),
        over=Count("id", filter=~runs),
    )


def tiers_with_terms() -> list[tuple[Tier, MembershipTerms | None]]:
    """Return every tier with its terms, None for one that is free; platform scope."""
    known = {row.tier_id: row for row in MembershipTerms.objects.all()}
    return [(tier, known.get(tier.pk)) for tier in Tier.objects.order_by("position", "id")]


def memberships(*, distributor_id: int | None = None) -> QuerySet[Membership]:
    """Return the memberships the scope shows, newest first."""
    rows = Membership.objects.select_related("distributor").order_by("-id")
    return rows if distributor_id is None else rows.filter(distributor_id=distributor_id)


def latest(distributor_id: int) -> Membership | None:
    """Return the membership a distributor has paid for last, None when he never has."""
    return Membership.objects.filter(distributor_id=distributor_id).order_by("-id").first()


def is_ending(rows: QuerySet[Membership], *, days: int) -> QuerySet[Membership]:
    """Return the memberships that run out within some days."""
    return rows.filter(ended_at=None, until__lte=Now() + timedelta(days=days))


def owner_of(distributor_id: int) -> Distributor:
    """Return a distributor locked, so that he buys one membership at a time. Raises Distributor.DoesNotExist.

    His tier is read after the lock: a join would find nobody when the one ahead has just given him another.
    """
    return Distributor.objects.select_for_update(no_key=True).get(pk=distributor_id)
