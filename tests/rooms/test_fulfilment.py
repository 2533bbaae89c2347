"""What is agreed with suppliers about taking lines on, what stands in, and what time does with lines nobody took on."""

import json
import threading
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.fulfilment import actions, jobs
from entrepot.orders.queries import order_views
from entrepot.reports.verify import verify
from entrepot.trade import terms
from entrepot.trade.acceptances import Reroute
from entrepot.trade.books import OrderRow
from tests import audit
from tests.world import STAFF, World, rows, taken


def words(order: OrderRow) -> list[tuple[Any, ...]]:
    """Line, supplier and state of everything that was asked about an order."""
    return rows("select line_no, supplier_id, state from orders_acceptance where order_id = %s order by 1", order.id)


def log_of(kind: str, number: Any) -> list[tuple[Any, ...]]:
    return rows(
        "select verb, before, after from events_operation where object_kind = %s and object_id = %s order by id",
        kind,
        str(number),
    )


def lapse_all() -> int:
    return jobs.lapse(threading.Event())


@pytest.fixture
def house(world: World) -> Any:
    """Put the platform's own terms back as they were."""
    yield None
    actions.set_house_terms(policy="ask", minutes=1440, actor="system")


def test_terms_hold_from_the_next_order_and_are_on_record(world: World, admin: str) -> None:
    mall, supplier = world.distributor(funds_fen=10**6), world.supplier()
    article = world.article(supplier=supplier, stock=20)
    first = world.place(mall, (article, 1), mode="direct")
    for _ in range(2):
        actions.set_terms(supplier.pk, minutes=30, policy="refund", actor=admin)
    second, held = world.place(mall, (article, 1), mode="direct"), world.place(mall, (article, 1))
    world.capture(held)
    assert (words(first), words(second), words(held)) == (
        [],
        [(1, supplier.pk, "waiting")],
        [(1, supplier.pk, "waiting")],
    )
    assert rows(
        "select round(extract(epoch from a.accept_by - o.confirmed_at)) from orders_acceptance a"
        " join orders_order o on o.id = a.order_id where o.id = %s",
        held.id,
    ) == [(1800,)]
    actions.set_terms(supplier.pk, minutes=None, policy="", actor=admin)
    assert words(world.place(mall, (article, 1), mode="direct")) == []
    assert words(second) == [(1, supplier.pk, "waiting")], "what was agreed when it was drawn stays"
    assert [(verb, json.loads(after)) for verb, _, after in log_of("supplier", supplier.pk)] == [
        ("acceptance.terms", {"acceptance_minutes": 30, "unsupplied": "refund"}),
        ("acceptance.terms", {"acceptance_minutes": None, "unsupplied": ""}),
    ]


@pytest.mark.parametrize(
    ("minutes", "policy", "field"), [(0, "", "minutes"), (43_201, "", "minutes"), (5, "x", "policy")]
)
def test_terms_that_make_no_sense_are_refused(world: World, minutes: int, policy: str, field: str) -> None:
    with pytest.raises(Mistake) as wrong:
        actions.set_terms(world.supplier().pk, minutes=minutes, policy=policy, actor="system")
    assert wrong.value.field == field
    with pytest.raises(Mistake):
        actions.set_terms(world.supplier(is_own=True).pk, minutes=5, policy="", actor="system")


def test_substitutes_are_named_once_and_dropped(world: World, admin: str) -> None:
    first, second = world.article(), world.article()
    for place in (2, 1):
        row = actions.name_substitute(first.code, substitute=second.code, place=place, may_lose=False, actor=admin)
    assert rows("select place from fulfilment_substitute where sku_id = %s", first.sku_id) == [(1,)]
    for code in (first.code, "nowhere"):
        with pytest.raises(Mistake):
            actions.name_substitute(first.code, substitute=code, place=1, may_lose=False, actor=admin)
    actions.drop_substitute(row.pk, actor=admin)
    assert rows("select count(*) from fulfilment_substitute where sku_id = %s", first.sku_id) == [(0,)]
    verbs = [verb for verb, *_ in log_of("sku", first.sku_id)]
    assert verbs == ["substitute.added", "substitute.changed", "substitute.removed"]


