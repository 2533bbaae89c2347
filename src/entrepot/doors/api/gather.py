"""The queue before the desk: what arrives while the last batch is being written goes as the next one."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from entrepot.base.stages import STAGES
from entrepot.doors.api.problems import Problem
from entrepot.doors.api.threads import busy, guarded
from entrepot.trade import desk
from entrepot.trade.terms import Answer

MAX_BATCH = 200
MAX_WAITING = 5_000
log = structlog.get_logger()


class Gatherer:
    """Hands asks to the desk in batches; one desk at a time, so that a hot article is one lock a batch."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Any, asyncio.Future[Answer]]] = []
        self._desk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self._task: asyncio.Task[None] | None = None

    async def ask(self, ask: Any) -> Answer:
        """Return the desk's answer to one ask. Raises Problem `busy` when too many wait or the database is away."""
        (future,) = self._queue([ask])
        return await future

    async def ask_each(self, asks: list[Any]) -> list[Answer | BaseException]:
        """Return the desk's answer to each ask, or what kept it from one; they may be spread over several batches."""
        return await asyncio.gather(*self._queue(asks), return_exceptions=True)

    def _queue(self, asks: list[Any]) -> list[asyncio.Future[Answer]]:
        if len(self._waiting) + len(asks) > MAX_WAITING:
            raise busy()
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Answer]] = [loop.create_future() for _ in asks]
        self._waiting += zip(asks, futures, strict=True)
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._drain())
        return futures

    async def together(self, asks: list[Any]) -> list[Answer]:
        """Return the desk's answers to asks that stand or fall together."""
        return await asyncio.get_running_loop().run_in_executor(self._desk, guarded, _together, asks)

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            started = time.perf_counter()
            try:
                answers = await loop.run_in_executor(self._desk, guarded, _run, [ask for ask, _ in batch])
            except Exception as error:
                if not isinstance(error, Problem):
                    log.exception("desk_failed", asks=len(batch))
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            STAGES.add("desk", time.perf_counter() - started, count=len(batch))
            for (_, future), found in zip(batch, answers, strict=True):
                if future.done():
                    continue
                if isinstance(found, Exception):
                    if not isinstance(found, Problem):
                        log.error("ask_failed", exc_info=found)
                    future.set_exception(found)
                else:
                    future.set_result(found)


def _run(asks: list[Any]) -> list[Answer | Exception]:
    return [
        Problem("request_in_progress") if isinstance(outcome, desk.Busy) else outcome for outcome in desk.run_each(asks)
    ]


def _together(asks: list[Any]) -> list[Answer]:
    try:
        return desk.run_together(asks)
    except desk.Busy as error:
        raise Problem("request_in_progress") from error


GATHERER = Gatherer()
