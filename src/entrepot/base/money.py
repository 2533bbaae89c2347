"""Integer money: fen for amounts, basis points for rates, one rounding function."""

BPS = 10_000


def share_half_up(amount_fen: int, *, rate_bps: int) -> int:
    """Return the part of an amount that a rate takes, in fen, rounded half away from zero.

    Raises TypeError when either figure is not a whole number: floats and Decimals have no place in money.
    """
    if type(amount_fen) is not int or type(rate_bps) is not int:
        raise TypeError("amounts are whole fen and rates whole basis points")
    product = amount_fen * rate_bps
    if product >= 0:
        return (product + BPS // 2) // BPS
    return -((-product + BPS // 2) // BPS)


def yuan(amount_fen: int) -> str:
    """Return an amount of fen as yuan with two decimals and thousands separators, for people."""
    sign = "-" if amount_fen < 0 else ""
    whole, rest = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"
