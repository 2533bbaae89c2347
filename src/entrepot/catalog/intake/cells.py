"""What the text of a cell says: an amount in fen, a whole number, names apart from each other."""

import re

_FEN = re.compile(r"[¥￥]?(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_APART = re.compile(r"[;；,，、|\n]+")


def fen_of(text: str) -> int | None:
    """Return an amount typed in yuan as fen; None for what is no amount with at most two decimals."""
    found = _FEN.fullmatch(text.replace(",", ""))
    return None if found is None else int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def whole_of(text: str) -> int | None:
    """Return a whole number of at most nine digits; None for anything else."""
    return int(text) if _WHOLE.fullmatch(text) else None


def names_in(text: str) -> list[str]:
    """Return the names a cell holds, each once, in their order."""
    return list(dict.fromkeys(part.strip() for part in _APART.split(text) if part.strip()))
