"""Reads of bills, their lines and what waits to be billed; call them inside the reader's scope."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from entrepot.base.days import ZONE
from entrepot.ledger.models import Transfer
from entrepot.settlement.models import Bill, BillLine, BillState, Run, Terms
from entrepot.settlement.rules import Period, last_period

# What is owed and on no bill. An order's credit is payable once the rights window is over; what takes back a part of it
# is due with it and never before, whatever else moves the account at once.
UNBILLED = """
select t.id, t.kind, t.order_id, t.at, case when t.credit_id = a.id then t.amount_fen else -t.amount_fen end,
       case when t.kind = 'settle_supplier' then t.at + make_interval(days => %(rights_days)s)
            else greatest(t.at, (select min(c.at) + make_interval(days => %(rights_days)s) from ledger_transfer c
                                 where c.order_id = t.order_id and c.kind = 'settle_supplier' and c.credit_id = a.id))
       end
from ledger_account a join ledger_transfer t on a.id in (t.debit_id, t.credit_id)
where a.kind = 'supplier_payable' and a.supplier_id = %(supplier_id)s and t.kind <> 'pay_supplier'
  and not exists (select 1 from settlement_billline l where l.transfer_id = t.id and l.left_by = '')
"""
# Ids and times of a supplier's transfers rise together, save for a moment's disorder: so the first one of a time is found
# by halving, and only what is younger is looked at.
_SINCE_ID = """
with recursive step(low, high) as (
    select coalesce(min(id), 0), coalesce(max(id), 0) + 1 from ledger_transfer where supplier_id = p.id
    union all
    select case when m.at < p.since then m.id + 1 else s.low end, case when m.at < p.since then s.high else (s.low + s.high) / 2 end
    from step s cross join lateral (
        select id, at from ledger_transfer where supplier_id = p.id and id >= (s.low + s.high) / 2 order by id limit 1
    ) m
    where s.low < s.high
)
select max(low) from step
"""
# Whatever is owed is on a bill that is not paid, or on none; the balance is kept by every transfer, bills keep their
# sums. So nobody adds up all that a supplier ever earned: only what is within the rights window is gone through.
_STANDINGS = f"""
with p as (
    select id, rights_days, clock_timestamp() - make_interval(days => rights_days, hours => 1) as since
    from unnest(%(ids)s::bigint[], %(days)s::int[]) as given(id, rights_days)
)
select p.id, w.fen, coalesce(a.balance_fen, 0) - b.waiting - b.confirmed - w.fen, w.next_at, b.waiting, b.confirmed, b.paid
from p
left join ledger_account a on a.kind = 'supplier_payable' and a.supplier_id = p.id
cross join lateral (
    select coalesce(sum(total_fen) filter (where state in ('paid', 'settled')), 0)::bigint as paid,
           coalesce(sum(total_fen) filter (where state in ('draft', 'sent', 'disputed')), 0)::bigint as waiting,
           coalesce(sum(total_fen) filter (where state = 'confirmed'), 0)::bigint as confirmed
    from settlement_bill where supplier_id = p.id
) b
cross join lateral (
    select coalesce(sum(amount_fen), 0)::bigint as fen, min(due_at) filter (where amount_fen > 0) as next_at
    from (
        select case a.id when t.credit_id then t.amount_fen when t.debit_id then -t.amount_fen end as amount_fen,
               case when t.kind = 'settle_supplier' then t.at
                    else (select min(c.at) from ledger_transfer c
                          where c.order_id = t.order_id and c.kind = 'settle_supplier' and c.credit_id = a.id)
               end + make_interval(days => p.rights_days) as due_at
        from ledger_transfer t
        where t.supplier_id = p.id and t.id >= ({_SINCE_ID})
          and t.kind <> 'pay_supplier'
          and not exists (select 1 from settlement_billline l where l.transfer_id = t.id and l.left_by = '')
    ) recent where due_at > clock_timestamp() and amount_fen is not null
) w
"""  # noqa: S608 - both parts are our own words


@dataclass(frozen=True, slots=True)
class Unbilled:
    """A transfer that is on no bill; the amount (fen) is below 0 for what was taken back."""

    transfer_id: int
    kind: str
    order_id: int | None
    at: datetime
    amount_fen: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a supplier stands, all in fen; `next_due_at` is when the next amount becomes payable.

    `waiting_fen` is within the rights window, `due_fen` payable and not billed (with what a bill carried over),
    `billed_fen` on bills that are not agreed yet, `confirmed_fen` on bills to be paid, `paid_fen` on bills that are.
    """

    waiting_fen: int
    due_fen: int
    next_due_at: datetime | None
    billed_fen: int
    confirmed_fen: int
    paid_fen: int

    @property
    def open_fen(self) -> int:
        """Return what stands on bills that are not paid."""
        return self.billed_fen + self.confirmed_fen

    @property
    def earned_fen(self) -> int:
        """Return all he has earned, less what was taken back."""
        return self.waiting_fen + self.due_fen + self.billed_fen + self.confirmed_fen + self.paid_fen


