"""Callbacks as a mall receives them: verified, signed, in its own queue, repeated, logged."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from entrepot.base import scope
from entrepot.base.sealing import new_secret
from entrepot.callbacks import dispatch, jobs, queue, rules, sending
from entrepot.callbacks.actions import (
    read_endpoint,
    renew_secret,
    replay,
    secret_of,
    send_test,
    set_endpoint,
    try_again,
)
from entrepot.callbacks.queries import calls_of, events_after
from entrepot.callbacks.queue import Tried, challenge_body
from entrepot.callbacks.rules import Fault
from entrepot.callbacks.sending import Outcome, signed_headers
from entrepot.callbacks.sorting import sort_out
from entrepot_sdk.callbacks import challenge_answer, read_callback
from tests.callbacks.conftest import MakeReceiver, eventually
from tests.callbacks.receiver import Behaviour, Handler, dripping, endless, silent
from tests.world import STAFF, World, rows

MakeCalled = Callable[..., Any]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats come within a second."""
    monkeypatch.setattr(rules, "WAITS_S", (0,) * rules.ATTEMPTS)
    monkeypatch.setattr(dispatch, "ADOPT_S", 0.1)


def state_of(party: Any) -> str:
    """The state of a party's address."""
    return str(read_endpoint(party.pk).state)


def is_ready(party: Any) -> bool:
    """Whether a party's address is active and has been told of his money, and nothing more waits for it."""
    states = {state for state, _ in queue_of(party)}
    return state_of(party) == "active" and "delivered" in states and "waiting" not in states


def queue_of(party: Any) -> list[tuple[str, int]]:
    """State and attempts of every message of a party, in order."""
    return rows("select state, attempts from callbacks_message where distributor_id = %s order by seq", party.pk)


def test_an_order_is_told_signed_and_in_order(
    world: World, dispatcher: None, called: MakeCalled, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    mall, other = called(receiver.url), called(make_receiver().url)
    eventually(lambda: state_of(mall) == "active")
    article = world.article(stock=50)
    order = world.place(mall, (article, 2))
    world.capture(order)
    world.ship(order)

    def is_whole() -> bool:
        """Calls go out side by side: what was told last may come first."""
        told = {one.seq: one.type for one in events_of(mall)}
        return "order.shipped" in told.values() and {event["seq"] for event in receiver.events()} >= told.keys()

    eventually(is_whole)
    secret = secret_of(read_endpoint(mall.pk))
    assert all(call.is_genuine(secret) for call in receiver.calls)
    events = sorted(receiver.events(), key=lambda event: int(event["seq"]))
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    told = [(event["type"], event["data"]["version"]) for event in events if event["data"].get("object") == "order"]
    assert [kind for kind, _ in told] == ["order.held", "order.confirmed", "order.shipped"]
    assert [version for _, version in told] == sorted({version for _, version in told})
    assert {event["data"]["id"] for event in events if event["data"]["object"] == "order"} == {str(order.id)}
    assert all(len(call.body) < 20_000 for call in receiver.calls)
    assert [part for part in ("王*", "138****0000", "浙江省", "西湖区") if part in str(events)] == []
    assert [told.type for told in events_of(mall)][: len(events)] == [event["type"] for event in events]
    assert "order.held" not in [told.type for told in events_of(other)]


def events_of(party: Any) -> list[Any]:
    """What a party can pull."""
    return events_after(0, distributor_id=party.pk, limit=500)


def test_the_clients_receiver_answers_the_challenge() -> None:
    body, secret = challenge_body("c0ffee"), new_secret()
    headers = signed_headers("evt_c0ffee", body=body, secret=secret, now_s=int(time.time()))
    told = {name.decode(): value.decode() for name, value in headers}
    event = read_callback(told, body=body, secrets_live=[secret])
    assert challenge_answer(event) == b"c0ffee" and event.seq == 0


def test_an_address_is_called_once_it_has_answered(
    world: World, quick: None, dispatcher: None, called: MakeCalled, make_receiver: MakeReceiver
) -> None:
    stranger = make_receiver(answers_challenge=False)
    party = called(stranger.url)
    world.credit(party, 100)
    eventually(lambda: state_of(party) == "disabled")
    assert len(stranger.calls) == rules.ATTEMPTS and stranger.events() == []
    assert read_endpoint(party.pk).reason == "wrong_challenge"
    own = make_receiver()
    set_endpoint(party.pk, url=own.url, actor=STAFF)
    eventually(lambda: state_of(party) == "active")
    world.credit(party, 200)
    eventually(lambda: "balance.credited" in [event["type"] for event in own.events()])
    assert len(stranger.calls) == rules.ATTEMPTS


def test_a_failing_mall_is_tried_again_then_given_up_and_replayed(
    world: World, quick: None, dispatcher: None, called: MakeCalled, make_receiver: MakeReceiver
) -> None:
    statuses = iter([500, 302, 404, *[200] * 5, *[503] * 50])

    def moody(handler: Handler) -> None:
        handler.reply(next(statuses), Location="http://127.0.0.1:1/", Retry_After="0")

    receiver = make_receiver()
    party = called(receiver.url)
    eventually(lambda: is_ready(party))
    receiver.behaviour = moody
    send_test(party.pk, actor=STAFF)
    eventually(lambda: queue_of(party)[-1:] == [("delivered", 4)])
    with scope.distributor(party.pk, read_only=True):
        log = [(call.status, call.type) for call in calls_of(party.pk)[:4]]
    assert [status for status, _ in log] == [200, 404, 302, 500]
    receiver.behaviour = lambda handler: handler.reply(503)
    send_test(party.pk, actor=STAFF)
    eventually(lambda: queue_of(party)[-1:] == [("dead", rules.ATTEMPTS)])
    assert state_of(party) == "active", "a day of failing is not five"
    receiver.behaviour = lambda handler: handler.reply(200)
    before = len(receiver.events())
    assert replay(party.pk, actor=STAFF, only_dead=True) == 1
    eventually(lambda: queue_of(party)[-1:] == [("delivered", 1)])
    assert len(receiver.events()) == before + 1


def test_gone_and_long_failing_addresses_are_disabled(
    world: World, quick: None, dispatcher: None, called: MakeCalled, make_receiver: MakeReceiver
) -> None:
    gone, failing = make_receiver(), make_receiver()
    party, late = called(gone.url), called(failing.url)
    eventually(lambda: is_ready(party) and is_ready(late))
    gone.behaviour = lambda handler: handler.reply(410)
    failing.behaviour = lambda handler: handler.reply(500)
    before = len(gone.events())
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "update callbacks_endpoint set failing_since = now() - interval '121 hours' where distributor_id = %s",
            [late.pk],
        )
    send_test(party.pk, actor=STAFF)
    send_test(late.pk, actor=STAFF)
    eventually(lambda: (state_of(party), state_of(late)) == ("disabled", "disabled"))
    eventually(lambda: "endpoint.disabled" in [told.type for told in events_of(party)])
    assert len(gone.events()) == before + 1
    gone.behaviour = lambda handler: handler.reply(200)
    try_again(party.pk, actor=STAFF)
    eventually(lambda: is_ready(party))
    assert "webhook.test" in [event["type"] for event in gone.events()[before + 1 :]]


