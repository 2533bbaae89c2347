"""Promise 16: how long after its commit a change is on the feed, and with the mall that is called."""

import threading
import time
from collections.abc import Mapping, Sequence

from entrepot.catalog.actions import set_promotions
from entrepot.catalog.rules import PROMOTIONS
from entrepot_sdk import Entrepot
from tests.callbacks.receiver import Receiver
from tests.world import STAFF

P95_S = 2.0
PATIENCE_S = 120.0
# No more than a mall is told of one by one: very many at once come as one.
AT_MOST = 20
EVERY_S = 0.3


def change_one_by_one(goods_ids: Sequence[int]) -> dict[int, float]:
    """Change goods one after the other; return when each was committed."""
    assert len(goods_ids) <= AT_MOST
    at = {}
    for turn, goods_id in enumerate(goods_ids):
        set_promotions(goods_id, promotions=[PROMOTIONS[turn % len(PROMOTIONS)]], actor=STAFF)
        at[goods_id] = time.monotonic()
        time.sleep(EVERY_S)
    return at


class Follower:
    """A mall that waits on the feed, in a thread of its own; `seen` says when it first read of a product."""

    def __init__(self, client: Entrepot) -> None:
        self._client = client
        self._cursor = client.changes().next_cursor
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self.seen: dict[int, float] = {}

    def __enter__(self) -> "Follower":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def _follow(self) -> None:
        while not self._is_over.is_set():
            page = self._client.changes(cursor=self._cursor, types="product", wait_s=5)
            self._cursor = page.next_cursor
            for change in page.items:
                self.seen.setdefault(int(change.id), time.monotonic())


def heard(receiver: Receiver) -> dict[int, float]:
    """When each product's change first came to a receiver."""
    found: dict[int, float] = {}
    for call in receiver.calls:
        if call.event["type"] == "product.updated":
            found.setdefault(int(call.event["data"]["id"]), call.at)
    return found


def p95_s(committed: Mapping[int, float], told: Mapping[int, float]) -> float:
    """Return the 95th percentile of the seconds between commit and telling. Raises AssertionError if one was not told."""
    missing = committed.keys() - told.keys()
    assert not missing, f"{len(missing)} of {len(committed)} changes were never told"
    delays = sorted(told[key] - at for key, at in committed.items())
    return delays[(len(delays) * 95 - 1) // 100]
