"""For how long funds last: totals of days that are over, the pace of each distributor, the threshold of his warning."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from threading import Event
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.days import ZONE, day_of
from entrepot.base.mistakes import Mistake
from entrepot.events.operations import record
from entrepot.ledger import rules
from entrepot.ledger.queries import Wallet, purses, wallets, watches
from entrepot.parties.models import Distributor
from entrepot.recharge.models import CountedDay, DayTotal, Foresight, FundsSetting
from entrepot.trade import desk
from entrepot.trade.terms import SetWarning

DAYS_BACK = max(rules.PACE_DAYS)
_SETTLED_AFTER = timedelta(minutes=10)
_SPENDING = ("draw", "refund")

_SUMS = """
select t.distributor_id, t.kind, count(*), sum(case when t.credit_id = a.id then t.amount_fen else -t.amount_fen end)::bigint
from ledger_transfer t
join ledger_account a on a.kind = 'prepaid' and a.distributor_id = t.distributor_id and a.id in (t.debit_id, t.credit_id)
where t.id >= %(from_id)s and t.at >= %(start)s and t.at < %(end)s
group by t.distributor_id, t.kind
"""
_NEXT = """
select coalesce(min(id) filter (where at >= %(end)s), coalesce(max(id), 0) + 1) from ledger_transfer where id >= %(from_id)s
"""


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a distributor's funds look: what he has, what he spends on a day (fen), for how many days they last, until when."""

    wallet: Wallet
    pace_fen: int
    days_left: int | None
    runs_out_on: date | None
    warn_below_fen: int
    is_low: bool
    waiting_fen: int


def setting() -> FundsSetting:
    """Return how many days of funds are too few, as set by the platform."""
    return FundsSetting.objects.first() or FundsSetting()


def change_setting(*, is_automatic: bool, warn_days: int, actor: str, reason: str = "", address: str = "") -> None:
    """Say whether distributors are warned by days of funds, and by how many. Refuses fewer than 1 or more than 60."""
    if not 1 <= warn_days <= 60:
        raise Mistake("warn_days", _("Between 1 and 60 days."))
    with scope.platform():
        row = FundsSetting.objects.select_for_update().first() or FundsSetting()
        before = {"is_automatic": row.is_automatic, "warn_days": row.warn_days}
        after = {"is_automatic": is_automatic, "warn_days": warn_days}
        if row.pk is not None and before == after:
            return
        row.is_automatic, row.warn_days = is_automatic, warn_days
        row.save()
        record(
            actor=actor,
            verb="funds.setting",
            object_kind="funds",
            object_id=0,
            before=before,
            after=after,
            reason=reason,
            address=address,
        )
    foresee(Event())


def short_within(days: int) -> set[int]:
    """Return the distributors whose funds last for fewer days than that, as last reckoned; in the reader's scope."""
    return set(Foresight.objects.filter(days_left__lt=days).values_list("distributor_id", flat=True))


def outlooks(distributor_ids: list[int], *, today: date) -> dict[int, Outlook]:
    """Return the outlook of distributors over the money they have now, by the pace last reckoned; in the reader's scope."""
    paces = dict(Foresight.objects.filter(distributor_id__in=distributor_ids).values_list("distributor_id", "pace_fen"))
    found = {}
    for distributor_id, (wallet, watch) in purses(distributor_ids).items():
        pace_fen = paces.get(distributor_id, 0)
        days = rules.days_left(wallet.available_fen, pace_fen=pace_fen)
        ends = None if days is None else today + timedelta(days=days)
        found[distributor_id] = Outlook(
            wallet, pace_fen, days, ends, watch.warn_below_fen, watch.is_low, watch.waiting_fen
        )
    return found


def foresee(stop: Event) -> int:
    """Reckon every distributor's pace and days anew and set the threshold of his warning; return how many changed.

    A job of the worker. The totals of days that are over are counted once and kept.
    """
    now = _now()
    today = day_of(now)
    from_id = _count_days(now, stop=stop)
    with scope.platform(read_only=True):
        drawn = _drawn_by_day(today, from_id=from_id)
        watched = watches()
        funds = wallets(list(watched))
        fixed = dict(Distributor.objects.values_list("pk", "low_balance_fen"))
        known = {row.distributor_id: row for row in Foresight.objects.all()}
        chosen = setting()
    changed = 0
    for party_id, watch in watched.items():
        if stop.is_set():
            break
        pace = rules.pace_fen(drawn.get(party_id, {}), today=today)
        available = funds[party_id].available_fen
        days = rules.days_left(available, pace_fen=pace)
        ends = None if days is None else today + timedelta(days=days)
        figures = {"pace_fen": pace, "available_fen": available, "days_left": days, "runs_out_on": ends}
        row = known.get(party_id)
        if row is None or any(getattr(row, name) != value for name, value in figures.items()):
            with scope.platform():
                Foresight.objects.update_or_create(distributor_id=party_id, defaults=figures | {"reckoned_at": now})
            changed += 1
        threshold = rules.warn_below_fen(
            fixed_fen=fixed[party_id], warn_days=chosen.warn_days if chosen.is_automatic else 0, pace_fen=pace
        )
        if threshold != watch.warn_below_fen:
            desk.run([SetWarning(party_id, threshold)])
            changed += 1
    return changed


def _now() -> datetime:
    with scope.platform(read_only=True):
        return database_now()


def _moment(day: date) -> datetime:
    return datetime.combine(day, time.min, ZONE)


def _count_days(now: datetime, *, stop: Event) -> int:
    """Count what is not counted yet of the days that are over; return the id from which today's transfers begin."""
    last_over = day_of(now - _SETTLED_AFTER) - timedelta(days=1)
    with scope.platform(read_only=True):
        newest = CountedDay.objects.order_by("-day").first()
    first = last_over - timedelta(days=DAYS_BACK)
    day = first if newest is None else max(first, newest.day + timedelta(days=1))
    from_id = 0 if newest is None else newest.next_id
    while day <= last_over and not stop.is_set():
        values: dict[str, Any] = {
            "from_id": from_id,
            "start": _moment(day),
            "end": _moment(day + timedelta(days=1)),
        }
        with scope.platform():
            with connection.cursor() as cursor:
                cursor.execute(_SUMS, values)
                totals = cursor.fetchall()
                cursor.execute(_NEXT, values)
                (next_id,) = cursor.fetchone()
            _day, is_new = CountedDay.objects.get_or_create(day=day, defaults={"next_id": next_id})
            if is_new:
                DayTotal.objects.bulk_create(
                    DayTotal(distributor_id=party, day=day, kind=kind, count=count, amount_fen=amount)
                    for party, kind, count, amount in totals
                )
        from_id = next_id
        day += timedelta(days=1)
    return from_id


def _drawn_by_day(today: date, *, from_id: int) -> dict[int, dict[date, int]]:
    """Return what each distributor spent on each of the last days, net of refunds, today as far as it went."""
    found: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    since = today - timedelta(days=DAYS_BACK)
    past: Iterable[tuple[int, date, int]] = DayTotal.objects.filter(day__gte=since, kind__in=_SPENDING).values_list(
        "distributor_id", "day", "amount_fen"
    )
    for party, day, amount in past:
        found[party][day] -= amount
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"from_id": from_id, "start": _moment(today), "end": _moment(today + timedelta(days=1))})
        for party, kind, _count, amount in cursor.fetchall():
            if kind in _SPENDING:
                found[party][today] -= amount
    return found