def bills(*, supplier_id: int | None = None, state: str = "") -> QuerySet[Bill]:
    """Return bills without their vouchers, newest first."""
    rows = Bill.objects.select_related("supplier").defer("voucher").order_by("-id")
    if supplier_id is not None:
        rows = rows.filter(supplier_id=supplier_id)
    return rows.filter(state=state) if state else rows


def counts_by_state(rows: QuerySet[Bill]) -> dict[str, int]:
    """Return how many of some bills are in which state."""
    return dict(rows.order_by().values_list("state").annotate(Count("id")))


def lines_of(bill_id: int) -> QuerySet[BillLine]:
    """Return the lines of a bill with their transfers, those that left it too, in the order of the transfers."""
    return BillLine.objects.filter(bill_id=bill_id).select_related("transfer").order_by("transfer_id")


def open_disputes(bill_id: int) -> QuerySet[BillLine]:
    """Return the lines of a bill that wait for a ruling."""
    return lines_of(bill_id).filter(disputed_at__isnull=False, ruled_at__isnull=True)


def voucher_of(bill_id: int) -> tuple[bytes, str]:
    """Return the picture of a payment and its media type; empty when there is none. Raises Bill.DoesNotExist."""
    bill = Bill.objects.get(pk=bill_id)
    return bytes(bill.voucher or b""), bill.voucher_type


def terms_of(supplier_ids: list[int]) -> dict[int, Terms]:
    """Return the terms that hold for each supplier: his own, or the ones for everybody."""
    rows = Terms.objects.filter(Q(supplier_id__in=supplier_ids) | Q(supplier__isnull=True))
    found = {row.supplier_id: row for row in rows}
    return {supplier_id: found.get(supplier_id, found[None]) for supplier_id in supplier_ids}


def usual_terms() -> Terms:
    """Return the terms of suppliers that have none of their own."""
    return Terms.objects.get(supplier__isnull=True)


def unbilled(supplier_id: int, *, rights_days: int, due_before: datetime | None = None) -> list[Unbilled]:
    """Return a supplier's transfers that are on no bill, oldest first; with `due_before` those payable before then."""
    statement = f"select * from ({UNBILLED}) u(id, kind, order_id, at, amount_fen, due_at)"  # noqa: S608 - our own words
    values: dict[str, Any] = {"supplier_id": supplier_id, "rights_days": rights_days, "before": due_before}
    if due_before is not None:
        statement += " where due_at < %(before)s"
    with connection.cursor() as cursor:
        cursor.execute(statement + " order by id", values)
        return [Unbilled(*row) for row in cursor.fetchall()]


def standing(supplier_id: int, *, rights_days: int) -> Standing:
    """Return how a supplier stands. In his own scope a bill that was not sent yet counts as not billed."""
    return standings({supplier_id: rights_days})[supplier_id]


def standings(rights_days: dict[int, int]) -> dict[int, Standing]:
    """Return how some suppliers stand, by one question; each id comes with its days of the rights window."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"ids": list(rights_days), "days": list(rights_days.values())})
        return {supplier_id: Standing(*row) for supplier_id, *row in cursor.fetchall()}


def due_runs(*, today: date) -> list[tuple[int, Period, str]]:
    """Return supplier, period and cycle of every run whose period is over and which has not happened."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select a.supplier_id from ledger_account a join parties_supplier s on s.id = a.supplier_id"
            " where a.kind = 'supplier_payable' and not s.is_platform order by 1"
        )
        ids = [supplier_id for (supplier_id,) in cursor.fetchall()]
    terms = terms_of(ids)
    wanted = [(supplier_id, last_period(terms[supplier_id].cycle, today=today)) for supplier_id in ids]
    ends = {period.until for _supplier_id, period in wanted}
    done = set(Run.objects.filter(period_until__in=ends).values_list("supplier_id", "period_until"))
    return [(owner, period, terms[owner].cycle) for owner, period in wanted if (owner, period.until) not in done]


def unanswered(now: datetime) -> list[int]:
    """Return the ids of sent bills whose time for an answer is over."""
    rows = Bill.objects.filter(state=BillState.SENT, answer_by__lte=now).order_by("id")
    return list(rows.values_list("pk", flat=True))


def adjustment_of(cause: str) -> int:
    """Return the transfer by which what is owed was corrected for a cause. Raises Transfer.DoesNotExist."""
    return Transfer.objects.get(kind="adjust_supplier", cause=cause).pk


def beginning_of(day: date) -> datetime:
    """Return the moment a day begins, Beijing time."""
    return datetime.combine(day, time.min, ZONE)
