"""Price changes told beforehand: announced, proposed, approved, refused, cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog.models import Sku
from entrepot.catalog.rules import PRICE_AT_MOST_FEN
from entrepot.parties.models import Tier
from entrepot.pricing.actions.telling import log, tell
from entrepot.pricing.models import OPEN_STATES, ChangeField, ChangeState, PriceChange, PriceSetting
from entrepot.pricing.queries import price_setting
from entrepot.pricing.rules import GRACE_AT_MOST_MINUTES, RATE_AT_MOST_BPS

AHEAD_AT_MOST = timedelta(days=366)
DRAFTS_AT_MOST = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDraft:
    """One wanted change: a SKU and one of its prices in fen (None takes a suggested price away), or a tier and its rate."""

    field: str
    new_value: int | None
    sku_id: int | None = None
    tier_id: int | None = None


def announce(
    drafts: Sequence[ChangeDraft],
    *,
    actor: str,
    effective_at: datetime | None = None,
    grace_minutes: int | None = None,
    reason: str = "",
    address: str = "",
) -> list[PriceChange]:
    """Announce price changes (调价): malls are told now, and the prices change at `effective_at`, all or none.

    Without a moment that is as soon as the notice allows; without a grace the usual one. Refuses a moment earlier than
    the notice or a year ahead, a price or rate out of bounds or equal to the present one, and a second open change of
    the same price. A mistake names the draft by its place, as `drafts.<place>`.
    """
    if not 1 <= len(drafts) <= DRAFTS_AT_MOST:
        raise Mistake("", _("Give between 1 and %(count)d changes.") % {"count": DRAFTS_AT_MOST})
    with scope.platform():
        setting = price_setting()
        at = _moment(effective_at, setting=setting)
        grace = _grace(grace_minutes, setting=setting)
        made = [
            _write(draft, place=place, at=at, grace=grace, state=ChangeState.ANNOUNCED, actor=actor, reason=reason)
            for place, draft in enumerate(drafts)
        ]
        for change in made:
            log(change, verb="price.announced", actor=actor, before_state=None, address=address)
            tell(change, actor=actor)
    return made


def propose(
    supplier_id: int,
    *,
    sku_id: int,
    new_fen: int,
    actor: str,
    effective_at: datetime | None = None,
    reason: str = "",
    address: str = "",
) -> PriceChange:
    """Propose another supplier price (供货商供货价, fen) of a supplier's own SKU; it waits for the platform.

    Refuses what `announce` refuses, and an empty reason. Raises Sku.DoesNotExist for somebody else's.
    """
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    with scope.supplier(supplier_id):
        setting = price_setting()
        at = _moment(effective_at, setting=setting)
        draft = ChangeDraft(field=ChangeField.SUPPLIER_PRICE, new_value=new_fen, sku_id=sku_id)
        Sku.objects.get(pk=sku_id)
        change = _write(
            draft,
            place=0,
            at=at,
            grace=setting.grace_minutes,
            state=ChangeState.PROPOSED,
            actor=actor,
            reason=reason,
        )
        log(change, verb="price.proposed", actor=actor, before_state=None, address=address)
    return change


def approve_proposal(
    change_id: int,
    *,
    actor: str,
    supply_price_fen: int | None = None,
    effective_at: datetime | None = None,
    note: str = "",
    address: str = "",
) -> PriceChange:
    """Approve a supplier's proposal: his price changes at its moment, as early as the notice allows, or when given.

    With `supply_price_fen` the supply price changes at the same moment. Refuses what is no longer proposed, and a given
    moment that is too early. Raises PriceChange.DoesNotExist.
    """
    with scope.platform():
        change = _locked(change_id, state=ChangeState.PROPOSED)
        setting = price_setting()
        if effective_at is not None:
            change.effective_at = _moment(effective_at, setting=setting)
        else:
            change.effective_at = max(change.effective_at, _moment(None, setting=setting))
        change.state, change.review_note = ChangeState.ANNOUNCED, note.strip()[:200]
        change.save(update_fields=["effective_at", "state", "review_note"])
        log(change, verb="price.approved", actor=actor, before_state="proposed", reason=note, address=address)
        if supply_price_fen is not None and change.sku and supply_price_fen != change.sku.supply_price_fen:
            draft = ChangeDraft(field=ChangeField.SUPPLY_PRICE, new_value=supply_price_fen, sku_id=change.sku_id)
            with_it = _write(
                draft,
                place=0,
                at=change.effective_at,
                grace=change.grace_minutes,
                state=ChangeState.ANNOUNCED,
                actor=actor,
                reason=change.reason,
            )
            log(with_it, verb="price.announced", actor=actor, before_state=None, address=address)
            tell(with_it, actor=actor)
    return change


def refuse_proposal(change_id: int, *, note: str, actor: str, address: str = "") -> PriceChange:
    """Turn a supplier's proposal down; he reads the note. Refuses an empty one, and what is no longer proposed."""
    if not note.strip():
        raise Mistake("note", _("Say why."))
    with scope.platform():
        change = _locked(change_id, state=ChangeState.PROPOSED)
        change.state, change.review_note, change.closed_at = ChangeState.REFUSED, note.strip()[:200], timezone.now()
        change.save(update_fields=["state", "review_note", "closed_at"])
        log(change, verb="price.refused", actor=actor, before_state="proposed", reason=note, address=address)
    return change


