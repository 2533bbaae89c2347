"""Every verb in every state of an order: taken, answered again, or refused; refused changes nothing."""

import copy
from collections.abc import Callable

import pytest

from entrepot.trade import terms
from entrepot.trade.books import OrderRow
from tests.rules.ready_books import Shop

# What becomes of the order: a state it goes to, `again` for the same answer as before, `no` for a refusal.
# `held, due` is a hold whose time is over and which nobody has let lapse yet; `no, lapses` refuses and ends it.
EDGES: dict[str, dict[str, str]] = {
    "capture": {
        "held": "confirmed",
        "held, due": "no, lapses",
        "awaiting_funds": "again",
        "confirmed": "again",
        "partly_shipped": "again",
        "shipped": "again",
        "received": "again",
        "completed": "again",
        "cancelled": "no",
        "expired": "no",
        "rejected": "no",
        "refunded": "again",
    },
    "capture without money": {
        "held": "awaiting_funds",
        "held, due": "no, lapses",
        "awaiting_funds": "again",
    },
    "cancel": {
        "held": "cancelled",
        "held, due": "no, lapses",
        "awaiting_funds": "cancelled",
        "confirmed": "no",
        "partly_shipped": "no",
        "shipped": "no",
        "received": "no",
        "completed": "no",
        "cancelled": "again",
        "expired": "no",
        "rejected": "no",
        "refunded": "no",
    },
    "expire": {
        "held": "no",
        "held, due": "expired",
        "awaiting_funds": "no",
        "confirmed": "no",
        "partly_shipped": "no",
        "shipped": "no",
        "received": "no",
        "completed": "no",
        "cancelled": "no",
        "expired": "again",
        "rejected": "no",
        "refunded": "no",
    },
    "ship": {
        "held": "no",
        "held, due": "no",
        "awaiting_funds": "no",
        "confirmed": "shipped",
        "partly_shipped": "shipped",
        "shipped": "no",
        "received": "no",
        "completed": "no",
        "cancelled": "no",
        "expired": "no",
        "rejected": "no",
        "refunded": "no",
    },
    "ship one piece": {"confirmed": "partly_shipped", "partly_shipped": "partly_shipped"},
    "receive": {
        "held": "no",
        "held, due": "no",
        "awaiting_funds": "no",
        "confirmed": "no",
        "partly_shipped": "no",
        "shipped": "received",
        "received": "again",
        "completed": "again",
        "cancelled": "no",
        "expired": "no",
        "rejected": "no",
        "refunded": "no",
    },
    "complete": {
        "held": "no",
        "held, due": "no",
        "awaiting_funds": "no",
        "confirmed": "no",
        "partly_shipped": "no",
        "shipped": "no",
        "received": "completed",
        "completed": "again",
        "cancelled": "no",
        "expired": "no",
        "rejected": "no",
        "refunded": "no",
    },
    "refund": {
        "held": "no",
        "held, due": "no",
        "awaiting_funds": "no",
        "confirmed": "refunded",
        "partly_shipped": "shipped",
        "shipped": "no",
        "received": "no",
        "completed": "no",
        "cancelled": "no",
        "expired": "no",
        "rejected": "no",
        "refunded": "no",
    },
    "refund one piece": {"confirmed": "confirmed", "partly_shipped": "partly_shipped"},
    "refund of another": dict.fromkeys(
        ("held", "confirmed", "shipped", "completed", "cancelled", "expired", "refunded", "rejected"), "not there"
    ),
    "capture of another": {"held": "not there", "confirmed": "not there", "expired": "not there"},
    "cancel of another": {"held": "not there", "cancelled": "not there"},
    "receive of another": {"shipped": "not there", "received": "not there"},
    "complete of another": {"received": "not there", "completed": "not there"},
    "ship of another": {"confirmed": "not there", "shipped": "not there"},
}
STATES = tuple(EDGES["capture"])
VERBS: dict[str, Callable[[OrderRow], terms.Ask]] = {
    "capture": lambda order: terms.Capture(order.id, "system", 1),
    "capture without money": lambda order: terms.Capture(order.id, "system", 1),
    "cancel": lambda order: terms.Cancel(order.id, "system", 1),
    "expire": lambda order: terms.Expire(order.id),
    "ship": lambda order: terms.Ship(order.id, 2, "sf", "new", "system"),
    "ship one piece": lambda order: terms.Ship(order.id, 2, "sf", "new", "system", {1: 1}),
    "receive": lambda order: terms.Receive(order.id, "system", 1),
    "complete": lambda order: terms.Complete(order.id, "system", 1),
    "refund": lambda order: terms.RefundBeforeShipping(order.id, "new", "system", "", {}, 1),
    "refund one piece": lambda order: terms.RefundBeforeShipping(order.id, "new", "system", "", {1: 1}, 1),
    "refund of another": lambda order: terms.RefundBeforeShipping(order.id, "new", "system", "", {}, 3),
    "capture of another": lambda order: terms.Capture(order.id, "system", 3),
    "cancel of another": lambda order: terms.Cancel(order.id, "system", 3),
    "receive of another": lambda order: terms.Receive(order.id, "system", 3),
    "complete of another": lambda order: terms.Complete(order.id, "system", 3),
    "ship of another": lambda order: terms.Ship(order.id, 5, "sf", "new", "system"),
}


