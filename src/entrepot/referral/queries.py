"""Reads of grades, attachments, statements and payouts; call them inside the reader's scope."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Now, TruncMonth

from entrepot.base.days import ZONE, day_of
from entrepot.parties.models import Referrer
from entrepot.referral.models import Attachment, Entry, EntryKind, EntryLine, Grade, GradeRate, GradeStay, Payout

_EARNED = Q(kind__in=(EntryKind.ACCRUAL, EntryKind.REVERSAL))


@dataclass(frozen=True, slots=True)
class Statement:
    """One month of a referrer's account, in fen: opening + earned + reversed + paid = closing.

    What was taken back and what was paid are below 0; a payout that came back lessens what was paid.
    """

    month: date
    opening_fen: int
    earned_fen: int
    reversed_fen: int
    paid_fen: int

    @property
    def closing_fen(self) -> int:
        """Return what the platform owes at the end of the month; below 0 the referrer owes it."""
        return self.opening_fen + self.earned_fen + self.reversed_fen + self.paid_fen


def grades() -> QuerySet[Any]:
    """Return the grades in their order, each with its rates of now (`supplier_rate_bps`, `distributor_rate_bps`)."""
    current = GradeRate.objects.filter(grade=OuterRef("pk"), since__lte=Now()).order_by("-since", "-id")
    return Grade.objects.annotate(
        supplier_rate_bps=Subquery(current.values("supplier_rate_bps")[:1]),
        distributor_rate_bps=Subquery(current.values("distributor_rate_bps")[:1]),
    ).order_by("position", "id")


def counted_by_grade() -> dict[int, int]:
    """Return how many referrers are in each grade now."""
    grade = GradeStay.objects.filter(referrer=OuterRef("pk"), since__lte=Now()).order_by("-since", "-id")
    rows = Referrer.objects.annotate(grade_id=Subquery(grade.values("grade_id")[:1])).exclude(grade_id=None)
    return dict(rows.order_by().values_list("grade_id").annotate(Count("id")))


def grades_of(referrer_ids: list[int]) -> dict[int, Any]:
    """Return the grade of each referrer now, with its rates; who has none is left out."""
    stays = GradeStay.objects.filter(referrer_id__in=referrer_ids, since__lte=Now())
    latest = dict(stays.order_by("since", "id").values_list("referrer_id", "grade_id"))
    known = {grade.pk: grade for grade in grades()}
    return {referrer_id: known[grade_id] for referrer_id, grade_id in latest.items()}


def stays_of(referrer_id: int) -> QuerySet[GradeStay]:
    """Return the grades a referrer has been in, newest first."""
    return GradeStay.objects.filter(referrer_id=referrer_id).select_related("grade").order_by("-since", "-id")


def attachments_of(referrer_id: int) -> QuerySet[Attachment]:
    """Return whom a referrer brought, newest first, ended ones too, each with `earned_fen` so far."""
    earned = Entry.objects.filter(_EARNED, attachment=OuterRef("pk")).order_by().values("attachment")
    return (
        Attachment.objects.filter(referrer_id=referrer_id)
        .annotate(earned_fen=Coalesce(Subquery(earned.annotate(total=Sum("amount_fen")).values("total")), 0))
        .order_by("-id")
    )


def attachments_of_party(side: str, *, party_id: int) -> QuerySet[Attachment]:
    """Return who brought a supplier or a distributor (`side`), newest first."""
    found = Attachment.objects.select_related("referrer").order_by("-since", "-id")
    return found.filter(supplier_id=party_id) if side == "supplier" else found.filter(distributor_id=party_id)


def entries(*, referrer_id: int | None = None, month: date | None = None) -> QuerySet[Entry]:
    """Return entries with attachment and payout, newest first; of one referrer and one month (Beijing) when named."""
    rows = Entry.objects.select_related("attachment", "payout").defer("payout__proof").order_by("-id")
    if referrer_id is not None:
        rows = rows.filter(referrer_id=referrer_id)
    if month is not None:
        rows = rows.filter(at__gte=month_start(month), at__lt=month_start(after(month)))
    return rows


def live_counts(referrer_ids: list[int]) -> dict[int, int]:
    """Return how many parties each referrer earns on now."""
    now = Now()
    live = Attachment.objects.filter(referrer_id__in=referrer_ids, since__lte=now).filter(
        Q(until__isnull=True) | Q(until__gt=now)
    )
    return dict(live.order_by().values_list("referrer_id").annotate(Count("id")))


def lines_of(entry_ids: list[int]) -> dict[int, list[EntryLine]]:
    """Return what the lines of orders gave to entries: base, rate and amount of each; not for a referrer's eyes."""
    found: dict[int, list[EntryLine]] = {}
    for line in EntryLine.objects.filter(entry_id__in=entry_ids).order_by("entry_id", "line_no"):
        found.setdefault(line.entry_id, []).append(line)
    return found


