"""What time itself does: holds lapse, funded orders go on, receipt and completion come, the ledger is sealed."""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError

from entrepot.base import scope
from entrepot.doors.worker.jobs import EACH_MINUTE, EACH_ROUND, Job
from entrepot.ledger import seals
from entrepot.orders import due
from entrepot.stock.queries import allotments_to_tend
from entrepot.trade import desk
from entrepot.trade.terms import Complete, Expire, Receive, Release, TendAllotment

HOLDS_AT_MOST = 500
BATCH = 100
MINUTE_S = 60
BY_TIME = "by time"
log = structlog.get_logger()


class Rounds:
    """One worker's rounds; a round leaves early, between two batches, once `stop` is set."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._next_slow = 0.0

    def make(self) -> int:
        """Make one round and return how many asks took effect. The slower work is done once a minute."""
        done = self._expire() + self._release() + self._do(EACH_ROUND)
        if time.monotonic() >= self._next_slow:
            self._next_slow = time.monotonic() + MINUTE_S
            done += self._receive() + self._complete() + self._tend()
            done += self._do(EACH_MINUTE)
            self._seal()
        return done

    def _do(self, jobs: Mapping[str, Job]) -> int:
        """Do the rooms' jobs; one that fails is on record and does not keep the others from their turn."""
        done = 0
        for name, job in jobs.items():
            if self._stop.is_set():
                break
            try:
                count = job(self._stop)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                log.exception("job_failed", job=name)
                continue
            done += count
            if count:
                log.info(name, count=count)
        return done

    def _expire(self) -> int:
        return self._run(lambda: due.lapsed_holds(HOLDS_AT_MOST), ask=Expire, verb="expired")

    def _release(self) -> int:
        return self._run(lambda: due.payable_distributors(HOLDS_AT_MOST), ask=Release, verb="released")

    def _receive(self) -> int:
        days = settings.RECEIPT_AFTER_DAYS
        return self._run(
            lambda: due.long_shipped(HOLDS_AT_MOST, days=days),
            ask=lambda order_id: Receive(order_id, actor="system", reason=BY_TIME),
            verb="received",
        )

    def _complete(self) -> int:
        days = settings.COMPLETION_AFTER_DAYS
        return self._run(
            lambda: due.long_received(HOLDS_AT_MOST, days=days),
            ask=lambda order_id: Complete(order_id, actor="system", reason=BY_TIME),
            verb="completed",
        )

    def _tend(self) -> int:
        return self._run(
            lambda: allotments_to_tend(HOLDS_AT_MOST),
            ask=lambda found: TendAllotment(found[1], found[0]),
            verb="tended",
        )

    def _run(self, find: Callable[[], Sequence[Any]], *, ask: Callable[[Any], Any], verb: str) -> int:
        """Ask the desk for everything that is due, batch by batch; what was changed by others meanwhile is refused."""
        if self._stop.is_set():
            return 0
        with scope.desk(read_only=True):
            ids = find()
        done = 0
        for start in range(0, len(ids), BATCH):
            if self._stop.is_set():
                break
            part = ids[start : start + BATCH]
            for row_id, outcome in zip(part, desk.run_each([ask(row_id) for row_id in part]), strict=True):
                if isinstance(outcome, Exception):
                    log.error("not_done", verb=verb, id=row_id, exc_info=outcome)
                elif outcome.is_accepted and not outcome.is_replay:
                    done += 1
        if done:
            log.info(verb, count=done)
        return done

    def _seal(self) -> None:
        if self._stop.is_set():
            return
        seal = seals.seal_now()
        if seal is not None:
            log.info("sealed", seal=seal.id, rows=seal.rows, hash=seal.hash.hex())
