"""Reads of the decision table, requests and claims; lists run inside the reader's scope."""

from datetime import datetime

from django.db import connection
from django.db.models import Count, Prefetch, QuerySet

from entrepot.aftersale.models import Claim, Deadline, Evidence, Request, RequestLine, ReturnAddress, Rule, Step
from entrepot.aftersale.rules import (
    OPEN_STATES,
    By,
    Cell,
    Key,
    Limits,
    Outlook,
    Result,
    Subject,
    SubjectLine,
    Wish,
    judge,
    table_of,
)
from entrepot.base import scope
from entrepot.base.refusals import Refusal
from entrepot.trade.terms import Fault

_ORDER = """
select o.id, o.distributor_id, o.out_order_no, o.state, o.completed_at, clock_timestamp()
from orders_order o where o.id = %s
"""
_LINES = """
with asked as (
    select l.line_no, sum(l.qty - l.settled_qty) filter (where r.stage = 'before_shipping') as unsent,
           sum(l.qty - l.settled_qty) filter (where r.stage <> 'before_shipping') as sent
    from aftersale_request r join aftersale_requestline l on l.request_id = r.id
    where r.order_id = %s and r.state = any(%s) group by l.line_no
)
select l.line_no, l.supplier_id, s.is_platform, l.qty, l.shipped_qty, l.refunded_qty, coalesce(b.qty, 0),
       l.agreed_price_fen, l.supplier_price_fen, l.fee_fen, l.sku_code, l.goods_name, l.spec, l.image,
       coalesce(a.unsent, 0)::int, coalesce(a.sent, 0)::int
from orders_line l
join parties_supplier s on s.id = l.supplier_id
left join orders_returned b on b.order_id = l.order_id and b.line_no = l.line_no
left join asked a on a.line_no = l.line_no
where l.order_id = %s order by l.line_no
"""
_LINE_FIELDS = (
    *("line_no", "supplier_id", "is_own", "qty", "shipped_qty", "refunded_qty", "returned_qty", "agreed_price_fen"),
    *("supplier_price_fen", "fee_fen", "sku_code", "goods_name", "spec", "image", "asked_unsent_qty", "asked_sent_qty"),
)


def table() -> dict[Key, Cell]:
    """Return the decision table in force (售后规则), the operator's rows over the delivered ones."""
    with scope.desk():
        return table_of(_cell(row) for row in Rule.objects.all())


def changed_keys() -> set[Key]:
    """Return the keys of the rows that the operator has changed or added."""
    with scope.desk():
        return {_cell(row).key for row in Rule.objects.all()}


def limits() -> Limits:
    """Return the times of after-sale (售后时限)."""
    with scope.desk():
        row = Deadline.objects.first()
    if row is None:
        return Limits()
    return Limits(row.rights_days, row.claim_hours, row.return_days, row.is_silence_consent)


def subject(order_id: int, *, distributor_id: int | None = None) -> Subject | None:
    """Return an order as after-sale looks at it, None when there is none or, with a distributor named, it is not his."""
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(_ORDER, [order_id])
        head = cursor.fetchone()
        if head is None or (distributor_id is not None and head[1] != distributor_id):
            return None
        found = Subject(
            order_id=head[0],
            distributor_id=head[1],
            out_order_no=head[2],
            state=head[3],
            completed_at=head[4],
            now=head[5],
        )
        cursor.execute(_LINES, [order_id, list(OPEN_STATES), order_id])
        for row in cursor.fetchall():
            found.lines[row[0]] = SubjectLine(**dict(zip(_LINE_FIELDS, row, strict=True)))
    return found


def check(wish: Wish, *, by: By) -> Outlook:
    """Return what would become of a request, by the code that decides it, and change nothing."""
    found = subject(wish.order_id, distributor_id=by.party_id if by.kind == "distributor" else None)
    if found is None:
        return Outlook(faults=[Fault("/order", Refusal.NOT_FOUND)])
    return judge(wish, subject=found, table=table(), limits=limits(), is_platform=by.kind == "platform")


def result_of(request: Request, *, is_replay: bool = False) -> Result:
    """Return a request as the result of a deed."""
    return Result(request_id=request.pk, state=request.state, is_replay=is_replay)


def requests(*, with_parties: bool = False) -> QuerySet[Request]:
    """Return the requests (售后单) the scope shows, newest first; the platform may have the parties' names with them."""
    rows = Request.objects.prefetch_related("lines").order_by("-id")
    return rows.select_related("distributor", "supplier") if with_parties else rows


