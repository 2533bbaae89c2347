"""Why each figure of an order is what it is, from the prices that were kept when it was placed."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from entrepot.base.money import yuan
from entrepot.doors.kit.figures import bps
from entrepot.doors.platform.order_facts import Head, LineFacts
from entrepot.reports.why import Grounds, Row, agreed_why, freight_why, refund_why


def line_why(line: LineFacts, *, head: Head, grounds: Grounds) -> list[Row]:
    """Return how a line's amount comes about: supply price, fee rounded half-up per piece, agreed price, pieces."""
    rows = agreed_why(
        supply_price_fen=line.supply_price_fen,
        fee_fen=line.fee_fen,
        rate_bps=grounds.rates.get(line.line_no, head.fee_rate_bps),
        tier_rate_bps=head.fee_rate_bps,
        is_old=line.line_no in grounds.old_lines,
    )
    rows.append(
        (
            _("Line amount"),
            f"¥{yuan(line.amount_fen)}",
            _("%(price)s × %(qty)d pieces") % {"price": yuan(line.agreed_price_fen), "qty": line.qty},
        )
    )
    if line.refunded_qty:
        back_fen = line.agreed_price_fen * line.refunded_qty
        reason = _("%(price)s × %(qty)d refunded") % {"price": yuan(line.agreed_price_fen), "qty": line.refunded_qty}
        rows += [
            (_("Returned"), f"-¥{yuan(back_fen)}", reason),
            (_("What remains"), f"¥{yuan(line.amount_fen - back_fen)}", ""),
        ]
    return rows


def total_why(head: Head, *, lines: Sequence[LineFacts], grounds: Grounds) -> list[Row]:
    """Return how the order's total and the drawn amount come about."""
    goods = " + ".join(yuan(line.amount_fen) for line in lines[:12]) + (" + …" if len(lines) > 12 else "")
    rate = _("the tier's rate when the order was placed was %(rate)s") % {"rate": bps(head.fee_rate_bps)}
    rows = [
        (_("Lines"), f"¥{yuan(head.goods_amount_fen)}", f"{goods} · {rate}"),
        *freight_why(grounds.charges, freight_fen=head.freight_fen),
        (_("Freight"), f"¥{yuan(head.freight_fen)}", _("drawn without fee, owed to the shipper")),
        (
            _("Total"),
            f"¥{yuan(head.total_fen)}",
            _("%(goods)s + %(freight)s") % {"goods": yuan(head.goods_amount_fen), "freight": yuan(head.freight_fen)},
        ),
    ]
    if head.drawn_fen:
        rows.append((_("Drawn"), f"¥{yuan(head.drawn_fen)}", _("taken from the prepaid balance at payment")))
    elif head.held_fen:
        rows.append(
            (
                pgettext("money", "Held"),
                f"¥{yuan(head.held_fen)}",
                _("kept aside on the prepaid account until payment or lapse"),
            )
        )
    else:
        rows.append((_("Drawn"), "¥0.00", _("nothing is held or drawn")))
    if head.refunded_fen:
        rows += [
            *refund_why(grounds.refunds),
            (_("Refunded"), f"-¥{yuan(head.refunded_fen)}", _("returned to the prepaid balance")),
            (_("Drawn in the end"), f"¥{yuan(head.drawn_fen - head.refunded_fen)}", ""),
        ]
    return rows


def shares(head: Head, *, lines: Sequence[LineFacts]) -> list[tuple[str, int]]:
    """Return who gets what of the pieces that were not refunded, in fen: suppliers, margin, fee, freight.

    agreed = supplier price + margin + fee, to the fen; on own goods the whole supply price is the platform's.
    """
    supplier_fen = margin_fen = own_fen = fee_fen = 0
    for line in lines:
        kept = line.qty - line.refunded_qty
        fee_fen += line.fee_fen * kept
        if line.is_own:
            own_fen += line.supply_price_fen * kept
        else:
            supplier_fen += line.supplier_price_fen * kept
            margin_fen += (line.supply_price_fen - line.supplier_price_fen) * kept
    found = [
        (_("Suppliers, at the supplier price"), supplier_fen),
        (_("Own goods, at the supply price"), own_fen),
        (_("Margin of the platform"), margin_fen),
        (_("Service fee"), fee_fen),
    ]
    return [(label, amount_fen) for label, amount_fen in found if amount_fen]
