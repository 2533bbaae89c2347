"""The figures of the supplier's dashboard, read in his scope."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from entrepot.base.scope import PARTY, look_as_desk
from entrepot.doors.supplier.order_search import EVERY_STATE

_ZONE = ZoneInfo("Asia/Shanghai")
DAYS = 14


@dataclass(slots=True)
class Figures:
    """What the dashboard shows; amounts in fen."""

    to_ship_orders: int
    to_ship_pieces: int
    late_orders: int
    shipped_today: int
    shipped_yesterday: int
    on_sale: int
    in_review: int
    rejected: int
    drafts: int
    sold_out: int
    low_stock: int
    earned_fen: int
    payable_fen: int
    to_accept_lines: int


_FIGURES = f"""
select (select count(*) from orders_supplyorder
         where supplier_id = {PARTY} and state in ('confirmed', 'partly_shipped')),
       (select coalesce(sum(l.qty - l.shipped_qty - l.refunded_qty), 0)::bigint
          from orders_supplyorder s join orders_line l on l.order_id = s.order_id and l.supplier_id = s.supplier_id
         where s.supplier_id = {PARTY} and s.state in ('confirmed', 'partly_shipped')),
       (select count(*) from orders_supplyorder
         where supplier_id = {PARTY} and state in ('confirmed', 'partly_shipped') and created_at < %(late)s),
       (select count(*) from orders_shipment where supplier_id = {PARTY} and shipped_at >= %(today)s),
       (select count(*) from orders_shipment
         where supplier_id = {PARTY} and shipped_at >= %(yesterday)s and shipped_at < %(today)s),
       (select count(*) from catalog_goods where supplier_id = {PARTY} and state = 'on_sale'),
       (select count(*) from catalog_goods where supplier_id = {PARTY} and state = 'submitted'),
       (select count(*) from catalog_goods where supplier_id = {PARTY} and state = 'rejected'),
       (select count(*) from catalog_goods where supplier_id = {PARTY} and state = 'draft'),
       s.sold_out, s.low, o.balance_fen + (select coalesce(sum(total_fen), 0)::bigint from settlement_bill
         where supplier_id = {PARTY} and state in ('paid', 'settled')),
       o.balance_fen,
       (select count(*) from orders_acceptance where supplier_id = {PARTY} and state = 'waiting')
from (
    select coalesce(sum(balance_fen), 0)::bigint as balance_fen from ledger_account
    where supplier_id = {PARTY} and kind = 'supplier_payable'
) o cross join (
    select count(*) filter (where free <= 0) as sold_out, count(*) filter (where free between 1 and %(low)s) as low
    from (
        select coalesce((select sum(l.on_hand - l.reserved) from stock_level l
            where l.sku_id = k.id and l.allotment_id is null), 0) as free
        from catalog_sku k join catalog_goods h on h.id = k.goods_id
        where h.supplier_id = {PARTY} and k.is_active and h.state = 'on_sale'
    ) f
) s
"""  # noqa: S608 - our own words
# Ids and times of orders rise together, save for a moment's disorder: the ids next to the first day tell where to begin.
_BY_DAY = f"""
select (created_at at time zone 'Asia/Shanghai')::date, sum(pieces)::bigint, count(*)
from orders_supplyorder
where supplier_id = {PARTY} and state = any(%(states)s) and created_at >= %(since)s and order_id >= coalesce((
    select min(id) from (select id from orders_order where created_at >= %(since)s order by created_at limit 1000) x
), 0)
group by 1
"""  # noqa: S608 - our own words


def figures(*, now: datetime, low: int) -> Figures:
    """Return the figures as they stand now; an order older than 48 hours that waits for shipping is late."""
    today = datetime.combine(now.astimezone(_ZONE).date(), time.min, _ZONE)
    values: dict[str, datetime | int] = {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "late": now - timedelta(hours=48),
        "low": low,
    }
    (found,) = look_as_desk(_FIGURES, values)
    return Figures(*found)


def pieces_by_day(*, now: datetime) -> list[tuple[date, int, int]]:
    """Return for each of the last 14 days how many pieces were ordered, and how many orders there were."""
    last = now.astimezone(_ZONE).date()
    first = last - timedelta(days=DAYS - 1)
    since = datetime.combine(first, time.min, _ZONE)
    found = {
        day: (pieces, orders)
        for day, pieces, orders in look_as_desk(_BY_DAY, {"since": since, "states": list(EVERY_STATE)})
    }
    days = [first + timedelta(days=place) for place in range(DAYS)]
    return [(day, *found.get(day, (0, 0))) for day in days]
