"""Long polls: one look at the database a moment serves everybody who waits for something to change."""

import asyncio
from collections.abc import Callable

import structlog

from entrepot.doors.api.problems import Problem
from entrepot.doors.api.threads import in_thread

LOOK_S = 0.3
log = structlog.get_logger()


class Watcher:
    """Looks at a number that rises with every change, for as long as somebody waits for it to rise."""

    def __init__(self, head: Callable[[], int]) -> None:
        self._head = head
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._task: asyncio.Task[None] | None = None

    async def head(self) -> int:
        """Return the number now."""
        return await in_thread(self._head)

    async def wait(self, seconds: float, *, since: int) -> None:
        """Return when the number has passed `since`, or when the time is over."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiting[future] = since
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._look())
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return
        finally:
            del self._waiting[future]

    async def _look(self) -> None:
        while self._waiting:
            try:
                now = await in_thread(self._head)
            except Problem:
                # The database is away: who waits goes on waiting, and asks for himself when his time is over.
                log.warning("watcher_without_database")
            else:
                for future, since in self._waiting.items():
                    if now > since and not future.done():
                        future.set_result(None)
            await asyncio.sleep(LOOK_S)
