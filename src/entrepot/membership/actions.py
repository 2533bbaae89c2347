"""Every write of the room; money moves by the desk, in the transaction of the deed."""

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.base.money import yuan
from entrepot.events.operations import changes, record
from entrepot.membership import rules
from entrepot.membership.models import Membership, MembershipSetting, MembershipTerms
from entrepot.membership.queries import latest, owner_of, setting
from entrepot.parties.actions import activate_distributor, change_distributor, suspend_distributor
from entrepot.parties.models import Distributor, PartyState, Tier
from entrepot.trade import desk
from entrepot.trade.terms import Credit


def set_terms(tier_id: int, *, price_fen: int | None, months: int, actor: str, address: str = "") -> None:
    """Say what a membership of a tier costs (fen) and for how many months; without a price it is free again.

    Memberships that were paid for stay as they are. Refuses a price outside 0.01 to 10 million yuan and a term that is
    not offered. Raises Tier.DoesNotExist.
    """
    if price_fen is not None and not 0 < price_fen <= rules.PRICE_AT_MOST_FEN:
        raise Mistake("price_fen", _("The price is above 0 and at most 10 million yuan."))
    if months not in rules.MONTHS:
        raise Mistake("months", _("Choose one of the values offered."))
    with scope.platform():
        tier = Tier.objects.select_for_update(no_key=True).get(pk=tier_id)
        known = MembershipTerms.objects.filter(tier=tier).first()
        before = {"price_fen": known.price_fen if known else None, "months": known.months if known else None}
        after = {"price_fen": price_fen, "months": None if price_fen is None else months}
        old, new = changes(before, after)
        if not new:
            return
        if price_fen is None:
            MembershipTerms.objects.filter(tier=tier).delete()
        else:
            values = {"price_fen": price_fen, "months": months, "changed_at": Now()}
            MembershipTerms.objects.update_or_create(tier=tier, defaults=values)
        record(
            actor=actor,
            verb="membership.terms",
            object_kind="tier",
            object_id=tier_id,
            label=tier.name,
            before=old,
            after=new,
            address=address,
        )


def change_setting(
    *, warn_days: int, when_over: str, fallback_tier_id: int | None, actor: str, address: str = ""
) -> None:
    """Say how many days ahead a membership warns, and what follows when it is over: another tier, or orders refused.

    Refuses a fallback without a tier, and one to a tier that costs something itself.
    """
    if not 1 <= warn_days <= rules.WARN_DAYS_AT_MOST:
        raise Mistake("warn_days", _("Between 1 and %(days)d days.") % {"days": rules.WARN_DAYS_AT_MOST})
    if when_over not in (rules.FALLBACK, rules.REFUSE):
        raise Mistake("when_over", _("Choose one of the values offered."))
    with scope.platform():
        tier = None
        if when_over == rules.FALLBACK and fallback_tier_id is not None:
            tier = Tier.objects.filter(pk=fallback_tier_id).first()
        if when_over == rules.FALLBACK and tier is None:
            raise Mistake("fallback_tier_id", _("Choose a tier."))
        if tier is not None and MembershipTerms.objects.filter(tier=tier).exists():
            raise Mistake("fallback_tier_id", _("This tier is sold as a membership itself; choose a free one."))
        kept = setting()
        before = {"warn_days": kept.warn_days, "when_over": kept.when_over, "tier_id": kept.fallback_tier_id}
        after = {"warn_days": warn_days, "when_over": when_over, "tier_id": tier.pk if tier else None}
        old, new = changes(before, after)
        if not new:
            return
        values = {"warn_days": warn_days, "when_over": when_over, "fallback_tier": tier}
        MembershipSetting.objects.update_or_create(pk=1, defaults=values)
        record(
            actor=actor,
            verb="membership.setting",
            object_kind="membership_setting",
            object_id=1,
            before=old,
            after=new,
            address=address,
        )


