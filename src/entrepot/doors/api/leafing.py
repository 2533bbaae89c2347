"""The queue before the shelf: pages asked for while others are being read are read together as the next ones."""

import asyncio

import structlog

from entrepot.doors.api.problems import Problem
from entrepot.doors.api.threads import busy, in_thread
from entrepot.reports.pages import Page, Walk, read_pages

AT_ONCE = 2  # reads under way; the other threads are left to other questions
PRODUCTS_AT_ONCE = 1_000
MAX_WAITING = 5_000
log = structlog.get_logger()


class Leafer:
    """Reads pages of products for whoever asks. A page is read after it was asked for, never before, and never kept."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Walk, asyncio.Future[Page]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading = 0
        self._under_way = 0

    async def page(self, walk: Walk) -> Page:
        """Return a page. Raises Problem `busy` when too many wait or the database is away."""
        if len(self._waiting) >= MAX_WAITING:
            raise busy()
        future: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        self._waiting.append((walk, future))
        if self._reading < AT_ONCE:
            self._reading += 1
            task = asyncio.get_running_loop().create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _drain(self) -> None:
        while batch := self._next():
            self._under_way += 1
            try:
                pages = await in_thread(read_pages, [walk for walk, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                if not isinstance(error, Problem):
                    log.exception("pages_failed", pages=len(batch))
                continue
            finally:
                self._under_way -= 1
            for (_, future), page in zip(batch, pages, strict=True):
                if not future.done():
                    future.set_result(page)
        # With nothing awaited in between, nobody joins a queue whose last reader has gone.
        self._reading -= 1

    def _next(self) -> list[tuple[Walk, asyncio.Future[Page]]]:
        """Take those who have waited longest, as many as are read at once, and at least one.

        Where the other readers have nothing to do they are left their share: they read it meanwhile.
        """
        share = -(-len(self._waiting) // (AT_ONCE - self._under_way))
        count = products = 0
        for walk, _ in self._waiting[:share]:
            products += walk.limit
            if count and products > PRODUCTS_AT_ONCE:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch


LEAFER = Leafer()
