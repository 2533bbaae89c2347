"""Limits of what may be on hold, set by the platform, and how long holds last because of how they ended."""

from dataclasses import dataclass
from threading import Event
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.events.operations import record
from entrepot.parties.models import Distributor
from entrepot.stock.models import HoldQuota, HoldRecord
from entrepot.stock.rules import adapted_lapse_s

DAYS = 7
"""The days whose ended holds count."""
_FIELDS = (
    *("pieces_of_sku", "holds", "funds_bps", "buyer_pieces_of_sku", "buyer_holds"),
    *("is_adaptive", "floor_s", "ceiling_s"),
)
_ENDED = """
select o.distributor_id, count(*), count(*) filter (where o.state = 'expired')
from orders_order o
where o.distributor_id = any(%(ids)s) and o.mode = 'hold' and (o.state = 'expired' or o.confirmed_at is not null)
    and o.created_at >= clock_timestamp() - make_interval(days => %(days)s)
group by o.distributor_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a quota as they are set; None sets no limit, times are seconds."""

    pieces_of_sku: int | None = None
    holds: int | None = None
    funds_bps: int | None = None
    buyer_pieces_of_sku: int | None = None
    buyer_holds: int | None = None
    is_adaptive: bool = False
    floor_s: int = 120
    ceiling_s: int = 3600


def quota_of(distributor_id: int | None) -> HoldQuota | None:
    """Return the quota set for a distributor himself, or with None the one for all; None where there is none."""
    return HoldQuota.objects.filter(**_of(distributor_id)).first()


def ruling_quota(distributor_id: int) -> HoldQuota | None:
    """Return the quota that holds for a distributor: his own, else the one for all."""
    return quota_of(distributor_id) or quota_of(None)


def set_quota(
    distributor_id: int | None, *, limits: Limits | None, actor: str, reason: str = "", address: str = ""
) -> None:
    """Set the limits for one distributor, or with None for all who have none of their own; `limits` None lifts them.

    They hold for orders placed from now on. Refuses limits below 1, a share above 100 %, and a floor above the ceiling.
    Raises Distributor.DoesNotExist.
    """
    if limits is not None:
        _check(limits)
    with scope.platform():
        label = ""
        if distributor_id is not None:
            party = Distributor.objects.get(pk=distributor_id)
            label = f"{party.number} {party.name}"
        row = HoldQuota.objects.select_for_update().filter(**_of(distributor_id)).first()
        before = _state(row)
        if limits is None:
            if row is None:
                return
            row.delete()
            after = _state(None)
        else:
            values = {name: getattr(limits, name) for name in _FIELDS}
            row = row or HoldQuota(distributor_id=distributor_id)
            for name, value in values.items():
                setattr(row, name, value)
            row.save()
            after = _state(row)
        if before == after:
            return
        record(
            actor=actor,
            verb="quota.changed",
            object_kind="distributor" if distributor_id is not None else "quota",
            object_id=distributor_id or 0,
            label=label,
            before=before,
            after=after,
            reason=reason,
            address=address,
        )
    reckon_lapses(Event())


def reckon_lapses(stop: Event) -> int:
    """Reckon anew how long the holds of each distributor under an adaptive quota last; return how many changed.

    A job of the worker: by how many of the holds that ended in the last days lapsed without being paid.
    """
    with scope.platform(read_only=True):
        if not HoldQuota.objects.filter(is_adaptive=True).exists():
            return 0
        parties = list(Distributor.objects.values_list("pk", "hold_ttl_s"))
        quotas = {row.distributor_id: row for row in HoldQuota.objects.all()}
        adaptive = {
            party_id: (quota, own_s)
            for party_id, own_s in parties
            if (quota := quotas.get(party_id) or quotas.get(None)) is not None and quota.is_adaptive
        }
        with connection.cursor() as cursor:
            cursor.execute(_ENDED, {"ids": list(adaptive), "days": DAYS})
            ended = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
        known = {row.distributor_id: row for row in HoldRecord.objects.all()}
    changed = 0
    for party_id, (quota, own_s) in adaptive.items():
        if stop.is_set():
            break
        count, lapsed = ended.get(party_id, (0, 0))
        lapse_s = adapted_lapse_s(
            ended=count, lapsed=lapsed, own_s=own_s, floor_s=quota.floor_s, ceiling_s=quota.ceiling_s
        )
        row = known.get(party_id)
        if row is not None and (row.ended, row.lapsed, row.lapse_s) == (count, lapsed, lapse_s):
            continue
        with scope.platform():
            values = {"ended": count, "lapsed": lapsed, "lapse_s": lapse_s}
            HoldRecord.objects.update_or_create(distributor_id=party_id, defaults=values)
        changed += 1
    return changed


def _of(distributor_id: int | None) -> dict[str, Any]:
    return {"distributor__isnull": True} if distributor_id is None else {"distributor_id": distributor_id}


def _check(limits: Limits) -> None:
    for name in ("pieces_of_sku", "holds", "buyer_pieces_of_sku", "buyer_holds", "funds_bps"):
        value = getattr(limits, name)
        if value is not None and value < 1:
            raise Mistake(name, _("At least 1; leave it empty for no limit."))
    if limits.funds_bps is not None and limits.funds_bps > 10_000:
        raise Mistake("funds_bps", _("At most 100 %."))
    if not 60 <= limits.floor_s <= 3600:
        raise Mistake("floor_minutes", _("A hold lasts between 1 and 60 minutes."))
    if not limits.floor_s <= limits.ceiling_s <= 3600:
        raise Mistake("ceiling_minutes", _("The longest time is not below the shortest, and at most 60 minutes."))


def _state(row: HoldQuota | None) -> dict[str, Any]:
    """Return the limits for the log: without a row, that there are none."""
    return {"is_limited": row is not None} | ({name: getattr(row, name) for name in _FIELDS} if row else {})