def counts(rows: QuerySet[Request]) -> dict[str, int]:
    """Return how many of some requests are in each state."""
    return dict(rows.order_by().prefetch_related(None).values_list("state").annotate(Count("id")))


def recent_examples(key: Key, *, limit: int = 5) -> list[Request]:
    """Return the latest requests that a row of the table decides, to try a change on; platform scope."""
    stage, shipper, kind, reason = key
    rows = requests(with_parties=True).filter(stage=stage, shipper=shipper, kind=kind)
    return list((rows.filter(reason=reason) if reason else rows)[:limit])


def request_by_number(out_refund_no: str, *, distributor_id: int) -> Request | None:
    """Return the request that a distributor's mall numbered so, None when there is none."""
    return requests().filter(distributor_id=distributor_id, out_refund_no=out_refund_no).first()


def requests_of_mall(
    distributor_id: int,
    *,
    limit: int,
    before_id: int | None = None,
    created_from: datetime | None = None,
    created_until: datetime | None = None,
    **wanted: str | None,
) -> list[Request]:
    """Return up to `limit` requests of a distributor with lines, steps and claims, newest first, below `before_id`.

    `wanted` are fields and the values they must have; None for any. Times are half open.
    """
    rows = whole(distributor_id=distributor_id)
    bounds = {"id__lt": before_id, "created_at__gte": created_from, "created_at__lt": created_until}
    given = {name: value for name, value in (bounds | wanted).items() if value is not None}
    return list(rows.filter(**given)[:limit])


def whole(*, distributor_id: int) -> QuerySet[Request]:
    """Return a distributor's requests with all that a mall is shown of them, newest first."""
    rows = Request.objects.filter(distributor_id=distributor_id).select_related("claim").order_by("-id")
    shown = Prefetch("evidence", queryset=Evidence.objects.only("id", "request_id", "upload_id"))
    return rows.prefetch_related("lines", "steps", shown)


def requests_of_order(order_id: int) -> list[Request]:
    """Return the requests that speak of one order, newest first."""
    return list(requests().filter(order_id=order_id))


def lines_of(request_id: int) -> list[RequestLine]:
    """Return the pieces a request speaks of."""
    return list(RequestLine.objects.filter(request_id=request_id).order_by("line_no"))


def steps_of(request_id: int) -> list[Step]:
    """Return what happened to a request, newest first, as far as the scope shows it."""
    return list(Step.objects.filter(request_id=request_id).order_by("-id"))


def claim_of(request_id: int) -> Claim | None:
    """Return the claim of a request, None when there is none or the scope does not show it."""
    return Claim.objects.filter(pk=request_id).first()


def evidence_ids(request_id: int) -> list[int]:
    """Return the pictures of a request by their ids."""
    return list(Evidence.objects.filter(request_id=request_id).order_by("id").values_list("id", flat=True))


def evidence(evidence_id: int, *, request_id: int) -> bytes | None:
    """Return a picture (WebP) of a request, None when the scope does not show it."""
    row = Evidence.objects.filter(pk=evidence_id, request_id=request_id).first()
    return None if row is None else bytes(row.picture)


def addresses(*, supplier_id: int | None = None) -> QuerySet[ReturnAddress]:
    """Return the return addresses in use that the scope shows, the first of each shipper before his others."""
    rows = (
        ReturnAddress.objects.filter(is_live=True).select_related("supplier").order_by("supplier_id", "-is_first", "id")
    )
    return rows if supplier_id is None else rows.filter(supplier_id=supplier_id)


def address_choices(supplier_id: int) -> list[tuple[int, str]]:
    """Return a shipper's return addresses for somebody who has to send goods back to him."""
    with scope.desk():
        return [(row.pk, str(row)) for row in ReturnAddress.objects.filter(supplier_id=supplier_id, is_live=True)]


def due_claims(limit: int) -> list[int]:
    """Return claims whose time is over by the database's clock, the longest over first."""
    return _due("select request_id from aftersale_claim where state in ('demanded', 'offered')", limit)


def due_returns(limit: int) -> list[int]:
    """Return requests whose goods have not come back in time."""
    return _due("select id from aftersale_request where state in ('waiting_return', 'returning')", limit)


def _due(statement: str, limit: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} and due_at <= clock_timestamp() order by due_at limit %s", [limit])
        return [row[0] for row in cursor.fetchall()]


def _cell(row: Rule) -> Cell:
    return Cell(
        row.stage,
        row.shipper,
        row.kind,
        row.reason,
        is_offered=row.is_offered,
        returns=row.returns,
        condition=row.condition,
        bill=row.bill,
        stock=row.stock,
        freight=row.freight,
    )
