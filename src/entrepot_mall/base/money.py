"""Whole fen: reading what a person typed, showing it, taking a rate of it."""

import re

BPS = 10_000
_AMOUNT = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?")


def share_half_up(amount_fen: int, *, rate_bps: int) -> int:
    """The part of an amount that a rate takes, in fen, rounded half up."""
    return (amount_fen * rate_bps + BPS // 2) // BPS


def yuan(amount_fen: int) -> str:
    """An amount of fen as yuan with two decimals and thousands separators, for people."""
    sign = "-" if amount_fen < 0 else ""
    whole, rest = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def fen(text: str) -> int | None:
    """Fen of an amount in yuan as a person types it, None when it is none."""
    match = _AMOUNT.fullmatch(text.strip().replace(",", "").lstrip("¥￥"))
    if match is None:
        return None
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
