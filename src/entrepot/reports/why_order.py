"""Why a distributor's order comes to what it does: the same rows for his page and for his mall."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from entrepot.base.money import yuan
from entrepot.orders.queries import order_views
from entrepot.reports.why import Grounds, Row, freight_why, grounds_of, percent, refund_why


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """One line as a distributor has bought it; prices in fen for one piece."""

    line_no: int
    sku_code: str
    qty: int
    supply_price_fen: int
    fee_fen: int
    agreed_price_fen: int
    amount_fen: int


def total_why(lines: Iterable[Bought], *, grounds: Grounds, freight_fen: int, total_fen: int) -> list[Row]:
    """Return how the total (fen) of an order came about, step by step, and what came back."""
    rows: list[Row] = []
    for line in lines:
        sums = {
            "supply": yuan(line.supply_price_fen),
            "rate": percent(grounds.rates[line.line_no]),
            "fee": yuan(line.fee_fen),
        }
        reason = _("(supply price %(supply)s + fee %(fee)s, which is %(rate)s of it, rounded per piece)") % sums
        if line.line_no in grounds.old_lines:
            reason += _("; the price before an announced change, which was still honoured")
        name = f"{line.sku_code} · {yuan(line.agreed_price_fen)} × {line.qty}"
        rows.append((name, f"¥{yuan(line.amount_fen)}", reason))
    rows += freight_why(grounds.charges, freight_fen=freight_fen)
    rows.append((_("Total"), f"¥{yuan(total_fen)}", _("prices as they stood when the order was placed")))
    return rows + refund_why(grounds.refunds)


def order_why(order_id: int) -> list[Row] | None:
    """Return why an order of the open scope comes to what it does, None when there is no such order."""
    view = order_views([order_id]).get(order_id)
    if view is None:
        return None
    lines = [
        Bought(
            line_no=number,
            sku_code=line.sku_code,
            qty=line.qty,
            supply_price_fen=line.supply_price_fen,
            fee_fen=line.fee_fen,
            agreed_price_fen=line.agreed_price_fen,
            amount_fen=line.amount_fen,
        )
        for number, line in view.lines.items()
    ]
    return total_why(lines, grounds=grounds_of(order_id), freight_fen=view.freight_fen, total_fen=view.total_fen)
