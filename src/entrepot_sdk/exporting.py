"""Reading an export line by line, without holding more of it than a line."""

from collections.abc import AsyncIterator, Iterator

import httpx
import msgspec

from entrepot_sdk.errors import EntrepotError
from entrepot_sdk.selection import ExportLine
from entrepot_sdk.shapes import Product

_product = msgspec.json.Decoder(Product)
_line = msgspec.json.Decoder(ExportLine)


class _Reader:
    """Judges the lines: the first carries the cursor, the last says that nothing is missing."""

    def __init__(self) -> None:
        self.changes_cursor = ""
        self._count = 0
        self._last: str = ""
        self._is_complete = False

    def product_of(self, line: str) -> Product | None:
        """The product of a line, None for the first and the last."""
        if not self.changes_cursor:
            self.changes_cursor = _line.decode(line).changes_cursor
            return None
        if line.startswith('{"products":'):
            end = _line.decode(line)
            self._is_complete = end.complete and end.products == self._count
            return None
        self._count += 1
        return _product.decode(line)

    def check(self) -> None:
        """Raise EntrepotError when the stream broke off before its last line."""
        if not self._is_complete:
            raise EntrepotError(f"the export broke off after {self._count} products; ask for it again")


class Export:
    """The products of an export, one by one; `changes_cursor` is there from the first on, taken before the walk."""

    def __init__(self, response: httpx.Response) -> None:
        self._response, self._reader = response, _Reader()

    @property
    def changes_cursor(self) -> str:
        """Where the change feed goes on from."""
        return self._reader.changes_cursor

    def __iter__(self) -> Iterator[Product]:
        try:
            for line in self._response.iter_lines():
                product = self._reader.product_of(line)
                if product is not None:
                    yield product
            self._reader.check()
        finally:
            self._response.close()


class AsyncExport:
    """As `Export`, for `async for`."""

    def __init__(self, response: httpx.Response) -> None:
        self._response, self._reader = response, _Reader()

    @property
    def changes_cursor(self) -> str:
        """Where the change feed goes on from."""
        return self._reader.changes_cursor

    async def __aiter__(self) -> AsyncIterator[Product]:
        try:
            async for line in self._response.aiter_lines():
                product = self._reader.product_of(line)
                if product is not None:
                    yield product
            self._reader.check()
        finally:
            await self._response.aclose()