def buy(distributor_id: int, *, tier_id: int, price_fen: int, once: str, actor: str, address: str = "") -> Membership:
    """Buy or renew a membership (会员) of a tier from the prepaid balance, at the price (fen) that was shown.

    The tier holds from now on for orders placed; renewed, the time is added to what is paid for already. `once` is a
    token of the form: the same one buys once. Refuses a tier that is not sold, another price than the one now asked, a
    distributor the platform has suspended for something else, and a balance that is too low.
    """
    with scope.platform():
        owner = owner_of(distributor_id)
        known = Membership.objects.filter(once=once, distributor=owner).first()
        if known is not None:
            return known
        terms = MembershipTerms.objects.select_related("tier").filter(tier_id=tier_id).first()
        if terms is None:
            raise Mistake("tier_id", _("This tier is not sold as a membership."))
        if terms.price_fen != price_fen:
            raise Mistake(
                "tier_id", _("The price has changed to ¥%(price)s. Look again.") % {"price": yuan(terms.price_fen)}
            )
        former = latest(distributor_id)
        if owner.state != PartyState.ACTIVE and (former is None or former.outcome != "refused"):
            raise Mistake("", _("The platform has suspended you; a membership does not change that."))
        now = database_now()
        is_same = former is not None and former.tier_id == tier_id and former.ended_at is None
        since = rules.begins_at(now=now, until=former.until if former else None, is_same_tier=is_same)
        row = Membership.objects.create(
            distributor=owner,
            tier=terms.tier,
            tier_name=terms.tier.name,
            price_fen=price_fen,
            months=terms.months,
            since=since,
            until=rules.months_after(since, terms.months),
            once=once,
            bought_by=actor[:80],
        )
        _pay(row, actor=actor)
        _take_over(row, is_same=is_same)
        _log(row, former=former, actor=actor, address=address)
        _let_trade(owner, tier=terms.tier, actor=actor)
    return row


def _pay(row: Membership, *, actor: str) -> None:
    ask = Credit(row.distributor_id, -row.price_fen, f"membership:{row.pk}", actor, "membership", row.tier_name)
    (answer,) = desk.run_within([ask])
    if not answer.is_accepted:
        available_fen = answer.faults[0].facts.get("available", 0) if answer.faults else 0
        raise Mistake("", _("It costs ¥%(price)s, and ¥%(available)s is available. Top up first.") % {
            "price": yuan(row.price_fen), "available": yuan(available_fen)
        })  # fmt: skip


def _take_over(row: Membership, *, is_same: bool) -> None:
    """End what another tier takes the place of, with all that is paid for ahead; a renewal lets it run to its end."""
    if not is_same:
        runs = Membership.objects.filter(distributor_id=row.distributor_id, ended_at=None).exclude(pk=row.pk)
        runs.update(ended_at=row.since, outcome="replaced")


def _log(row: Membership, *, former: Membership | None, actor: str, address: str) -> None:
    owner = row.distributor
    record(
        actor=actor,
        verb="membership.bought",
        object_kind="distributor",
        object_id=owner.pk,
        label=f"{owner.number} {owner.name}",
        before={"until": former.until.isoformat() if former else None, "tier_id": owner.tier_id},
        after={"until": row.until.isoformat(), "tier_id": row.tier_id, "price_fen": row.price_fen},
        address=address,
    )


def _let_trade(owner: Distributor, *, tier: Tier, actor: str) -> None:
    if owner.tier_id != tier.pk:
        change_distributor(owner.pk, tier_id=tier.pk, actor=actor, reason=_("Membership bought"))
    if owner.state != PartyState.ACTIVE:
        activate_distributor(owner.pk, actor=actor, reason=_("Membership bought"))


def end(membership_id: int) -> bool:
    """Let what is to follow a membership whose time is over come true; False when it was ended or has not run out."""
    with scope.platform():
        found = Membership.objects.filter(pk=membership_id).values_list("distributor_id", flat=True).first()
        if found is None:
            return False
        owner = owner_of(found)
        row = Membership.objects.select_for_update(no_key=True, of=("self",)).get(pk=membership_id)
        if row.ended_at is not None or row.until > database_now():
            return False
        row.outcome = "renewed" if _goes_on(row) else _fall(owner, row=row)
        row.ended_at = database_now()
        row.save(update_fields=["outcome", "ended_at"])
    return True


def _goes_on(row: Membership) -> bool:
    return Membership.objects.filter(distributor_id=row.distributor_id, since__gte=row.until, ended_at=None).exists()


def _fall(owner: Distributor, *, row: Membership) -> str:
    """Do what the operator has chosen for memberships that run out, and say which it was."""
    chosen, why = setting(), _("The membership “%(tier)s” is over") % {"tier": row.tier_name}
    if owner.tier_id != row.tier_id:
        return "replaced"  # the platform has given him another tier by hand meanwhile
    if chosen.when_over == rules.FALLBACK and chosen.fallback_tier_id is not None:
        change_distributor(owner.pk, tier_id=chosen.fallback_tier_id, actor=SYSTEM, reason=why)
        return "fallback"
    if owner.state != PartyState.ACTIVE:
        return "closed"  # he was suspended for something else, which no renewal undoes
    suspend_distributor(owner.pk, reason=why, actor=SYSTEM)
    return "refused"
