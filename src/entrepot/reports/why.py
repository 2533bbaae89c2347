"""Why each amount of an order is what it is: one explanation for the pages of all three parties."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base.money import BPS, yuan
from entrepot.freight.regions import name_of

Row: TypeAlias = tuple[str, str, str]
"""What a figure is called, the figure, and how it comes about."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What one shipper's template asked, in fen, as it was reckoned then."""

    supplier_id: int
    name: str
    kind: str
    region: str
    pieces: int
    weight_g: int
    amount_fen: int
    first: int
    first_fen: int
    step: int
    step_fen: int
    free_by: str
    freight_fen: int


@dataclass(frozen=True, slots=True)
class Back:
    """One refund: its number and kind, amount and freight in fen, and its pieces."""

    refund_no: str
    kind: str
    amount_fen: int
    freight_fen: int
    pieces: int


@dataclass(slots=True)
class Grounds:
    """What the figures of an order rest on besides its own rows: rates of its lines, freight charges, refunds."""

    rates: dict[int, int] = field(default_factory=dict)
    old_lines: set[int] = field(default_factory=set)
    charges: list[Charge] = field(default_factory=list)
    refunds: list[Back] = field(default_factory=list)


_GROUNDS = """
select
  (select json_agg(json_build_array(l.line_no, coalesce(l.fee_rate_bps, o.fee_rate_bps),
      exists (select from pricing_pricechange c where c.sku_id = l.sku_id and c.state = 'applied'
          and c.field = 'supply_price' and c.old_value = l.supply_price_fen and o.created_at >= c.closed_at
          and o.created_at < c.closed_at + c.grace_minutes * interval '1 minute')))
   from orders_line l join orders_order o on o.id = l.order_id where l.order_id = %(order)s),
  (select json_agg(json_build_array(c.supplier_id, c.name, c.kind, c.region, c.pieces, c.weight_g, c.amount_fen, c.first,
      c.first_fen, c.step, c.step_fen, c.free_by, c.freight_fen) order by c.supplier_id, c.id)
   from freight_charge c where c.order_id = %(order)s),
  (select json_agg(json_build_array(r.refund_no, r.kind, r.amount_fen, r.freight_fen,
      (select coalesce(sum(p.qty), 0) from orders_refundline p where p.refund_id = r.id)) order by r.id)
   from orders_refund r where r.order_id = %(order)s)
"""


