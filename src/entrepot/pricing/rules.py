"""Fee, agreed price, line amount and the pool of commission: pure rules over whole fen."""

from entrepot.base.money import share_half_up


def service_fee(supply_price_fen: int, *, fee_rate_bps: int) -> int:
    """Return the service fee (服务费) of one piece in fen: supply price × tier rate, rounded half-up per piece."""
    return share_half_up(supply_price_fen, rate_bps=fee_rate_bps)


def agreed_price(supply_price_fen: int, *, fee_rate_bps: int) -> int:
    """Return the agreed price (协议价) of one piece in fen: supply price plus service fee."""
    return supply_price_fen + service_fee(supply_price_fen, fee_rate_bps=fee_rate_bps)


def commission_pool(sale_price_fen: int, *, agreed_price_fen: int, qty: int, total_rate_bps: int) -> int:
    """Return the commission pool in fen of a supplied line: its margin over the agreed price × the total rate.

    The brackets matter: (100 − (10 + 10 × 5 %)) × 2 is 179, not 181. The pool never falls below 0.
    """
    margin_fen = (sale_price_fen - agreed_price_fen) * qty
    return max(0, share_half_up(margin_fen, rate_bps=total_rate_bps))
