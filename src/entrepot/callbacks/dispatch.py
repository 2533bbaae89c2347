"""The dispatcher: sorts the outbox into queues and empties each mall's queue at its own pace."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection

from entrepot.callbacks import queue
from entrepot.callbacks.queue import Due, Tried, Unverified
from entrepot.callbacks.rules import VERIFY, Network, is_success, wait_before
from entrepot.callbacks.sending import Caller, Outcome, signed_headers
from entrepot.callbacks.sorting import sort_out
from entrepot.callbacks.stocks import EVERY_S as STOCK_S
from entrepot.callbacks.stocks import follow_stock

Result = TypeVar("Result")
LOOK_S = 0.1
ADOPT_S = 2.0
AT_ONCE = 16  # calls under way to one mall
AT_ONCE_FAILING = 1  # to one that fails: it is asked with a single call whether it is back
FAILING_AFTER = 5
ALL_AT_ONCE = 1_000
_chance = random.SystemRandom()
log = structlog.get_logger()


class Dispatcher:
    """Runs until `stop` is set. One for the whole platform at a time: whoever starts it sees to that."""

    def __init__(self, stop: Event, *, allowed: Sequence[Network] = ()) -> None:
        self._stop = stop
        self._allowed = allowed
        self._busy: dict[int, Due] = {}
        self._tried: list[Tried] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking: set[int] = set()
        self._store = ThreadPoolExecutor(max_workers=1, thread_name_prefix="callbacks")

    def run(self) -> None:
        """Work in this thread until told to stop; calls under way are waited for, and what they brought is kept."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        caller = Caller(allowed=self._allowed)
        next_adoption = next_stock = 0.0
        failures = 0
        try:
            while not self._stop.is_set():
                try:
                    if time.monotonic() >= next_adoption:
                        next_adoption = time.monotonic() + ADOPT_S
                        await self._in_store(queue.adopt_addresses)
                        await self._challenge(caller)
                    done = await self._in_store(sort_out)
                    if time.monotonic() >= next_stock:
                        next_stock = time.monotonic() + STOCK_S
                        await self._in_store(follow_stock)
                    started = await self._send_due(caller)
                    await self._write_down()
                    failures = 0
                except (OperationalError, InterfaceError) as error:
                    failures += 1
                    log.warning("callbacks_without_database", failures=failures, error=str(error)[:200])
                    await asyncio.sleep(min(2.0, 0.1 * 2**failures))
                    continue
                if not (done or started):
                    await asyncio.sleep(LOOK_S)
            if self._tasks:
                await asyncio.wait(self._tasks)
            await self._write_down()
        finally:
            await caller.close()
            await self._in_store(_close)
            self._store.shutdown()

    async def _in_store(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Await database work in the one thread that has the connection; a lost connection is thrown away."""

        def guarded() -> Result:
            try:
                return work(*arguments)
            except (OperationalError, InterfaceError):
                connection.close()
                raise

        return await asyncio.get_running_loop().run_in_executor(self._store, guarded)

    async def _send_due(self, caller: Caller) -> int:
        room = ALL_AT_ONCE - len(self._busy)
        if room <= 0:
            await asyncio.sleep(LOOK_S / 10)
            return 0
        under_way: dict[int, int] = {}
        for due in self._busy.values():
            under_way[due.distributor_id] = under_way.get(due.distributor_id, 0) + 1
        waiting = await self._in_store(queue.busy_endpoints)
        slots = {
            distributor_id: free
            for distributor_id, failing in waiting.items()
            if (free := (AT_ONCE_FAILING if failing >= FAILING_AFTER else AT_ONCE) - under_way.get(distributor_id, 0))
            > 0
        }

        def find() -> list[Due]:
            return queue.due_messages(slots, busy=list(self._busy))

        found = (await self._in_store(find))[:room]
        for due in found:
            self._busy[due.id] = due
            self._start(self._send(due, caller))
        return len(found)

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, due: Due, caller: Caller) -> None:
        headers = signed_headers(f"evt_{due.event_id}", body=due.body, secret=due.secret, now_s=int(time.time()))
        try:
            outcome = await caller.post(due.url, body=due.body, headers=headers)
        except Exception:
            # Whatever it is, it is this message's: it keeps its place in the queue and is tried again.
            log.exception("callback_failed", message=due.id, url=due.url)
            outcome = Outcome(None, b"", "the call failed inside", 0)
        self._tried.append(_judged(due, outcome))

    async def _write_down(self) -> None:
        if not self._tried:
            return
        tried, self._tried = self._tried, []
        try:
            for distributor_id in await self._in_store(queue.write_down, tried):
                log.warning("endpoint_disabled", distributor=distributor_id)
        except (OperationalError, InterfaceError):
            self._tried = tried + self._tried
            raise
        for item in tried:
            self._busy.pop(item.due.id, None)

    async def _challenge(self, caller: Caller) -> None:
        for asked in await self._in_store(queue.unverified):
            if asked.distributor_id not in self._asking:
                self._asking.add(asked.distributor_id)
                self._start(self._ask(asked, caller))

    async def _ask(self, asked: Unverified, caller: Caller) -> None:
        try:
            body = queue.challenge_body(asked.challenge)
            headers = signed_headers(f"evt_{asked.challenge}", body=body, secret=asked.secret, now_s=int(time.time()))
            outcome = await caller.post(asked.url, body=body, headers=headers)
            is_right, reason = _answered(asked.challenge, outcome)
            wait_s = wait_before(asked.tries + 2, chance=_chance.randint(0, 100), asked_s=outcome.retry_after_s)

            def keep() -> None:
                queue.log_call(asked.distributor_id, event_type=VERIFY, url=asked.url, request=body, outcome=outcome)
                queue.verified(asked, is_right=is_right, reason=reason, wait_s=wait_s)

            await self._in_store(keep)
        except (OperationalError, InterfaceError) as error:
            log.warning("challenge_not_kept", distributor=asked.distributor_id, error=str(error)[:200])
        finally:
            self._asking.discard(asked.distributor_id)


def _close() -> None:
    # Looked up in the thread whose connection it is.
    connection.close()


def _judged(due: Due, outcome: Outcome) -> Tried:
    if outcome.status is not None and not outcome.fault and is_success(outcome.status):
        return Tried(due, outcome, "delivered", 0)
    wait_s = wait_before(due.attempts + 2, chance=_chance.randint(0, 100), asked_s=outcome.retry_after_s)
    return Tried(due, outcome, "dead", 0) if wait_s is None else Tried(due, outcome, "waiting", wait_s)


def _answered(challenge: str, outcome: Outcome) -> tuple[bool, str]:
    """Return whether an answer is the challenge, plain or as `{"challenge": …}`, and otherwise why not."""
    if outcome.fault:
        return False, outcome.fault
    if outcome.status is None or not is_success(outcome.status):
        return False, f"HTTP {outcome.status}"
    if challenge in queue.challenges_in(outcome.answer):
        return True, ""
    return False, "the answer is not the challenge"