def own_rates(referrer_id: int) -> dict[str, set[int]]:
    """Return the rates of the grades a referrer has been in, by side, in hundredths of a percent."""
    grades = GradeStay.objects.filter(referrer_id=referrer_id).values("grade_id")
    found = list(GradeRate.objects.filter(grade_id__in=grades).values_list("supplier_rate_bps", "distributor_rate_bps"))
    return {"supplier": {one for one, _other in found}, "distributor": {other for _one, other in found}}


def payouts(*, referrer_id: int | None = None) -> QuerySet[Payout]:
    """Return payouts without their proofs, newest first, with when and why one came back (`returned_at`, `returned_note`)."""
    back = Entry.objects.filter(payout=OuterRef("pk"), kind=EntryKind.RETURN)
    rows = (
        Payout.objects.select_related("referrer", "paid_by")
        .defer("proof")
        .annotate(returned_at=Subquery(back.values("at")[:1]), returned_note=Subquery(back.values("note")[:1]))
        .order_by("-id")
    )
    return rows if referrer_id is None else rows.filter(referrer_id=referrer_id)


def proof_of(payout_id: int) -> tuple[bytes, str]:
    """Return the proof of a payout and its media type; empty when there is none.

    Raises Payout.DoesNotExist for one the scope does not show.
    """
    payout = Payout.objects.get(pk=payout_id)
    return bytes(payout.proof or b""), payout.proof_type


def statements(referrer_id: int) -> list[Statement]:
    """Return the months in which anything moved, newest first, each with what it began and ended with."""
    rows = (
        Entry.objects.filter(referrer_id=referrer_id)
        .annotate(month=TruncMonth("at", tzinfo=ZONE))
        .order_by("month")
        .values_list("month", "kind")
        .annotate(total=Sum("amount_fen"))
    )
    by_month: dict[date, dict[str, int]] = {}
    for month, kind, total in rows:
        by_month.setdefault(month.date(), {})[kind] = total
    found: list[Statement] = []
    for month, totals in sorted(by_month.items()):
        opening_fen = found[-1].closing_fen if found else 0
        found.append(_statement(month, opening_fen, totals))
    return found[::-1]


def statements_of_month(month: date) -> list[tuple[Referrer, Statement]]:
    """Return the statement of every referrer for whom something moved in a month or stood open at its start."""
    moved: dict[int, dict[str, int]] = {}
    opening = dict(
        Entry.objects.filter(at__lt=month_start(month))
        .order_by()
        .values_list("referrer_id")
        .annotate(total=Sum("amount_fen"))
    )
    rows = entries(month=month).order_by().values_list("referrer_id", "kind").annotate(total=Sum("amount_fen"))
    for referrer_id, kind, total in rows:
        moved.setdefault(referrer_id, {})[kind] = total
    wanted = moved.keys() | {referrer_id for referrer_id, total in opening.items() if total}
    return [
        (referrer, _statement(month, opening.get(referrer.pk, 0), moved.get(referrer.pk, {})))
        for referrer in Referrer.objects.filter(pk__in=wanted).order_by("number")
    ]


def months() -> list[date]:
    """Return the months in which anything was booked, newest first."""
    found = (
        Entry.objects.annotate(month=TruncMonth("at", tzinfo=ZONE)).order_by("-month").values_list("month").distinct()
    )
    return [month.date() for (month,) in found]


def month_of(moment: datetime) -> date:
    """Return the month of a moment (Beijing), as its first day."""
    return day_of(moment).replace(day=1)


def month_start(month: date) -> datetime:
    """Return the moment a month begins (Beijing)."""
    return datetime(month.year, month.month, 1, tzinfo=ZONE)


def after(month: date) -> date:
    """Return the first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _statement(month: date, opening_fen: int, totals: dict[str, int]) -> Statement:
    return Statement(
        month,
        opening_fen,
        totals.get(EntryKind.ACCRUAL, 0),
        totals.get(EntryKind.REVERSAL, 0),
        totals.get(EntryKind.PAYOUT, 0) + totals.get(EntryKind.RETURN, 0),
    )


def brought_fen(referrer_ids: list[int]) -> dict[int, int]:
    """Return the platform's own income that referrers' parties brought so far, in fen, refunds taken off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select e.referrer_id, sum(l.base_fen)::bigint from referral_entry e"
            " join referral_entryline l on l.entry_id = e.id where e.referrer_id = any(%s) group by e.referrer_id",
            [referrer_ids],
        )
        return dict(cursor.fetchall())
