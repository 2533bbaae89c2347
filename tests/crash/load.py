"""Malls that never stop ordering, and remember what they were told."""

import random
import secrets
import sys
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from tests.doors.api.mall import Mall, Reply, order

FINAL = {200, 201}
AGAIN = {429, 502, 503, 504}
PATIENCE_S = 120
REFUSALS = {"insufficient_balance", "insufficient_stock", "state_conflict"}


@dataclass
class Promise:
    """What the platform has acknowledged of one order."""

    order_id: str
    state: str
    content: dict[str, Any]


@dataclass
class Tally:
    """What all malls together have seen."""

    kept: dict[tuple[str, str], Promise] = field(default_factory=dict)  # by key and number
    refused: set[tuple[str, str]] = field(default_factory=set)
    strange: list[str] = field(default_factory=list)
    repeated: int = 0
    replayed: int = 0


class Load:
    """Threads that order, confirm and cancel; each repeats what it does not know the outcome of until it knows."""

    def __init__(self, malls: list[Mall], *, skus: list[str], seed: int) -> None:
        self.tally = Tally()
        self._skus = skus
        self._stopping = threading.Event()
        self._give_up_at = float("inf")
        self.last = ""
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(mall, random.Random(f"{seed}/{place}")), daemon=True)
            for place, mall in enumerate(malls)
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let every thread finish what it has begun, but not wait for an answer for ever."""
        self._give_up_at = time.monotonic() + PATIENCE_S
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def acknowledged(self) -> int:
        """How many orders were acknowledged so far."""
        with self._lock:
            return len(self.tally.kept)

    def _work(self, mall: Mall, chance: random.Random) -> None:
        held: list[str] = []
        while not self._stopping.is_set():
            deed = chance.random()
            if deed < 0.25 and held:
                self._verb(mall, held.pop(chance.randrange(len(held))), "confirm", "confirmed")
            elif deed < 0.35 and held:
                self._verb(mall, held.pop(chance.randrange(len(held))), "cancel", "cancelled")
            elif deed < 0.45:
                self._batch(mall, chance)
            else:
                wanted = self._order(chance)
                reply = self._until_known(mall, "/orders", wanted)
                if self._note(mall, wanted, reply.status, reply.json) and wanted["mode"] == "hold":
                    held.append(wanted["out_order_no"])

    def _order(self, chance: random.Random) -> dict[str, Any]:
        mode = chance.choice(["hold", "direct"])
        return order(chance.choice(self._skus), qty=chance.randint(1, 3), number=secrets.token_hex(8), mode=mode)

    def _batch(self, mall: Mall, chance: random.Random) -> None:
        wanted = [self._order(chance) | {"mode": "direct"} for _ in range(chance.randint(1, 5))]
        content = {"out_batch_no": secrets.token_hex(8), "orders": wanted, "atomic": chance.random() < 0.5}
        while True:
            reply = self._until_known(mall, "/orders/batch", content)
            rows = reply.json["results"]
            if all(row["status"] not in AGAIN and not _is_in_progress(row.get("problem")) for row in rows):
                break
        for one, row in zip(wanted, rows, strict=True):
            self._note(mall, one, row["status"], row.get("order") or row["problem"])

    def _verb(self, mall: Mall, number: str, verb: str, state: str) -> None:
        promise = self.tally.kept[mall.key, number]
        reply = self._until_known(mall, f"/orders/{promise.order_id}/{verb}", {})
        if reply.status == 200:
            promise.state = state

    def _until_known(self, mall: Mall, path: str, content: Any) -> Reply:
        tries = 0
        while True:
            tries += 1
            try:
                reply = mall.post(path, content)
            except (OSError, HTTPException):
                reply = None
            if reply is None or reply.status in AGAIN or (reply.status == 409 and _is_in_progress(reply.json)):
                self.last = f"{path}: {reply.status} {reply.body.decode()}" if reply is not None else f"{path}: nothing"
                if time.monotonic() > self._give_up_at:
                    self.tally.strange.append(f"never answered: {self.last}")
                    sys.exit()
                time.sleep(0.05)
                continue
            with self._lock:
                self.tally.repeated += tries > 1
                self.tally.replayed += tries > 1 and "idempotent-replayed" in reply.headers
                if reply.status >= 400 and reply.code not in REFUSALS:
                    self.tally.strange.append(f"{path}: {reply.status} {reply.body.decode()}")
            return reply

    def _note(self, mall: Mall, wanted: dict[str, Any], status: int, body: Any) -> bool:
        name = (mall.key, wanted["out_order_no"])
        with self._lock:
            if status not in FINAL:
                self.tally.refused.add(name)
                return False
            self.tally.kept[name] = Promise(body["id"], body["state"], wanted)
            return True


def _is_in_progress(problem: Any) -> bool:
    return problem is not None and problem["code"] == "request_in_progress"


def check_promises(tally: Tally, malls: list[Mall]) -> None:
    """Look every order up: what was acknowledged is there as it was said, what was refused is not."""
    assert tally.strange == [], tally.strange[:5]
    by_key = {mall.key: mall for mall in malls}
    for (key, number), promise in tally.kept.items():
        reply = by_key[key].get(f"/orders/by-out-no/{number}")
        assert reply.status == 200, f"{number} was acknowledged and is lost"
        assert (reply.json["id"], reply.json["state"]) == (promise.order_id, promise.state), number
    for key, number in tally.refused:
        assert by_key[key].get(f"/orders/by-out-no/{number}").status == 404, number
