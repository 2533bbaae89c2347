"""Monthly statements: made once when a month is over, and read by their distributor ever after."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from threading import Event
from typing import Any

from django.db.models import Count, F, Max, Min, QuerySet, Sum

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.clock import database_now
from entrepot.base.days import ZONE, day_of
from entrepot.events.outbox import note
from entrepot.ledger.queries import statement as movements
from entrepot.parties.models import Distributor
from entrepot.recharge.models import Statement

KINDS = ("top_up", "draw", "refund", "adjustment")
"""Kinds of movement with a column of their own; all the rest is `other`."""
_MONTHS_BACK = 12
_SETTLED_AFTER = timedelta(minutes=10)


def statements(*, distributor_id: int | None = None) -> QuerySet[Statement]:
    """Return statements with their distributors, newest month first; in the reader's scope."""
    rows = Statement.objects.select_related("distributor").order_by("-month", "-id")
    return rows if distributor_id is None else rows.filter(distributor_id=distributor_id)


def lines_of(row: Statement) -> QuerySet[Any]:
    """Return the movements of a statement, oldest first, each with `signed_fen` and `after_fen`."""
    if row.first_id is None:
        return movements(distributor_id=row.distributor_id).none()
    return _balance_moved(row.distributor_id).filter(id__gte=row.first_id, id__lte=row.last_id).order_by("id")


def _balance_moved(distributor_id: int) -> QuerySet[Any]:
    """Return what moved a prepaid balance: settling an order moves what was drawn before, and not his money."""
    return movements(distributor_id=distributor_id).alias(after=F("after_fen")).filter(after__isnull=False)


def make_statements(stop: Event) -> int:
    """Make the statements of months that are over and have none yet, and tell their distributors; return how many.

    A job of the worker.
    """
    with scope.platform(read_only=True):
        now = database_now()
        last = _month_before(day_of(now - _SETTLED_AFTER))
        parties = list(
            Distributor.objects.filter(created_at__lt=_moment(_next_month(last))).values_list("pk", flat=True)
        )
        made = dict(Statement.objects.order_by().values_list("distributor_id").annotate(Max("month")))
    done = 0
    for party_id in parties:
        if stop.is_set():
            break
        if made.get(party_id) == last:
            continue
        for month in _missing_months(party_id, newest=made.get(party_id), last=last):
            done += _make(party_id, month=month)
    return done


def _missing_months(distributor_id: int, *, newest: date | None, last: date) -> Iterator[date]:
    if newest is not None:
        month = _next_month(newest)
    else:
        with scope.platform(read_only=True):
            first = movements(distributor_id=distributor_id).order_by("id").first()
        if first is None:
            return
        earliest = last
        for _step in range(_MONTHS_BACK - 1):
            earliest = _month_before(earliest)
        month = max(day_of(first.at).replace(day=1), earliest)
    while month <= last:
        yield month
        month = _next_month(month)


def _make(distributor_id: int, *, month: date) -> int:
    start, end = _moment(month), _moment(_next_month(month))
    with scope.platform():
        rows = _balance_moved(distributor_id)
        before = rows.filter(at__lt=start).first()
        opening = 0 if before is None else before.after_fen
        inside = rows.filter(at__gte=start, at__lt=end).order_by()
        bounds = inside.aggregate(n=Count("id"), first=Min("id"), last=Max("id"))
        sums = dict(inside.values("kind").annotate(fen=Sum("signed_fen")).values_list("kind", "fen"))
        columns = {f"{kind}_fen": sums.pop(kind, 0) for kind in KINDS}
        other = sum(sums.values())
        row, is_new = Statement.objects.get_or_create(
            distributor_id=distributor_id,
            month=month,
            defaults=columns
            | {
                "opening_fen": opening,
                "other_fen": other,
                "closing_fen": opening + sum(columns.values()) + other,
                "lines": bounds["n"],
                "first_id": bounds["first"],
                "last_id": bounds["last"],
            },
        )
        if is_new:
            _tell(row)
    return int(is_new)


def _tell(row: Statement) -> None:
    data = {
        "object": "statement",
        "id": str(row.pk),
        "month": f"{row.month:%Y-%m}",
        "opening": row.opening_fen,
        "closing": row.closing_fen,
    }
    note(
        "statement.ready",
        object_kind="statement",
        object_id=row.pk,
        data=data,
        actor=SYSTEM,
        distributor_ids=[row.distributor_id],
    )


def _moment(day: date) -> datetime:
    return datetime.combine(day, time.min, ZONE)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