def test_time_does_with_each_line_what_was_agreed(world: World, house: None) -> None:
    mall = world.distributor(funds_fen=10**7, fee_rate_bps=500)
    quick, asks, plain = world.supplier(), world.supplier(), world.supplier()
    world.ask_first(quick, minutes=60, policy="reroute")
    world.ask_first(asks, minutes=60)
    first = world.article(supplier=quick, stock=20, supply_price_fen=1000, supplier_price_fen=900)
    lonely = world.article(supplier=quick, stock=20)
    left = world.article(supplier=asks, stock=20)
    dear = world.article(supplier=plain, stock=20, supply_price_fen=2000)
    good = world.article(supplier=plain, stock=20, supply_price_fen=1200, supplier_price_fen=950)
    for place, one in enumerate((dear, good), start=1):
        actions.name_substitute(first.code, substitute=one.code, place=place, may_lose=False, actor="system")
    order = world.place(mall, (first, 2), (lonely, 1), (left, 1), (first, 1), mode="direct")
    actions.accept_lines(quick.pk, orders={order.id: [4]}, actor=STAFF)
    lapse_all()  # what other tests have left behind
    assert (lapse_all(), {word for *_, word in words(order)}) == (0, {"waiting", "accepted"})
    world.let_time_pass(order, 1, 2, 3)
    assert lapse_all() == 3
    assert lapse_all() == 0
    assert words(order) == [
        (1, plain.pk, "accepted"),
        (2, quick.pk, "closed"),
        (3, asks.pk, "overdue"),
        (4, quick.pk, "accepted"),
    ]
    assert rows("select actor, amount_fen from orders_refund where order_id = %s", order.id) == [("system", 1050)]
    assert (world.stock(first), world.stock(good), world.stock(lonely)) == ((20, 1), (20, 2), (20, 0))
    actions.set_house_terms(policy="refund", minutes=1440, actor="system")
    late = world.place(mall, (left, 1), mode="direct")
    world.let_time_pass(late)
    assert lapse_all() == 1 and world.state(late) == "refunded"
    skus = [article.sku_id for article in (first, lonely, left, dear, good)]
    assert audit.faults(distributors=[mall.pk], skus=skus) == []


def test_a_line_is_never_sent_back_to_where_it_came_from(world: World) -> None:
    mall = world.distributor(funds_fen=10**7)
    one, two = world.supplier(), world.supplier()
    for supplier in (one, two):
        world.ask_first(supplier, minutes=60, policy="reroute")
    first, second = (world.article(supplier=supplier, stock=5) for supplier in (one, two))
    actions.name_substitute(first.code, substitute=second.code, place=1, may_lose=False, actor="system")
    actions.name_substitute(second.code, substitute=first.code, place=1, may_lose=False, actor="system")
    order = world.place(mall, (first, 5), mode="direct")
    answer = actions.refuse_lines(one.pk, order_id=order.id, lines=[1], reason="停产", actor=STAFF)
    assert answer.facts["rerouted"] == [1] and words(order) == [(1, two.pk, "waiting")]
    with pytest.raises(Mistake):
        actions.refuse_lines(two.pk, order_id=order.id, lines=[1], reason=" ", actor=STAFF)
    answer = actions.refuse_lines(two.pk, order_id=order.id, lines=[1], reason="缺货", actor=STAFF)
    assert answer.facts["refunded"] == [1] and world.state(order) == "refunded"
    assert (world.stock(first), world.stock(second), world.money(mall)) == ((5, 0), (5, 0), (10**7, 0))
    assert world.events(order) == [
        "order.confirmed",
        "order.lines_refused",
        "order.line_rerouted",
        "order.lines_refused",
        "order.refunded",
    ]


