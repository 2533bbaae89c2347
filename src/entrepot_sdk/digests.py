"""The digest by which a mall proves that its prices and stocks equal the platform's."""

import hashlib
from collections.abc import Iterable

_MASK = 2**64 - 1


def digest_of(skus: Iterable[tuple[str, int, int]]) -> tuple[int, str]:
    """Return how many SKUs there are and the digest of (code, agreed price in fen, stock), in whatever order they come.

    Per SKU the first 8 bytes of SHA-256 over `code LF price LF stock`, as big-endian numbers summed modulo 2^64;
    16 hexadecimal digits.
    """
    count = total = 0
    for code, agreed_price, stock in skus:
        line = f"{code}\n{agreed_price}\n{stock}".encode()
        total = (total + int.from_bytes(hashlib.sha256(line).digest()[:8], "big")) & _MASK
        count += 1
    return count, f"{total:016x}"