def test_why_an_address_is_called_no_more_is_told_of_each_and_can_be_pulled(world: World, called: MakeCalled) -> None:
    gone, failing, mute = (called(f"https://mall.example/{name}") for name in ("gone", "failing", "mute"))
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "update callbacks_endpoint set state = 'active', failing_since = now() - interval '121 hours'"
            " where distributor_id = any(%s)",
            [[gone.pk, failing.pk]],
        )
    send_test(gone.pk, actor=STAFF)
    eventually(lambda: sort_out() and queue_of(gone))
    (due,) = queue.due_messages({gone.pk: 1}, busy=[])
    queue.write_down([Tried(due, Outcome(410, b"", None, 1), "waiting", 5)])
    (asked,) = [one for one in queue.unverified() if one.distributor_id == mute.pk]
    queue.verified(asked, reason=Fault("wrong_challenge"), wait_s=None)
    for party, code in ((gone, "gone"), (failing, "failing"), (mute, "wrong_challenge")):
        assert (state_of(party), read_endpoint(party.pk).reason) == ("disabled", code)

        def pulled(party: Any = party) -> list[Any]:
            sort_out()
            return [told.data for told in events_of(party) if told.type == "endpoint.disabled"]

        eventually(pulled)
        (data,) = pulled()
        assert (json.loads(data) if isinstance(data, str) else data)["reason_code"] == code


