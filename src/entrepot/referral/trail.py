"""The ledger's trail: which orders earned or gave back since it was last followed, and what they stand at."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from entrepot.referral.rules import Booked, EarnedLine, Right

# The row is there once somebody has followed; the second statement waits for whoever follows now.
_OPEN = "insert into referral_followed (id, until_xid) values (1, 0) on conflict do nothing"
_LOCK = "select until_xid::text from referral_followed where id = 1 for update"
_NEWS = """
select exists (
    select from ledger_transfer t
    where t.xid >= coalesce((select until_xid from referral_followed where id = 1), 0)::text::xid8
      and t.xid < pg_snapshot_xmin(pg_current_snapshot())
)
"""
# As with seals: only transactions below the oldest one still running, so that nothing can slip in behind the mark; and
# a run ends where a transaction ends, though it be longer than was asked for.
_WINDOW = """
with bounds as (
    select w.xmin, coalesce(least((select t.xid from ledger_transfer t where t.xid >= %(start)s::text::xid8
                                   order by t.xid offset %(limit)s limit 1), w.xmin), w.xmin) as soft
    from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) w
), ends as (
    select case when soft > %(start)s::text::xid8 then soft
                else coalesce((select min(t.xid) from ledger_transfer t where t.xid > %(start)s::text::xid8), xmin)
           end as until, xmin from bounds
)
select least(e.until, e.xmin)::text,
       (select count(*) from ledger_transfer t
        where t.xid >= %(start)s::text::xid8 and t.xid < least(e.until, e.xmin))
from ends e
"""
_TOUCHED = """
select t.order_id, max(t.id) from ledger_transfer t
where t.xid >= %s::text::xid8 and t.xid < %s::text::xid8 and t.order_id is not null
  and t.kind not in ('draw', 'referral_accrue', 'referral_reverse')
  and exists (select from referral_attachment)
group by t.order_id order by t.order_id
"""
_RIGHT = """
left join lateral (
    select a.id, a.referrer_id, r.{side}_rate_bps as rate_bps
    from referral_attachment a
    cross join lateral (
        select s.grade_id from referral_gradestay s where s.referrer_id = a.referrer_id and s.since <= o.created_at
        order by s.since desc, s.id desc limit 1
    ) stay
    cross join lateral (
        select g.{side}_rate_bps from referral_graderate g where g.grade_id = stay.grade_id and g.since <= o.created_at
        order by g.since desc, g.id desc limit 1
    ) r
    where a.{side}_id = {party} and a.since <= o.created_at and (a.until is null or a.until > o.created_at)
) {side}_right on true
"""
_LINES = f"""
select l.order_id, l.line_no, l.supplier_id, s.is_platform, l.qty - l.refunded_qty,
       l.supply_price_fen - l.supplier_price_fen, l.fee_fen, l.agreed_price_fen,
       coalesce(b.amount_fen, 0), coalesce(b.supplier_fen, 0),
       supplier_right.id, supplier_right.referrer_id, supplier_right.rate_bps,
       distributor_right.id, distributor_right.referrer_id, distributor_right.rate_bps
from orders_order o
join orders_supplyorder p on p.order_id = o.id and p.state = 'completed'
join orders_line l on l.order_id = p.order_id and l.supplier_id = p.supplier_id
join parties_supplier s on s.id = l.supplier_id
left join orders_returned b on b.order_id = l.order_id and b.line_no = l.line_no
{_RIGHT.format(side="supplier", party="l.supplier_id")}
{_RIGHT.format(side="distributor", party="o.distributor_id")}
where o.id = any(%s) and (supplier_right.id is not null or distributor_right.id is not null)
order by l.order_id, l.line_no
"""  # noqa: S608 - nothing of it comes from outside
_BOOKED = """
select e.order_id, l.line_no, e.side, sum(l.base_fen)::bigint, sum(l.amount_fen)::bigint
from referral_entry e join referral_entryline l on l.entry_id = e.id
where e.order_id = any(%s) group by e.order_id, l.line_no, e.side
"""


@dataclass(frozen=True, slots=True)
class Window:
    """A run of the ledger: transactions from `start` up to, not including, `until`, and how many transfers it holds."""

    start: int
    until: int
    rows: int


def has_news() -> bool:
    """Return whether there is anything to follow; it locks nothing and writes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWS)
        return bool(cursor.fetchone()[0])


def next_window(limit: int) -> Window:
    """Return what comes next after what was followed, about `limit` transfers, and keep others from following."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        cursor.execute(_LOCK)
        start = cursor.fetchone()[0]
        cursor.execute(_WINDOW, {"start": start, "limit": limit})
        until, rows = cursor.fetchone()
    return Window(int(start), int(until), rows)


def mark(window: Window) -> None:
    """Remember that a window was followed to its end."""
    with connection.cursor() as cursor:
        cursor.execute("update referral_followed set until_xid = %s where id = 1", [window.until])


def touched(window: Window) -> dict[int, int]:
    """Return the orders whose earnings may have changed, each with the last transfer that says so."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, [str(window.start), str(window.until)])
        return dict(cursor.fetchall())


def earned_lines(order_ids: Iterable[int]) -> list[EarnedLine]:
    """Return the lines of these orders that are shared out and on which somebody earns, with the rights of both sides.

    A right is that of the moment the order was placed: attachment, grade and rate as they stood then.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [list(order_ids)])
        rows = cursor.fetchall()
    lines = []
    for *line, by_supplier, its_referrer, its_bps, by_distributor, his_referrer, his_bps in rows:
        rights = []
        if by_supplier is not None:
            rights.append(Right("supplier", by_supplier, its_referrer, its_bps))
        if by_distributor is not None:
            rights.append(Right("distributor", by_distributor, his_referrer, his_bps))
        lines.append(EarnedLine(*line, *[tuple(rights)]))
    return lines


def booked(order_ids: Iterable[int]) -> dict[tuple[int, int, str], Booked]:
    """Return what stands in the entries by order, line and side."""
    with connection.cursor() as cursor:
        cursor.execute(_BOOKED, [list(order_ids)])
        return {(order, line, side): Booked(base, amount) for order, line, side, base, amount in cursor.fetchall()}
