"""The digest over price and stock of everything a distributor may sell, by which his mall proves that it is in step."""

import hashlib
from dataclasses import dataclass

from entrepot.base import scope
from entrepot.reports import shelf, told

_PAGE = 2_000
_MASK = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Digest:
    """How many SKUs, and the sum of their hashes as 16 hexadecimal digits."""

    skus: int
    digest: str


def digest_for(distributor_id: int, is_selection: bool = False) -> Digest:
    """Return the digest of a distributor's shelf, or of his selection alone, as it stands at one moment.

    Per SKU the first 8 bytes of SHA-256 over `code LF agreed price in fen LF stock`, as big-endian numbers summed
    modulo 2^64: the order does not matter, so that a mall may reckon it over its own table in any way.
    """
    count = total = after_id = 0
    with scope.one_moment(distributor_id=distributor_id):
        selection_of = distributor_id if is_selection else None
        while ids := shelf.goods_ids(limit=_PAGE, after_id=after_id, selection_of=selection_of):
            after_id = ids[-1]
            for code, agreed_price_fen, stock in told.figures(ids, distributor_id=distributor_id):
                line = f"{code}\n{agreed_price_fen}\n{stock}".encode()
                total = (total + int.from_bytes(hashlib.sha256(line).digest()[:8], "big")) & _MASK
                count += 1
    return Digest(count, f"{total:016x}")
