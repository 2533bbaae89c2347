"""A local copy of the catalogue in SQLite, for asynchronous malls: a walk over the products, then the change feed, proved by the digest."""

import asyncio
import time
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from entrepot_sdk.async_client import AsyncEntrepot
from entrepot_sdk.catalogue import HELD_BACK_AT_MOST_S, LOOK_AGAIN_S, Copy, Step, drift
from entrepot_sdk.errors import EntrepotError


class AsyncMirror(Copy):
    """The same copy, in the same file, for `AsyncEntrepot`: what talks to the platform is awaited, what reads the file is
    not, since it takes no longer than a page of products to write. One process and one task at a time."""

    def __init__(self, mall: AsyncEntrepot, *, path: Path | str, scope: str | None = None) -> None:
        super().__init__(path=path, scope=scope)
        self._mall = mall

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    async def sync(self, *, wait_s: int = 0) -> int:
        """Bring the copy up to date and return how many changes came; the first time it walks all products.

        With `wait_s` it waits so long for news when there is none. An expired cursor begins a new walk, during which
        the old copy stays readable.
        """
        return await self._run(self._syncing(wait_s))

    async def prove(self, *, attempts: int = 10) -> int:
        """Return how many SKUs the copy holds, proved equal to the platform's in price and stock by its digest.

        What the platform may not tell yet, because an older transaction of its still runs, is waited for. Raises
        DriftError when they differ though nothing changed while both were read, EntrepotError when things kept changing.
        """
        for _ in range(attempts):
            await self._catch_up()
            theirs = await self._mall.digest(scope=self._scope)
            own = self._own_digest()
            if own == (theirs.skus, theirs.digest):
                return own[0]
            if await self._catch_up() == 0 and await self._mall.digest(scope=self._scope) == theirs:
                raise drift(own, (theirs.skus, theirs.digest))
        raise EntrepotError(f"things kept changing: no moment to compare in {attempts} attempts")

    async def _catch_up(self) -> int:
        """Follow until nothing is held back any more, for as long as a transaction may last, and return how many changes came."""
        count, until = await self.sync(), time.monotonic() + HELD_BACK_AT_MOST_S
        while self._is_held_back and time.monotonic() < until:
            await asyncio.sleep(LOOK_AGAIN_S)
            count += await self.sync()
        return count

    async def _run(self, steps: Generator[Step, Any, int]) -> int:
        try:
            step = next(steps)
            while True:
                try:
                    answer = await step(self._mall)
                except EntrepotError as refusal:
                    step = steps.throw(refusal)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            return int(end.value)
        finally:
            steps.close()
