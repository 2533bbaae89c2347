"""The dispatcher: sorts the outbox into queues and empties each mall's queue at its own pace."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Any, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection

from entrepot.base.addresses import Network
from entrepot.callbacks import queue
from entrepot.callbacks.queue import Due, Tried, Unverified
from entrepot.callbacks.rules import VERIFY, Fault, is_success, wait_before
from entrepot.callbacks.sending import Caller, Outcome, signed_headers
from entrepot.callbacks.sorting import BATCH, sort_out
from entrepot.callbacks.stocks import EVERY_S as STOCK_S
from entrepot.callbacks.stocks import follow_stock

Result = TypeVar("Result")
LOOK_S = 0.1
PACE_S = 0.05  # while there is something to do: so much of it is done at once
ADOPT_S = 2.0
AT_ONCE = 16  # calls under way to one mall
AT_ONCE_FAILING = 1  # to one that fails: it is asked with a single call whether it is back
FAILING_AFTER = 5
ALL_AT_ONCE = 1_000
AHEAD = 100  # messages of one mall that are fetched before their turn, so that a quick one waits for no database
ALL_AHEAD = 5_000
QUICK_MS = 500
_chance = random.SystemRandom()
log = structlog.get_logger()


@dataclass(slots=True)
class _Lane:
    """One mall's messages in this process: those whose turn comes, and how many calls are under way.

    `has_more`: when they were fetched, there were as many as were asked for.
    """

    at_once: int = AT_ONCE
    ahead: int = AT_ONCE
    turn: deque[Due] = field(default_factory=deque)
    under_way: int = 0
    has_more: bool = False


class Dispatcher:
    """Runs until `stop` is set. One for the whole platform at a time: whoever starts it sees to that."""

    def __init__(self, stop: Event, *, allowed: Sequence[Network] = ()) -> None:
        self._stop = stop
        self._allowed = allowed
        self._busy: dict[int, Due] = {}
        self._lanes: dict[int, _Lane] = {}
        self._under_way = 0
        self._hunger = asyncio.Event()
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
                if done < BATCH:
                    await self._pause(PACE_S if done or started else LOOK_S)
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

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until a lane has been emptied that may have more."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hunger.wait(), seconds)

    async def _send_due(self, caller: Caller) -> int:
        """Fetch what is due into the lanes, start what may start, and return how many messages were fetched."""
        self._hunger.clear()
        waiting = await self._in_store(queue.busy_endpoints)
        for distributor_id, lane in list(self._lanes.items()):
            if not (lane.turn or lane.under_way or distributor_id in waiting):
                del self._lanes[distributor_id]
        for distributor_id, failures in waiting.items():
            lane = self._lanes.setdefault(distributor_id, _Lane())
            lane.at_once = AT_ONCE_FAILING if failures >= FAILING_AFTER else AT_ONCE
        slots = self._free(waiting)

        def find() -> list[Due]:
            return queue.due_messages(slots, busy=list(self._busy))

        found = await self._in_store(find)
        for due in found:
            self._busy[due.id] = due
            self._lanes[due.distributor_id].turn.append(due)
        counts = Counter(due.distributor_id for due in found)
        for distributor_id, asked in slots.items():
            self._lanes[distributor_id].has_more = counts[distributor_id] >= asked
        for distributor_id in list(self._lanes):
            self._go_on(distributor_id, caller)
        return len(found)

    def _free(self, waiting: Iterable[int]) -> dict[int, int]:
        """Return how many messages may be fetched for each mall: fewer than half of its lane is not worth the asking."""
        lanes = {distributor_id: self._lanes[distributor_id] for distributor_id in waiting}
        share = max(1, (ALL_AHEAD - len(self._busy)) // max(1, len(lanes)))
        slots = {}
        for distributor_id, lane in lanes.items():
            ahead = min(lane.ahead if lane.at_once > AT_ONCE_FAILING else AT_ONCE_FAILING, share)
            held = len(lane.turn) + lane.under_way
            if ahead - held >= max(1, ahead // 2) or held < lane.at_once <= ahead:
                slots[distributor_id] = ahead - held
        return slots if len(self._busy) < ALL_AHEAD else {}

    def _go_on(self, distributor_id: int, caller: Caller) -> None:
        """Start the calls of a mall whose turn has come."""
        lane = self._lanes[distributor_id]
        while lane.turn and lane.under_way < lane.at_once and self._under_way < ALL_AT_ONCE and not self._stop.is_set():
            lane.under_way += 1
            self._under_way += 1
            self._start(self._send(lane.turn.popleft(), caller))
        if lane.has_more and not lane.turn and lane.under_way < lane.at_once:
            self._hunger.set()

    def _let_go(self, lane: _Lane) -> None:
        """Give messages whose turn has not come back to the queue: what holds for their mall has changed."""
        for due in lane.turn:
            self._busy.pop(due.id, None)
        lane.turn.clear()
        lane.has_more = False

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
            outcome = Outcome(None, b"", Fault("failed_inside"), 0, headers=headers)
        tried = judged(due, outcome)
        self._tried.append(tried)
        self._under_way -= 1
        lane = self._lanes[due.distributor_id]
        lane.under_way -= 1
        lane.ahead = AHEAD if tried.state == "delivered" and outcome.took_ms < QUICK_MS else AT_ONCE
        if tried.state != "delivered":
            self._let_go(lane)
        self._go_on(due.distributor_id, caller)

    async def _write_down(self) -> None:
        if not self._tried:
            return
        tried, self._tried = self._tried, []
        try:
            for distributor_id in await self._in_store(queue.write_down, tried):
                log.warning("endpoint_disabled", distributor=distributor_id)
                if distributor_id in self._lanes:
                    self._let_go(self._lanes[distributor_id])
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
            reason = _answered(asked.challenge, outcome)
            wait_s = wait_before(asked.tries + 2, chance=_chance.randint(0, 100), asked_s=outcome.retry_after_s)

            def keep() -> None:
                queue.log_call(asked.distributor_id, event_type=VERIFY, url=asked.url, request=body, outcome=outcome)
                queue.verified(asked, reason=reason, wait_s=wait_s)

            await self._in_store(keep)
        except (OperationalError, InterfaceError) as error:
            log.warning("challenge_not_kept", distributor=asked.distributor_id, error=str(error)[:200])
        finally:
            self._asking.discard(asked.distributor_id)


def _close() -> None:
    # Looked up in the thread whose connection it is.
    connection.close()


def judged(due: Due, outcome: Outcome) -> Tried:
    """Return what becomes of a message after a call that went so."""
    if outcome.status is not None and not outcome.fault and is_success(outcome.status):
        return Tried(due, outcome, "delivered", 0)
    wait_s = wait_before(due.attempts + 2, chance=_chance.randint(0, 100), asked_s=outcome.retry_after_s)
    return Tried(due, outcome, "dead", 0) if wait_s is None else Tried(due, outcome, "waiting", wait_s)


def _answered(challenge: str, outcome: Outcome) -> Fault | None:
    """Return why an answer is not the challenge, None when it is, plain or as `{"challenge": …}`."""
    if outcome.fault is not None:
        return outcome.fault
    if outcome.status is None or not is_success(outcome.status):
        return Fault("http_status", {"status": outcome.status})
    return None if challenge in queue.challenges_in(outcome.answer) else Fault("wrong_challenge")