def order_in(state: str, *, is_poor: bool = False) -> tuple[Shop, OrderRow]:
    """An order of 4 pieces brought to a state by the verbs themselves; one of the pieces is shipped when partly."""
    shop = Shop()
    is_poor = is_poor or state == "awaiting_funds"
    shop.distributor(1, balance_fen=0 if is_poor else 100_000, funds_policy="check" if is_poor else "hold")
    shop.sku("A")
    order = shop.place(("A", 4))
    if state == "held, due":
        shop.move_time(seconds=900)
    elif state == "cancelled":
        shop.ask(terms.Cancel(order.id, "system"))
    elif state == "expired":
        shop.move_time(seconds=900)
        shop.ask(terms.Expire(order.id))
    elif state == "rejected":
        shop.ask(terms.Cancel(order.id, "system"))
        order.state = "rejected"  # no verb leads there yet
    elif state != "held":
        shop.ask(terms.Capture(order.id, "system"))
    if state == "partly_shipped":
        shop.ship(order, pieces={1: 1})
    elif state == "refunded":
        shop.refund(order, "all")
    elif state in ("shipped", "received", "completed"):
        shop.ship(order)
    if state in ("received", "completed"):
        shop.ask(terms.Receive(order.id, "system"))
    if state == "completed":
        shop.ask(terms.Complete(order.id, "system"))
    assert order.state == state.removesuffix(", due")
    return shop, order


@pytest.mark.parametrize(("verb", "state"), [(verb, state) for verb, edges in EDGES.items() for state in edges])
def test_edge(verb: str, state: str) -> None:
    shop, order = order_in(state, is_poor=verb == "capture without money")
    before, was = copy.deepcopy(shop.books), order.state
    answer = shop.ask(VERBS[verb](order))
    outcome = EDGES[verb][state]
    if outcome == "no, lapses":
        assert answer.refusal is terms.Refusal.STATE_CONFLICT
        assert answer.faults[0].facts == {"state": "expired"}
        assert order.state == "expired"
        assert shop.money()[1] == 0
        assert shop.levels() == [(100, 0)]
        return
    if outcome in ("no", "again", "not there"):
        assert shop.books == before, "nothing changes"
    if outcome == "no":
        assert answer.refusal is terms.Refusal.STATE_CONFLICT
        is_drawn = verb == "cancel" and was not in ("expired", "rejected", "refunded")
        assert answer.faults[0].facts == {"state": was} | ({"why": "drawn"} if is_drawn else {})
    elif outcome == "not there":
        assert answer.refusal is terms.Refusal.NOT_FOUND
        assert answer.order is None
    elif outcome == "again":
        assert (answer.is_accepted, answer.is_replay, answer.order) == (True, True, order)
    else:
        assert (answer.is_accepted, answer.is_replay) == (True, False)
        assert order.state == outcome
        assert order.version == before.orders[order.id].version + 1
        assert len(shop.books.events) > len(before.events)


def test_every_state_is_tried_with_every_verb() -> None:
    for verb in ("capture", "cancel", "expire", "ship", "receive", "complete", "refund"):
        assert set(EDGES[verb]) == set(STATES), verb
    assert set(VERBS) == set(EDGES)


@pytest.mark.parametrize("state", STATES)
def test_the_same_number_is_answered_again_whatever_became_of_it(state: str) -> None:
    shop, order = order_in(state)
    shop.books.distributors[1].state = "suspended"
    shop.books.skus["A"].goods_state = "unlisted"
    before = copy.deepcopy(shop.books)
    answer = shop.try_place(("A", 4), out_order_no=order.out_order_no)
    assert (answer.is_accepted, answer.is_replay, answer.order) == (True, True, order)
    other = shop.try_place(("A", 4), out_order_no=order.out_order_no, content_hash=b"other")
    assert (other.refusal, other.order) == (terms.Refusal.NUMBER_REUSED, order)
    assert shop.books == before


@pytest.mark.parametrize("state", ["partly_shipped", "shipped", "received", "completed"])
def test_the_same_parcel_is_answered_again(state: str) -> None:
    shop, order = order_in(state)
    ((supplier, tracking_no),) = order.tracking_nos
    before = copy.deepcopy(shop.books)
    answer = shop.ask(terms.Ship(order.id, supplier, "sf", tracking_no, "system", {1: 1}))
    assert (answer.is_accepted, answer.is_replay) == (True, True)
    assert shop.books == before


def test_an_unknown_order_is_not_there() -> None:
    shop, order = order_in("held")
    order.id, unknown = 1, order
    shop.books.orders = {}
    for ask in VERBS.values():
        assert shop.ask(ask(unknown)).refusal is terms.Refusal.NOT_FOUND
