"""Distributors: admission, terms of trade, allow-list and callback address."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.addresses import inside_of
from entrepot.base.mistakes import Mistake
from entrepot.events.operations import changes, record
from entrepot.events.outbox import note
from entrepot.parties import rules
from entrepot.parties.actions.users import NewUser, create_head
from entrepot.parties.models import Distributor, DistributorKind, FundsPolicy, PartyState, Tier

_SHOWN = ("name", "tier_id", "funds_policy", "hold_ttl_s", "allow_list", "callback_url", "contact", "low_balance_fen")


def create_distributor(
    name: str,
    *,
    tier_id: int,
    username: str,
    actor: str,
    contact: str = "",
    kind: str = DistributorKind.MALL,
    funds_policy: str = FundsPolicy.HOLD,
    hold_minutes: int = 15,
    allow_list: Iterable[str] = (),
    callback_url: str = "",
    is_active: bool = True,
    address: str = "",
) -> tuple[Distributor, NewUser]:
    """Admit a distributor (分销商) with a number of his own and his first user, whose one-time password is returned.

    `kind` says what he is (DistributorKind). Refuses an empty name, an unknown tier or kind, a taken user name, a hold outside 1 to 60 minutes, an allow-list entry that
    is no address, and a callback address that is none or leads inside.
    """
    _keep_out(callback_url)
    with scope.platform():
        distributor = Distributor(
            number=_next_number(),
            name=name.strip(),
            tier=_tier(tier_id),
            kind=kind,
            state=PartyState.ACTIVE if is_active else PartyState.PENDING,
            funds_policy=funds_policy,
            hold_ttl_s=hold_minutes * 60,
            allow_list=_networks(allow_list),
            callback_url=callback_url.strip(),
            contact=contact.strip(),
        )
        _check(distributor)
        distributor.save()
        user = create_head("distributor", party=distributor, username=username, actor=actor, address=address)
        record(
            actor=actor,
            verb="distributor.created",
            object_kind="distributor",
            object_id=distributor.pk,
            label=f"{distributor.number} {distributor.name}",
            after={"number": distributor.number, "state": distributor.state, **_state(distributor)},
            address=address,
        )
    return distributor, user


def change_distributor(
    distributor_id: int,
    *,
    actor: str,
    name: str | None = None,
    tier_id: int | None = None,
    kind: str | None = None,
    funds_policy: str | None = None,
    hold_minutes: int | None = None,
    allow_list: Iterable[str] | None = None,
    callback_url: str | None = None,
    contact: str | None = None,
    low_balance_fen: int | None = None,
    reason: str = "",
    address: str = "",
) -> Distributor:
    """Change what is given of a distributor; a new tier holds for orders placed from now on and is told to him.

    Refuses as `create_distributor` does. Raises Distributor.DoesNotExist.
    """
    if callback_url:
        _keep_out(callback_url, but_for=distributor_id)
    with scope.platform():
        distributor = Distributor.objects.select_for_update(no_key=True).get(pk=distributor_id)
        before = _state(distributor)
        wanted: dict[str, Any] = {
            "name": None if name is None else name.strip(),
            "tier_id": None if tier_id is None else _tier(tier_id).pk,
            "kind": kind,
            "funds_policy": funds_policy,
            "hold_ttl_s": None if hold_minutes is None else hold_minutes * 60,
            "allow_list": None if allow_list is None else _networks(allow_list),
            "callback_url": None if callback_url is None else callback_url.strip(),
            "contact": None if contact is None else contact.strip(),
            "low_balance_fen": low_balance_fen,
        }
        for field, value in wanted.items():
            if value is not None:
                setattr(distributor, field, value)
        _check(distributor)
        old, new = changes(before, _state(distributor))
        if not new:
            return distributor
        distributor.save()
        record(
            actor=actor,
            verb="distributor.changed",
            object_kind="distributor",
            object_id=distributor.pk,
            label=f"{distributor.number} {distributor.name}",
            before=old,
            after=new,
            reason=reason,
            address=address,
        )
        if "tier_id" in new:
            _tell_tier(distributor, actor=actor)
    return distributor


def activate_distributor(distributor_id: int, *, actor: str, reason: str = "", address: str = "") -> Distributor:
    """Let a distributor trade; active already, nothing happens. Raises Distributor.DoesNotExist."""
    return _set_state(distributor_id, state=PartyState.ACTIVE, actor=actor, reason=reason, address=address)


def suspend_distributor(distributor_id: int, *, actor: str, reason: str, address: str = "") -> Distributor:
    """Stop a distributor from placing orders; his money and open orders stay. Refuses an empty reason."""
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    return _set_state(distributor_id, state=PartyState.SUSPENDED, actor=actor, reason=reason, address=address)


def _set_state(distributor_id: int, *, state: str, actor: str, reason: str, address: str) -> Distributor:
    with scope.platform():
        distributor = Distributor.objects.select_for_update(no_key=True).get(pk=distributor_id)
        before = distributor.state
        if before == state:
            return distributor
        distributor.state = state
        distributor.save(update_fields=["state"])
        record(
            actor=actor,
            verb="distributor.activated" if state == PartyState.ACTIVE else "distributor.suspended",
            object_kind="distributor",
            object_id=distributor.pk,
            label=f"{distributor.number} {distributor.name}",
            before={"state": before},
            after={"state": state},
            reason=reason,
            address=address,
        )
    return distributor


def _check(distributor: Distributor) -> None:
    if not distributor.name:
        raise Mistake("name", _("Enter a name."))
    if distributor.kind not in DistributorKind.values:
        raise Mistake("kind", _("Choose one of the values offered."))
    if distributor.funds_policy not in FundsPolicy.values:
        raise Mistake("funds_policy", _("Choose one of the two policies."))
    if not 60 <= distributor.hold_ttl_s <= 3600:
        raise Mistake("hold_minutes", _("A hold lasts between 1 and 60 minutes."))
    if len(distributor.allow_list) > rules.ALLOW_LIST_AT_MOST:
        raise Mistake("allow_list", _("At most %(count)d entries.") % {"count": rules.ALLOW_LIST_AT_MOST})
    if rules.callback_fault(distributor.callback_url):
        raise Mistake("callback_url", _("Enter an address such as https://mall.example/callback."))
    if distributor.low_balance_fen < 0:
        raise Mistake("low_balance_fen", _("The amount is not below 0."))


def _keep_out(url: str, *, but_for: int = 0) -> None:
    """Refuse a callback address that leads inside, before there is a transaction: a name may take a while to resolve.

    One that a distributor has already stays his: every call judges it again.
    """
    url = url.strip()
    if not url or rules.callback_fault(url):
        return
    with scope.platform(read_only=True):
        if Distributor.objects.filter(pk=but_for, callback_url=url).exists():
            return
    if found := inside_of(url, allowed=settings.CALLBACK_NETWORKS):
        reason = _("It leads to %(address)s, which may not be called: give an address that is reached from outside.")
        raise Mistake("callback_url", reason % {"address": found})


def _networks(entries: Iterable[str]) -> list[str]:
    try:
        return rules.allow_list(entries)
    except ValueError as wrong:
        reason = _("“%(entry)s” is no IP address or network, such as 203.0.113.7 or 2001:db8::/48.")
        raise Mistake("allow_list", reason % {"entry": wrong}) from None


def _tier(tier_id: int) -> Tier:
    try:
        return Tier.objects.get(pk=tier_id)
    except Tier.DoesNotExist:
        raise Mistake("tier_id", _("Choose a tier.")) from None


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('parties_distributor_serial')")
        return rules.party_number("distributor", serial=cursor.fetchone()[0])


def _state(distributor: Distributor) -> dict[str, Any]:
    return {name: getattr(distributor, name) for name in _SHOWN} | {"distributor_kind": distributor.kind}


def _tell_tier(distributor: Distributor, *, actor: str) -> None:
    """Tell of the tier, and that with it every price may be another: the feed says which."""
    data = {"object": "tier", "id": str(distributor.tier_id), "fee_rate_bps": distributor.tier.fee_rate_bps}
    note(
        "tier.changed",
        object_kind="tier",
        object_id=distributor.tier_id,
        data=data,
        actor=actor,
        distributor_ids=[distributor.pk],
    )
    note(
        "price.changed",
        object_kind="distributor",
        object_id=distributor.pk,
        data=data
        | {
            "object": "tier_price",
            "tier_id": str(distributor.tier_id),
            "field": "tier",
            "state": "applied",
            "hint": "changes",
        },
        actor=actor,
        distributor_ids=[distributor.pk],
    )
