"""A local copy of the catalogue in SQLite: a walk over the products, then the change feed, proved by the digest."""

import time
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from entrepot_sdk.catalogue import HELD_BACK_AT_MOST_S, LOOK_AGAIN_S, Copy, DriftError, Step, drift
from entrepot_sdk.client import Entrepot
from entrepot_sdk.errors import EntrepotError

__all__ = ["DriftError", "Mirror"]


class Mirror(Copy):
    """Keeps a copy of what this distributor may sell, or with `scope="selection"` of what he selected. Every page is kept together with the cursor behind it, so that
    a copy that was killed goes on where it was. One process at a time; open it in the thread that uses it.

    What comes lies in the mall's warehouse, not listed: the mall lists it, and no sync ever touches that."""

    def __init__(self, mall: Entrepot, *, path: Path | str, scope: str | None = None) -> None:
        super().__init__(path=path, scope=scope)
        self._mall = mall

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def sync(self, *, wait_s: int = 0) -> int:
        """Bring the copy up to date and return how many changes came; the first time it walks all products.

        With `wait_s` it waits so long for news when there is none. An expired cursor begins a new walk, during which
        the old copy stays readable.
        """
        return self._run(self._syncing(wait_s))

    def prove(self, *, attempts: int = 10) -> int:
        """Return how many SKUs the copy holds, proved equal to the platform's in price and stock by its digest.

        What the platform may not tell yet, because an older transaction of its still runs, is waited for. Raises
        DriftError when they differ though nothing changed while both were read, EntrepotError when things kept changing.
        """
        for _ in range(attempts):
            self._catch_up()
            theirs = self._mall.digest(scope=self._scope)
            own = self._own_digest()
            if own == (theirs.skus, theirs.digest):
                return own[0]
            if self._catch_up() == 0 and self._mall.digest(scope=self._scope) == theirs:
                raise drift(own, (theirs.skus, theirs.digest))
        raise EntrepotError(f"things kept changing: no moment to compare in {attempts} attempts")

    def _catch_up(self) -> int:
        """Follow until nothing is held back any more, for as long as a transaction may last, and return how many changes came."""
        count, until = self.sync(), time.monotonic() + HELD_BACK_AT_MOST_S
        while self._is_held_back and time.monotonic() < until:
            time.sleep(LOOK_AGAIN_S)
            count += self.sync()
        return count

    def _run(self, steps: Generator[Step, Any, int]) -> int:
        try:
            step = next(steps)
            while True:
                try:
                    answer = step(self._mall)
                except EntrepotError as refusal:
                    step = steps.throw(refusal)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            return int(end.value)
        finally:
            steps.close()
