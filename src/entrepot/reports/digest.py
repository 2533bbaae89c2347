"""The digest over price and stock of everything a distributor may sell, by which his mall proves that it is in step."""

import hashlib
from dataclasses import dataclass

from entrepot.base import scope
from entrepot.reports.shelf import goods_page, terms_of

_PAGE = 2_000
_MASK = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Digest:
    """How many SKUs, and the sum of their hashes as 16 hexadecimal digits."""

    skus: int
    digest: str


def digest_for(distributor_id: int) -> Digest:
    """Return the digest of a distributor's shelf as it stands at one moment.

    Per SKU the first 8 bytes of SHA-256 over `code LF agreed price in fen LF stock`, as big-endian numbers summed
    modulo 2^64: the order does not matter, so that a mall may reckon it over its own table in any way.
    """
    count = total = after_id = 0
    with scope.one_moment(distributor_id=distributor_id):
        terms = terms_of(distributor_id)
        while page := goods_page(terms, limit=_PAGE, after_id=after_id):
            after_id = page[-1].id
            for goods in page:
                for sku in goods.skus:
                    line = f"{sku.sku}\n{sku.agreed_price_fen}\n{sku.stock}".encode()
                    total = (total + int.from_bytes(hashlib.sha256(line).digest()[:8], "big")) & _MASK
                    count += 1
    return Digest(count, f"{total:016x}")