def grounds_of(order_id: int) -> Grounds:
    """Return what the figures of an order rest on, as far as the open scope shows it: a supplier sees his own freight
    and neither rates nor refunds."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUNDS, {"order": order_id})
        lines, charges, refunds = cursor.fetchone()
    return Grounds(
        rates={line_no: rate_bps for line_no, rate_bps, _is_old in lines or ()},
        old_lines={line_no for line_no, _rate_bps, is_old in lines or () if is_old},
        charges=[Charge(*row) for row in charges or ()],
        refunds=[Back(*row) for row in refunds or ()],
    )


def agreed_why(
    *, supply_price_fen: int, fee_fen: int, rate_bps: int, tier_rate_bps: int, is_old: bool = False
) -> list[Row]:
    """Return how the agreed price of one piece comes about: supply price, and the fee rounded half-up.

    `tier_rate_bps` is the tier's rate when the order was placed; another rate is the goods' own, or an old one.
    """
    moment = _("for one piece, when the order was placed")
    if is_old:
        moment = _("the price before an announced change; the mall expected it while it was still honoured")
    whose = (
        _("the tier's rate")
        if rate_bps == tier_rate_bps
        else _("the rate agreed for these goods, or one honoured after a change")
    )
    return [
        (_("Supply price"), _money(supply_price_fen), moment),
        (
            _("Service fee"),
            _money(fee_fen),
            _("%(price)s × %(rate)s = %(exact)s, rounded half-up to a fen per piece; %(whose)s")
            % {
                "price": yuan(supply_price_fen),
                "rate": percent(rate_bps),
                "exact": exact_yuan(supply_price_fen * rate_bps),
                "whose": whose,
            },
        ),
        (
            _("Agreed price"),
            _money(supply_price_fen + fee_fen),
            _("%(price)s + %(fee)s") % {"price": yuan(supply_price_fen), "fee": yuan(fee_fen)},
        ),
    ]


def freight_why(charges: list[Charge], *, freight_fen: int) -> list[Row]:
    """Return how freight comes about, template by template; free when no goods had one."""
    if not charges:
        return [(_("Freight"), _money(freight_fen), _("no goods of this order have a freight template: sent free"))]
    return [
        (_("Freight: %(template)s") % {"template": one.name}, _money(one.freight_fen), _charge_why(one))
        for one in charges
    ]


def refund_why(refunds: list[Back]) -> list[Row]:
    """Return what each refund gave back: pieces at their price, and freight."""
    rows = []
    for one in refunds:
        facts = {"pieces": one.pieces, "goods": yuan(one.amount_fen - one.freight_fen)}
        parts = {
            "after_sale": _("%(pieces)d pieces sent and returned by after-sale, at what was paid for them: %(goods)s"),
            "claim": _("what a claim over %(pieces)d pieces was settled at: %(goods)s"),
        }.get(one.kind, _("%(pieces)d pieces for %(goods)s")) % facts
        if one.freight_fen and one.kind == "before_shipping":
            parts += _(", and freight %(freight)s, for nothing of that shipper's part is sent") % {
                "freight": yuan(one.freight_fen)
            }
        elif one.freight_fen:
            parts += _(", and freight %(freight)s, for all of that shipper's part has come back") % {
                "freight": yuan(one.freight_fen)
            }
        rows.append((_("Refund %(number)s") % {"number": one.refund_no}, f"-{_money(one.amount_fen)}", parts))
    return rows


def settled_why(lines: list[tuple[str, int, int, int]], *, charges: list[Charge], freight_fen: int) -> list[Row]:
    """Return how what a supplier is owed comes about: his own price × pieces kept, and his freight.

    `lines` are code, supplier price in fen, pieces and pieces refunded. Nothing of what the distributor pays is told.
    """
    rows: list[Row] = []
    for code, price_fen, qty, refunded in lines:
        kept = _("%(price)s × %(qty)d pieces") % {"price": yuan(price_fen), "qty": qty - refunded}
        if refunded:
            kept += _(", %(back)d of %(qty)d refunded") % {"back": refunded, "qty": qty}
        rows.append((code, _money(price_fen * (qty - refunded)), kept))
    return rows + freight_why(charges, freight_fen=freight_fen)


def _charge_why(one: Charge) -> str:
    where = name_of(one.region) if one.region else _("everywhere else")
    if one.free_by == "template":
        return _("the template sends free")
    if one.free_by == "pieces":
        return _("%(where)s: free from this many pieces (%(pieces)d)") % {"where": where, "pieces": one.pieces}
    if one.free_by == "amount":
        return _("%(where)s: free from this amount (%(amount)s)") % {"where": where, "amount": yuan(one.amount_fen)}
    measure = one.weight_g if one.kind == "weight" else one.pieces
    facts: dict[str, Any] = {
        "where": where,
        "measure": measure,
        "first": one.first,
        "first_price": yuan(one.first_fen),
        "step": one.step,
        "step_price": yuan(one.step_fen),
    }
    if one.kind == "weight":
        return (
            _("%(where)s: %(measure)d g; the first %(first)d g %(first_price)s, each further %(step)d g %(step_price)s")
            % facts
        )
    return (
        _("%(where)s: %(measure)d pieces; the first %(first)d %(first_price)s, each further %(step)d %(step_price)s")
        % facts
    )


def exact_yuan(millionths: int) -> str:
    """Return an amount of fen × basis points as yuan with all its decimals, at least two."""
    whole, rest = divmod(millionths, 100 * BPS)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{whole:,}.{decimals}"


def _money(amount_fen: int) -> str:
    return f"¥{yuan(amount_fen)}"


def percent(rate_bps: int) -> str:
    """Return a rate in percent as people read it."""
    whole, rest = divmod(rate_bps, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"