def test_the_rest_of_a_line_sent_in_part_goes_out_by_a_substitute(world: World) -> None:
    mall = world.distributor(funds_fen=10**7, fee_rate_bps=500)
    one, two = world.supplier(), world.supplier()
    world.ask_first(one, minutes=60, policy="reroute")
    first = world.article(supplier=one, stock=9, supply_price_fen=1000, supplier_price_fen=800)
    second = world.article(supplier=two, stock=9, supply_price_fen=1200, supplier_price_fen=950)
    actions.name_substitute(first.code, substitute=second.code, place=1, may_lose=False, actor="system")
    order = world.place(mall, (first, 5), mode="direct")
    actions.accept_lines(one.pk, orders={order.id: [1]}, actor=STAFF)
    taken(world.ship(order, supplier_id=one.pk, pieces={1: 2}))
    answer = actions.refuse_lines(one.pk, order_id=order.id, lines=[1], reason="断货", actor=STAFF)
    assert answer.is_accepted and answer.facts["rerouted"] == [1], answer
    lines = rows("select line_no, sku_code, supplier_id, qty, amount_fen, shipped_qty from orders_line"
                 " where order_id = %s order by 1", order.id)  # fmt: skip
    assert lines == [(1, first.code, one.pk, 2, 2100, 2), (2, second.code, two.pk, 3, 3150, 0)]
    assert rows("select line_no, sku_code, qty from orders_formerline where order_id = %s", order.id) == [
        (2, first.code, 3)
    ]
    assert (world.stock(first), world.stock(second)) == ((7, 0), (9, 3))
    taken(world.refund(order, pieces={2: 1}))
    taken(world.ship(order, supplier_id=two.pk))
    assert world.state(order) == "shipped"
    taken(world.receive(order))
    taken(world.complete(order))
    owed = rows("select supplier_id, amount_fen from ledger_transfer where order_id = %s and kind = 'settle_supplier'"
                " order by supplier_id", order.id)  # fmt: skip
    assert owed == [(one.pk, 1600), (two.pk, 1900)]
    assert world.money(mall) == (10**7 - 4 * 1050, 0)
    assert audit.faults(distributors=[mall.pk], skus=[first.sku_id, second.sku_id]) == []
    named = {f"{order.id}{part}" for part in ("", "/1", "/2", f"/{one.pk}", f"/{two.pk}")}
    assert [row for row in verify()["differences"] if row["id"] in named] == []


def test_the_deed_of_a_supplier_is_on_record_and_the_refund_is_the_systems(world: World) -> None:
    mall, supplier = world.distributor(funds_fen=10**6), world.supplier()
    world.ask_first(supplier, minutes=60, policy="refund")
    article = world.article(supplier=supplier, stock=5)
    order = world.place(mall, (article, 1), (article, 1), mode="direct")
    who = f"supplier/{supplier.pk}/7/陈师傅"
    answers = actions.accept_lines(supplier.pk, orders={order.id: [1], 1: []}, actor=who)
    assert [answers[order.id].is_accepted, answers[1].is_accepted] == [True, False]
    actions.refuse_lines(supplier.pk, order_id=order.id, lines=[2], reason="断货", actor=who)
    found = rows(
        "select verb, actor_name, reason from events_operation where object_kind = 'order' and object_id = %s order by id",
        str(order.id),
    )
    assert found == [("order.lines_accepted", "陈师傅", ""), ("order.lines_refused", "陈师傅", "断货")]
    assert rows("select actor, reason from orders_refund where order_id = %s", order.id) == [("system", "断货")]


def test_a_sheet_of_asks_is_answered_one_by_one(world: World) -> None:
    mall, supplier = world.distributor(funds_fen=10**6), world.supplier()
    world.ask_first(supplier, minutes=60)
    article = world.article(supplier=supplier, stock=5)
    good, late = (world.place(mall, (article, 1), mode="direct") for _ in range(2))
    world.let_time_pass(late)
    answers = actions.accept_lines(supplier.pk, orders={good.id: [], late.id: []}, actor=STAFF)
    assert answers[good.id].is_accepted
    assert [fault.facts["why"] for fault in answers[late.id].faults] == ["too_late"]
    refund = terms.RefundBeforeShipping(good.id, "R1", STAFF, "")
    assert world.run(refund).is_accepted and words(good) == [(1, supplier.pk, "closed")]


def test_a_mall_is_shown_the_sku_it_ordered_however_often_its_line_went_elsewhere(world: World) -> None:
    mall = world.distributor(funds_fen=10**7)
    articles = [world.article(stock=9) for _ in range(3)]
    order = world.place(mall, (articles[0], 3), mode="direct")
    taken(world.run(Reroute(order.id, 1, articles[1].code, STAFF, "断货")))
    taken(world.ship(order, supplier_id=articles[1].supplier_id, pieces={1: 1}))
    taken(world.run(Reroute(order.id, 1, articles[2].code, STAFF, "断货")))
    with scope.distributor(mall.pk):
        shown = order_views([order.id])[order.id].lines
    assert [(line.sku_code, line.qty) for line in shown.values()] == [(articles[0].code, 1), (articles[0].code, 2)]
    former = rows("select line_no, place, sku_code from orders_formerline where order_id = %s order by 1, 2", order.id)
    assert former == [(1, 1, articles[0].code), (2, 1, articles[0].code), (2, 2, articles[1].code)]
