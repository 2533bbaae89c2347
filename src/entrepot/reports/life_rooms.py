"""What after-sale, settlement and referral add to the life of an order, as far as the open scope shows it."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection

from entrepot.reports.life_entry import Entry, Reader

# Which rows there are is left to the scope: a supplier meets no claim and no sum of a distributor's, a distributor no
# bill and nobody's share but his own, and what referrers earn is read by the platform and by each referrer himself.
_AFTER_SALE = """
select s.at, 'after_sale', 'aftersale.' || s.what, s.actor,
    case when s.what in ('return_sent', 'resent') then '' else s.note end,
    jsonb_strip_nulls(jsonb_build_object('request', r.id,
        'asked', case when s.what = 'requested' then r.kind end,
        'carrier', case when s.what in ('return_sent', 'resent') then split_part(s.note, ' ', 1) end,
        'tracking_no', case when s.what in ('return_sent', 'resent') then split_part(s.note, ' ', 2) end,
        'good', case when s.what = 'inspected' then l.good end,
        'damaged', case when s.what = 'inspected' then l.damaged end,
        'missing', case when s.what = 'inspected' then l.missing end)),
    case when s.what = 'requested' then l.qty end, s.amount_fen, s.id
from aftersale_request r
join aftersale_step s on s.request_id = r.id
cross join lateral (
    select sum(qty)::int as qty, sum(good_qty)::int as good, sum(damaged_qty)::int as damaged,
        sum(missing_qty)::int as missing
    from aftersale_requestline where request_id = r.id
) l
where r.order_id = %(order)s
"""
# A line that left its bill was not answered and not paid there; one that was disputed had been sent before.
_BILLS = """
select x.at, 'bill', x.what, x.actor, x.reason,
    jsonb_strip_nulls(jsonb_build_object('bill', b.number, 'supplier', case when %(kind)s = 'platform' then p.name end)),
    null, sum(x.amount_fen)::bigint, min(l.id)
from ledger_transfer t
join settlement_billline l on l.transfer_id = t.id
join settlement_bill b on b.id = l.bill_id
left join parties_supplier p on p.id = l.supplier_id
left join lateral (select sum(amount_fen) as fen from settlement_billline where adjusts_id = l.id) a on true
cross join lateral (values
    (case when %(kind)s = 'platform' then b.created_at end, 'bill.drawn', '', '', l.amount_fen),
    (case when l.left_by = '' or l.disputed_at is not null then b.sent_at end, 'bill.sent', '', '', l.amount_fen),
    (l.disputed_at, 'bill.disputed', '', l.dispute_reason, l.amount_fen),
    (l.ruled_at, 'bill.' || l.ruling, '', l.ruling_note, coalesce(a.fen, l.amount_fen)),
    (case when l.left_by = '' then b.answered_at end, 'bill.confirmed', b.answered_by, '', l.amount_fen),
    (case when l.left_by = '' then b.paid_at end, 'bill.paid', b.paid_by, b.bank_reference, l.amount_fen),
    (case when l.left_by = '' then b.settled_at end, 'bill.settled', '', '', l.amount_fen)
) as x(at, what, actor, reason, amount_fen)
where t.order_id = %(order)s and x.at is not null
group by x.at, x.what, x.actor, x.reason, b.number, p.name
"""
_REFERRAL = """
select e.at, 'money', 'referral.' || e.kind, '', '',
    jsonb_build_object('referrer', r.name, 'side', e.side), null, e.amount_fen, e.id
from referral_entry e join parties_referrer r on r.id = e.referrer_id
where e.order_id = %(order)s
"""
_ALL = f"{_AFTER_SALE} union all {_BILLS} union all {_REFERRAL} order by 1 desc, 9 desc"


def other_rooms(order_id: int, *, reader: Reader) -> Iterable[Entry]:
    """Return each step of the order's after-sale requests and claims, of its lines on bills, and what referrers earned.

    Amounts of bills are those of the order's own lines, in fen.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ALL, {"order": order_id, "kind": reader.kind})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    for at, lane, what, actor, reason, data, pieces, amount_fen, _id in rows:
        yield Entry(
            at=at,
            lane=lane,
            what=what,
            amount_fen=amount_fen,
            pieces=pieces,
            data=json.loads(data) if isinstance(data, str) else data,
            actor=actor,
            reason=reason,
        )
