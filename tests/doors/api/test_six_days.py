"""A mall that is down for six days loses nothing, and what it is told twice and in any order does it no harm (17, 18).

The days pass in the database's own columns: whatever waits for a moment is moved towards it, and nobody waits.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from entrepot.base import scope
from entrepot.callbacks import queue, sorting
from entrepot.callbacks.actions import read_endpoint, secret_of, set_endpoint, try_again
from entrepot.callbacks.dispatch import judged
from entrepot.callbacks.rules import ATTEMPTS, WAITS_S
from entrepot.callbacks.sending import Caller, signed_headers
from entrepot.catalog.actions import set_promotions
from entrepot.catalog.rules import PROMOTIONS
from entrepot_sdk import Entrepot, Mirror
from entrepot_sdk.callbacks import read_callback
from entrepot_sdk.shapes import Event
from tests.callbacks.conftest import LOOPBACK, dispatching, eventually
from tests.callbacks.receiver import Received, Receiver
from tests.doors.api.mall import Mall
from tests.doors.api.serving import Served
from tests.world import STAFF, Article, World, rows, sorted_to_the_end

HOUR_S, DAY_S = 3_600, 86_400
EVERY_S = 12 * HOUR_S
DAYS = 6
_NEXT = """
select extract(epoch from min(m.next_at) - clock_timestamp())::float8
from callbacks_message m join callbacks_endpoint p using (distributor_id)
where distributor_id = %s and m.state = 'waiting' and p.state = 'active'
"""
Told = dict[str, Any]


@dataclass
class Outage:
    """A mall whose receiver is gone; `clock_s` counts the seconds that have passed since."""

    world: World
    mall: Mall
    article: Article
    since_id: int
    clock_s: float = 0.0
    facts: int = 0
    disabled_at_s: float = 0.0
    dead_at_s: list[float] = field(default_factory=list)

    def live(self, days: int) -> None:
        """Let so many days pass; every half a day something happens that the mall should hear of."""
        next_fact_s = 0.0
        while self.clock_s < days * DAY_S:
            if self.clock_s >= next_fact_s:
                self._happen()
                next_fact_s += EVERY_S
            while self._attempt():
                self._look()
            due_s = rows(_NEXT, self._id)[0][0]
            # A minute at least: attempts that fall close together are made together.
            self._pass(min(next_fact_s - self.clock_s, DAY_S if due_s is None else max(due_s, 60.0)))

    def _happen(self) -> None:
        self.facts += 1
        self.world.credit(self.mall.party, 100 + self.facts)
        order = self.world.place(self.mall.party, (self.article, 1))
        self.world.capture(order)
        wanted = PROMOTIONS[:2] if self.facts % 2 else PROMOTIONS[:1]
        set_promotions(self.article.goods_id, promotions=wanted, actor=STAFF)
        sorted_to_the_end()

    def _attempt(self) -> int:
        """Call the mall with all that is due now, and write down how it went."""
        if read_endpoint(self.mall.party.pk).state != "active":
            return 0
        due = queue.due_messages({self.mall.party.pk: 100}, busy=[])
        queue.write_down([judged(one, outcome) for one, outcome in zip(due, asyncio.run(_called(due)), strict=True)])
        return len(due)

    def _look(self) -> None:
        dead = rows("select count(*) from callbacks_message where distributor_id = %s and state = 'dead'", self._id)[0][
            0
        ]
        self.dead_at_s += [self.clock_s] * (dead - len(self.dead_at_s))
        if not self.disabled_at_s and read_endpoint(self._id).state == "disabled":
            self.disabled_at_s = self.clock_s

    @property
    def _id(self) -> int:
        return int(self.mall.party.pk)

    def _pass(self, seconds: float) -> None:
        with scope.desk(), connection.cursor() as cursor:
            for table, columns in (
                ("callbacks_message", ("next_at", "created_at")),
                ("callbacks_endpoint", ("next_try_at", "failing_since")),
            ):
                moved = ", ".join(f"{name} = {name} - make_interval(secs => %(s)s)" for name in columns)
                cursor.execute(
                    f"update {table} set {moved} where distributor_id = %(id)s", {"s": seconds, "id": self._id}
                )
        self.clock_s += seconds


async def _called(due: Sequence[queue.Due]) -> list[Any]:
    caller = Caller(allowed=LOOPBACK)
    try:
        return [
            await caller.post(
                one.url,
                body=one.body,
                headers=signed_headers(f"evt_{one.event_id}", body=one.body, secret=one.secret, now_s=1),
            )
            for one in due
        ]
    finally:
        await caller.close()


def outage(world: World, mall: Mall) -> tuple[Outage, int]:
    """Six days without a receiver; returns also the port at which it was."""
    article = world.article(stock=1000)
    sorted_to_the_end()  # the queues begin with what happens after they were first looked at
    since_id = rows("select max(id) from events_event")[0][0]
    with Receiver() as receiver, dispatching():
        set_endpoint(mall.party.pk, url=receiver.url, actor=STAFF)
        eventually(lambda: read_endpoint(mall.party.pk).state == "active" and not waiting(mall))
    found = Outage(world, mall, article, since_id)
    found.live(DAYS)
    return found, receiver.port


def waiting(mall: Mall) -> int:
    """How many messages wait for a mall."""
    sorted_to_the_end()
    statement = "select count(*) from callbacks_message where distributor_id = %s and state = 'waiting'"
    return int(rows(statement, mall.party.pk)[0][0])


def pulled(client: Entrepot) -> list[Event]:
    """All that a mall can pull, page by page."""
    found: list[Event] = []
    cursor = None
    while True:
        page = client.events_page(cursor=cursor, limit=20)
        found += page.items
        cursor = page.next_cursor
        if not page.has_more:
            return found


def lost(found: Outage, told: Sequence[Event]) -> list[str]:
    """The facts addressed to a mall that are not among what it was told, and the gaps."""
    statement = "select id from events_event where distributor_id = %s and id > %s order by id"
    facts = rows(statement, found.mall.party.pk, found.since_id)
    known = {event.id for event in told}
    seqs = [event.seq for event in told]
    gaps = sorted(set(range(1, max(seqs, default=0) + 1)) - set(seqs))
    return [f"fact {key}" for (key,) in facts if f"evt_{key}" not in known] + [f"gap {gap}" for gap in gaps]


def mirrored(events: Sequence[Event], *, is_naive: bool = False) -> dict[tuple[str, str], Told]:
    """What a mall knows that keeps of each object the highest version, or naively what came last."""
    known: dict[tuple[str, str], Told] = {}
    for event in events:
        key = (str(event.data.get("object")), str(event.data.get("id")))
        before = known.get(key)
        if is_naive or before is None or event.data.get("version", 0) >= before.get("version", 0):
            known[key] = event.data
    return known


def test_six_days_without_a_receiver_lose_nothing(world: World, mall: Mall, served: Served, tmp_path: Path) -> None:
    with (
        Entrepot(served.url, key=mall.key, secret=mall.secret) as client,
        Mirror(client, path=tmp_path / "mirror") as mirror,
    ):
        mirror.sync()
        found, port = outage(world, mall)
        whole_s = sum(WAITS_S)
        assert found.dead_at_s and 0.9 * whole_s <= found.dead_at_s[0] <= 1.1 * whole_s
        assert 5 * DAY_S <= found.disabled_at_s <= 5 * DAY_S + EVERY_S
        attempts = rows("select max(attempts) from callbacks_message where distributor_id = %s", mall.party.pk)
        assert attempts == [(ATTEMPTS,)]
        told = pulled(client)
        assert lost(found, told) == []
        kinds = [event.type for event in told]
        assert kinds.count("order.confirmed") == found.facts == DAYS * DAY_S // EVERY_S
        assert "endpoint.disabled" in kinds
        assert mirror.prove() > 0, "the feed tells the latest state, however long nobody asked"
        assert mirror.price_stock(found.article.code) == (1050, 1000 - found.facts)
        heard = back_again(mall, client, port=port)
    assert {event.id for event in told} <= {call.event["id"] for call in heard}
    secret = secret_of(read_endpoint(mall.party.pk))
    repeated = [*heard, *heard, *heard]
    random.Random(18).shuffle(repeated)
    events = [read_callback(call.headers, body=call.body, secrets_live=[secret]) for call in repeated]
    in_order = mirrored(sorted(told, key=lambda event: event.seq))
    assert {key: mirrored(events)[key] for key in in_order} == in_order
    naive = mirrored(events, is_naive=True)
    assert {key: naive[key] for key in in_order} != in_order, "who keeps what came last is not in step"


def back_again(mall: Mall, client: Entrepot, *, port: int) -> list[Received]:
    """The receiver comes back and has everything sent once more; returns the calls without the challenge."""
    with Receiver(at_port=port) as receiver, dispatching():
        try_again(mall.party.pk, actor=STAFF)
        eventually(lambda: read_endpoint(mall.party.pk).state == "active" and not waiting(mall))
        assert client.replay_events(first_seq=1) > 0
        eventually(lambda: not waiting(mall))
        return [call for call in receiver.calls if call.event["type"] != "webhook.verify"]


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Plants it that nothing is written down for a mall that cannot be called."""

    def plant() -> None:
        only_called = " where n.state in ('pending', 'active')\n"
        monkeypatch.setattr(sorting, "_NUMBER", sorting._NUMBER.rstrip() + only_called)

    return plant


def test_a_queue_that_forgets_whom_it_cannot_call_is_found(
    world: World, mall: Mall, served: Served, forgetful: Callable[[], None]
) -> None:
    forgetful()
    found, _port = outage(world, mall)
    with Entrepot(served.url, key=mall.key, secret=mall.secret) as client:
        assert lost(found, pulled(client)) != []
