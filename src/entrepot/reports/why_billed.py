"""Why each line of a supplier's bill is what it is, in his own prices: for the platform's page and for his."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base.money import yuan
from entrepot.reports.why import Row

_ORDERS = """
select
  (select json_agg(json_build_array(l.order_id, l.sku_code, l.supplier_price_fen, l.qty, l.refunded_qty)
      order by l.order_id, l.line_no)
   from orders_line l where l.order_id = any(%(orders)s) and l.supplier_id = %(supplier)s),
  (select json_agg(json_build_array(s.order_id, s.freight_fen))
   from orders_supplyorder s where s.order_id = any(%(orders)s) and s.supplier_id = %(supplier)s),
  (select json_agg(json_build_array(r.id, n.sku_code, o.supplier_price_fen, n.settled_qty) order by r.id, n.line_no)
   from aftersale_request r
   join aftersale_requestline n on n.request_id = r.id
   join orders_line o on o.order_id = r.order_id and o.line_no = n.line_no
   where r.order_id = any(%(orders)s) and r.supplier_id = %(supplier)s and n.settled_qty > 0)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """One transfer on a supplier's payable account; the amount (fen) is below 0 for what was taken back."""

    transfer_id: int
    kind: str
    order_id: int | None
    amount_fen: int
    cause: str
    remark: str


@dataclass(slots=True)
class _Facts:
    lines: dict[int, list[tuple[str, int, int, int]]] = field(default_factory=dict)
    freight: dict[int, int] = field(default_factory=dict)
    returned: dict[int, list[tuple[str, int, int]]] = field(default_factory=dict)


def billed_why(transfers: Iterable[Billed], *, supplier_id: int) -> dict[int, list[Row]]:
    """Return by transfer how its amount comes about, in one query, as far as the open scope shows it."""
    found = list(transfers)
    facts = _facts([one.order_id for one in found if one.order_id is not None], supplier_id=supplier_id)
    return {one.transfer_id: _rows(one, facts=facts) for one in found}


def _facts(order_ids: list[int], *, supplier_id: int) -> _Facts:
    facts = _Facts()
    if not order_ids:
        return facts
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, {"orders": order_ids, "supplier": supplier_id})
        lines, parts, returned = cursor.fetchone()
    for order_id, *line in lines or ():
        facts.lines.setdefault(order_id, []).append(tuple(line))
    facts.freight = dict(parts or ())
    for request_id, *piece in returned or ():
        facts.returned.setdefault(request_id, []).append(tuple(piece))
    return facts


def _rows(one: Billed, *, facts: _Facts) -> list[Row]:
    rows: list[Row] = []
    if one.kind == "settle_supplier" and one.order_id is not None:
        rows = _settled(facts.lines.get(one.order_id, []), freight_fen=facts.freight.get(one.order_id, 0))
    elif one.kind == "reverse_supplier":
        rows = _reversed(one, facts=facts)
    elif one.kind == "adjust_supplier":
        rows = [(_("Corrected by the platform"), _signed(one.amount_fen), one.remark)]
    return [*rows, (_("On the bill"), _signed(one.amount_fen), "")]


def _settled(lines: list[tuple[str, int, int, int]], *, freight_fen: int) -> list[Row]:
    """Your price × pieces kept, line by line, and the freight of the parcel."""
    rows: list[Row] = []
    for code, price_fen, qty, refunded in lines:
        how = _("%(price)s × %(qty)d pieces") % {"price": yuan(price_fen), "qty": qty - refunded}
        if refunded:
            how += _(", %(back)d of %(qty)d refunded") % {"back": refunded, "qty": qty}
        rows.append((code, _signed(price_fen * (qty - refunded)), how))
    if freight_fen:
        rows.append((_("Freight"), _signed(freight_fen), _("drawn without fee, owed to the shipper")))
    return rows


def _reversed(one: Billed, *, facts: _Facts) -> list[Row]:
    """Pieces that came back at the supplier's price, or his share of what a claim was settled at."""
    request_id = _request_of(one.cause)
    pieces = facts.returned.get(request_id, [])
    name = _("After-sale %(number)s") % {"number": request_id} if request_id else _("After-sale")
    whole_fen = sum(price_fen * qty for _code, price_fen, qty in pieces)
    taken_fen = -one.amount_fen
    if not pieces or taken_fen < whole_fen:
        at_most = _("the part of the claim the supplier bears; at most %(whole)s for the pieces") % {
            "whole": yuan(whole_fen)
        }
        return [(name, _signed(one.amount_fen), at_most if pieces else one.remark)]
    rows: list[Row] = [
        (
            f"{name} · {code}",
            _signed(-price_fen * qty),
            _("%(price)s × %(qty)d returned") % {"price": yuan(price_fen), "qty": qty},
        )
        for code, price_fen, qty in pieces
    ]
    if taken_fen > whole_fen:
        rows.append((_("Freight"), _signed(whole_fen - taken_fen), _("the freight of the order, borne by the shipper")))
    return rows


def _request_of(cause: str) -> int:
    """Return the after-sale request a transfer is for, 0 when its cause names none."""
    number = cause.rpartition(":")[2].removesuffix("-C").removeprefix("AS")
    return int(number) if number.isascii() and number.isdigit() else 0


def _signed(amount_fen: int) -> Any:
    return f"{'-' if amount_fen < 0 else ''}¥{yuan(abs(amount_fen))}"