def cancel_change(
    change_id: int, *, actor: str, reason: str = "", supplier_id: int | None = None, address: str = ""
) -> PriceChange:
    """Call a change off before it takes effect; malls that were told of it are told of this too.

    With `supplier_id` the supplier himself withdraws, and only a proposal of his own. Refuses what has taken effect.
    Raises PriceChange.DoesNotExist.
    """
    with scope.platform() if supplier_id is None else scope.supplier(supplier_id):
        change = _locked(change_id, state=None if supplier_id is None else ChangeState.PROPOSED)
        before = change.state
        change.state, change.closed_at = ChangeState.CANCELLED, timezone.now()
        change.save(update_fields=["state", "closed_at"])
        log(change, verb="price.cancelled", actor=actor, before_state=before, reason=reason, address=address)
        if before == ChangeState.ANNOUNCED:
            tell(change, actor=actor)
    return change


def _locked(change_id: int, *, state: str | None) -> PriceChange:
    change = (
        PriceChange.objects.select_for_update(no_key=True, of=("self",)).select_related("sku", "tier").get(pk=change_id)
    )
    if change.state not in ((state,) if state else OPEN_STATES):
        raise Mistake("", _("The change has been decided meanwhile."))
    return change


def _write(
    draft: ChangeDraft, *, place: int, at: datetime, grace: int, state: str, actor: str, reason: str
) -> PriceChange:
    """Write one change over the value of now; the same price has one open change at a time."""
    field = f"drafts.{place}"
    sku = tier = None
    old: int | None
    if draft.tier_id is not None:
        tier = Tier.objects.get(pk=draft.tier_id)
        old = tier.fee_rate_bps
    else:
        sku = Sku.objects.select_related("goods").get(pk=draft.sku_id or 0)
        old = getattr(sku, f"{draft.field}_fen")
    _judge(draft, field=field, old=old)
    with taken(field, _("Another change of this price is still open.")):
        return PriceChange.objects.create(
            sku=sku,
            tier=tier,
            supplier_id=sku.goods.supplier_id if sku else None,
            field=draft.field,
            old_value=old,
            new_value=draft.new_value,
            state=state,
            effective_at=at,
            grace_minutes=grace,
            reason=reason.strip()[:200],
            actor=actor[:80],
        )


def _judge(draft: ChangeDraft, *, field: str, old: int | None) -> None:
    new = draft.new_value
    if draft.field == ChangeField.FEE_RATE:
        if new is None or not 0 <= new <= RATE_AT_MOST_BPS:
            raise Mistake(field, _("The rate lies between 0 and 100 %."))
    elif new is None:
        if draft.field != ChangeField.SUGGESTED_PRICE:
            raise Mistake(field, _("Enter the new price."))
    elif not 0 < new <= PRICE_AT_MOST_FEN:
        raise Mistake(field, _("The price is above 0 and at most 10 million yuan."))
    if draft.field == ChangeField.SUPPLY_PRICE and old is None:
        raise Mistake(field, _("The SKU has no supply price yet; it gets one at the review."))
    if new == old:
        raise Mistake(field, _("That is the price already."))


def _moment(effective_at: datetime | None, *, setting: PriceSetting) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    earliest = now + timedelta(minutes=setting.notice_minutes)
    if effective_at is None:
        return earliest
    if effective_at < earliest:
        told = timezone.localtime(earliest).strftime("%Y-%m-%d %H:%M")
        raise Mistake("effective_at", _("The notice asks for %(moment)s or later.") % {"moment": told})
    if effective_at > now + AHEAD_AT_MOST:
        raise Mistake("effective_at", _("At most a year ahead."))
    return effective_at


def _grace(grace_minutes: int | None, *, setting: PriceSetting) -> int:
    grace = setting.grace_minutes if grace_minutes is None else grace_minutes
    if not 0 <= grace <= GRACE_AT_MOST_MINUTES:
        raise Mistake("grace_minutes", _("The grace lies between 0 and 1,440 minutes."))
    return grace