@pytest.fixture
def is_over(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set at the test's end; calls that do not end by themselves are waited for until then, and not ten seconds."""
    monkeypatch.setattr(sending, "TOTAL_S", 280)
    over = threading.Event()
    yield over
    over.set()


def tell_beside(
    hostile: list[Behaviour], *, world: World, called: MakeCalled, make_receiver: MakeReceiver
) -> Callable[[], bool]:
    """Keep as many calls to each hostile mall under way as one may have, then tell another: has it heard all five?"""
    receivers = [make_receiver(behaviour) for behaviour in hostile]
    malls = [called(receiver.url) for receiver in receivers]
    good = make_receiver()
    party = called(good.url)
    eventually(lambda: is_ready(party) and all(state_of(mall) == "active" for mall in malls))
    for mall in malls:
        for _ in range(20):
            send_test(mall.pk, actor=STAFF)
    # What it is told of money counts as well: a mall that never answers has heard of that first.
    eventually(lambda: all(len(receiver.events()) >= dispatch.AT_ONCE for receiver in receivers))
    for _ in range(5):
        send_test(party.pk, actor=STAFF)
    return lambda: len(good.tests()) == 5


def test_a_hostile_receiver_harms_only_itself(
    world: World,
    quick: None,
    dispatcher: None,
    called: MakeCalled,
    make_receiver: MakeReceiver,
    is_over: threading.Event,
) -> None:
    hostile = [dripping(is_over), endless, silent(is_over)]
    has_heard = tell_beside(hostile, world=world, called=called, make_receiver=make_receiver)
    eventually(has_heard, within_s=60)
    assert not is_over.is_set() and has_heard(), "the calls of the others have not ended, and never do"


def test_a_limit_that_all_malls_share_lets_them_harm_others(
    world: World,
    quick: None,
    dispatcher: None,
    called: MakeCalled,
    make_receiver: MakeReceiver,
    is_over: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "ALL_AT_ONCE", 2 * dispatch.AT_ONCE)
    hostile = [silent(is_over), silent(is_over)]
    has_heard = tell_beside(hostile, world=world, called=called, make_receiver=make_receiver)
    time.sleep(3)
    assert not has_heard(), "its callbacks wait for calls that do not end"
    is_over.set()
    eventually(has_heard)  # so it was those calls that kept them back


def test_a_changed_secret_holds_from_the_next_call_on(
    world: World, dispatcher: None, called: MakeCalled, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    party = called(receiver.url)
    eventually(lambda: state_of(party) == "active")
    secret = renew_secret(party.pk, actor=STAFF)
    send_test(party.pk, actor=STAFF)
    eventually(lambda: receiver.tests())
    assert receiver.calls[-1].is_genuine(secret)


def test_types_that_are_not_wanted_can_be_pulled(
    world: World, dispatcher: None, called: MakeCalled, make_receiver: MakeReceiver
) -> None:
    receiver = make_receiver()
    party = called(receiver.url, types=["balance.credited"])
    eventually(lambda: state_of(party) == "active")
    send_test(party.pk, actor=STAFF)
    world.credit(party, 100)
    eventually(lambda: receiver.events() and "webhook.test" in [told.type for told in events_of(party)])
    assert {event["type"] for event in receiver.events()} == {"balance.credited"}


def test_what_commits_late_keeps_its_place_and_is_told_once(world: World, called: MakeCalled) -> None:
    party = called("")
    sort_out()
    written, may_commit = threading.Event(), threading.Event()

    def late() -> None:
        with scope.platform():
            send_test(party.pk, actor=STAFF)
            written.set()
            may_commit.wait(20)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert written.wait(20)
    world.credit(party, 100)
    while sort_out():
        continue
    early = [told.type for told in events_of(party)]
    may_commit.set()
    thread.join(20)

    def is_sorted() -> bool:
        sort_out()
        return {"webhook.test", "balance.credited"} <= {told.type for told in events_of(party)}

    eventually(is_sorted)
    assert "webhook.test" not in early
    told = events_of(party)
    assert [item.seq for item in told] == list(range(1, len(told) + 1))
    assert len({item.event_id for item in told}) == len(told)


def test_what_is_older_than_a_month_is_forgotten_as_fast_as_it_grows_old(
    world: World, dispatcher: None, called: MakeCalled, make_receiver: MakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = make_receiver()
    party = called(receiver.url)
    eventually(lambda: is_ready(party))
    for _ in range(5):
        send_test(party.pk, actor=STAFF)
    eventually(lambda: len(receiver.tests()) == 5 and is_ready(party))
    total = rows("select count(*) from callbacks_message where distributor_id = %s", party.pk)[0][0]
    with scope.desk(), connection.cursor() as cursor:
        for table, column in (("callbacks_attempt", "at"), ("callbacks_message", "created_at")):
            cursor.execute(
                f"update {table} set {column} = {column} - interval '31 days' where distributor_id = %s", [party.pk]
            )
    send_test(party.pk, actor=STAFF)
    eventually(lambda: len(receiver.tests()) == 6 and is_ready(party))
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    assert jobs.forget(threading.Event()) >= 2 * total, "calls and messages, in batches of two"
    assert [told.type for told in events_of(party)] == ["webhook.test"]
    with scope.distributor(party.pk, read_only=True):
        assert len(calls_of(party.pk)) == 1
    stop = threading.Event()
    stop.set()
    assert jobs.forget(stop) == 0
