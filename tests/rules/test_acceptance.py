"""Lines that a shipper takes on, puts off, refuses or lets pass, and lines that go out by another."""

from datetime import date, timedelta

import pytest

from entrepot.base.refusals import Refusal
from entrepot.trade import terms
from entrepot.trade.acceptances import Accept, CannotSupply, ExtendAcceptance, LapseAcceptance, Reroute, Substitute
from tests.rules.ready_books import CLEARING, HOUSE, NOW, PAYABLE, PLATFORM, PREPAID, Shop

FUNDS = 10**9
DAY = 1440
SOON = date(2026, 6, 25)


def shop_of(**first: int) -> tuple[Shop, terms.OrderRow]:
    """3 of A and 2 of B of supplier 2, who is asked within a day; A2 of supplier 3 and OWN may stand in."""
    shop = Shop()
    shop.distributor(1, balance_fen=FUNDS, fee_rate_bps=500)
    shop.sku("A", price=1000, supplier_price_fen=800, acceptance_minutes=DAY, **first)
    shop.sku("B", price=500, supplier_price_fen=400, acceptance_minutes=DAY)
    shop.sku("A2", supplier=3, price=1100, supplier_price_fen=900)
    shop.sku("OWN", supplier=PLATFORM, price=1500)
    return shop, shop.place(("A", 3), ("B", 2), mode="direct")


def words(order: terms.OrderRow) -> list[str]:
    """What has been said about each line, empty where nobody was asked."""
    return [line.acceptance.state if line.acceptance else "" for line in order.lines.values()]


def whys(answer: terms.Answer) -> list[str]:
    """Why an ask was refused, fault by fault."""
    return [str(fault.facts.get("why", fault.refusal.code)) for fault in answer.faults]


def test_yesterday_in_china_is_past_while_the_server_still_has_it() -> None:
    shop, order = shop_of()
    shop.books.now = NOW.replace(hour=20)  # four in the morning of the 19th
    assert whys(accept(shop, order, 1, ship_by=date(2026, 6, 18))) == ["date_is_past"]
    assert accept(shop, order, 1, ship_by=date(2026, 6, 19)).is_accepted


def accept(shop: Shop, order: terms.OrderRow, *lines: int, ship_by: date | None = None) -> terms.Answer:
    return shop.ask(Accept(order.id, 2, "system", list(lines), ship_by))


def refuse(
    shop: Shop, order: terms.OrderRow, *lines: int, policy: str = "reroute", by: tuple[Substitute, ...] = ()
) -> terms.Answer:
    some = {line: list(by) for line in lines}
    return shop.ask(CannotSupply(order.id, 2, list(lines), policy, "停产", "system", some))


def lapse(shop: Shop, order: terms.OrderRow, line: int, *, policy: str = "refund") -> terms.Answer:
    return shop.ask(LapseAcceptance(order.id, line, policy))


def events(shop: Shop) -> list[str]:
    return [event.type for event in shop.books.events if event.object_kind == "order"]


def test_nobody_is_asked_unless_he_wants_to_be() -> None:
    shop, order = shop_of()
    assert words(shop.place(("A2", 1), ("OWN", 1), mode="direct")) == ["", ""]
    assert words(order) == ["waiting", "waiting"]
    assert order.lines[1].acceptance is not None and order.lines[1].acceptance.accept_by == NOW + timedelta(days=1)


def test_a_held_order_is_asked_about_once_it_is_drawn() -> None:
    shop, _ = shop_of()
    held = shop.place(("A", 1))
    assert words(held) == [""]
    shop.move_time(minutes=5)
    assert shop.ask(terms.Capture(held.id, "system")).is_accepted
    assert words(held) == ["waiting"]
    assert held.lines[1].acceptance is not None
    assert held.lines[1].acceptance.accept_by == NOW + timedelta(days=1, minutes=5)


def test_what_was_not_taken_on_is_not_sent() -> None:
    shop, order = shop_of()
    assert whys(shop.ship(order)) == ["not_accepted", "not_accepted"]
    assert accept(shop, order, 1).is_accepted
    assert whys(shop.ship(order, pieces={1: 1, 2: 1})) == ["not_accepted"]
    assert (order.state, order.lines[1].shipped_qty) == ("confirmed", 0)
    assert shop.ship(order).is_accepted, "all that was taken on"
    assert (order.state, order.lines[1].shipped_qty, order.lines[2].shipped_qty) == ("partly_shipped", 3, 0)
    assert whys(shop.ship(order)) == ["not_accepted"]


def test_all_that_waits_is_taken_on_once() -> None:
    shop, order = shop_of()
    version = order.version
    assert accept(shop, order).facts == {"lines": [1, 2]}
    assert (words(order), order.version) == (["accepted", "accepted"], version + 1)
    assert accept(shop, order).is_replay and accept(shop, order, 1, 2).is_replay
    assert events(shop)[1:] == ["order.lines_accepted"]


def test_a_back_order_names_its_date_and_may_be_sent() -> None:
    shop, order = shop_of()
    assert whys(accept(shop, order, 1, ship_by=NOW.date() - timedelta(days=1))) == ["date_is_past"]
    assert accept(shop, order, 1, ship_by=SOON).is_accepted
    assert accept(shop, order, 1, ship_by=SOON).is_replay
    assert accept(shop, order, 1, ship_by=SOON + timedelta(days=2)).is_accepted
    assert order.lines[1].acceptance is not None and order.lines[1].acceptance.ship_by == SOON + timedelta(days=2)
    assert shop.ship(order, pieces={1: 1}).is_accepted
    assert accept(shop, order, 1).is_accepted, "the goods are there after all"
    assert order.lines[1].acceptance.ship_by is None and words(order)[0] == "accepted"


@pytest.mark.parametrize(
    ("supplier", "line", "why"),
    [(3, 1, "not_found"), (2, 3, "not_this_shippers_line"), (2, 9, "not_this_shippers_line"), (4, 3, "not_asked")],
)
def test_each_speaks_for_his_own_lines_that_he_was_asked_for(supplier: int, line: int, why: str) -> None:
    shop, _ = shop_of()
    shop.sku("C", supplier=4)
    order = shop.place(("A", 1), ("B", 1), ("C", 1), mode="direct")
    assert whys(shop.ask(Accept(order.id, supplier, "system", [line]))) == [why]
    assert whys(shop.ask(CannotSupply(order.id, supplier, [line], "refund", "", "system"))) == [why]
    assert words(order) == ["waiting", "waiting", ""]


def test_after_the_deadline_no_word_counts_until_more_time_is_given() -> None:
    shop, order = shop_of()
    shop.move_time(minutes=DAY)
    assert whys(accept(shop, order, 1)) == ["too_late"]
    assert whys(refuse(shop, order, 1)) == ["too_late"]
    assert lapse(shop, order, 1, policy="ask").facts == {"undecided": [1]}
    assert (words(order), order.state) == (["overdue", "waiting"], "confirmed")
    assert whys(accept(shop, order, 1)) == ["too_late"]
    assert shop.ask(ExtendAcceptance(order.id, [1, 2], 60, "system")).is_accepted
    assert accept(shop, order).facts == {"lines": [1, 2]}
    assert whys(shop.ask(ExtendAcceptance(order.id, [1], 60, "system"))) == ["decided"]


def test_the_deadline_takes_nothing_before_its_time_or_twice() -> None:
    shop, order = shop_of()
    shop.move_time(minutes=DAY - 1)
    assert lapse(shop, order, 1).refusal is Refusal.STATE_CONFLICT
    accept(shop, order, 2)
    shop.move_time(minutes=1)
    assert lapse(shop, order, 1).facts == {"refunded": [1]}
    assert lapse(shop, order, 1).refusal is Refusal.STATE_CONFLICT
    assert lapse(shop, order, 2).refusal is Refusal.STATE_CONFLICT
    assert words(order) == ["closed", "accepted"]


def test_a_refusal_gives_back_exactly_what_was_drawn_for_it() -> None:
    shop, order = shop_of()
    assert refuse(shop, order, 1).facts == {"rerouted": [], "refunded": [1], "undecided": []}
    assert shop.money() == (FUNDS - 2 * 525, 0)
    assert (words(order), order.refunded_fen) == (["closed", "waiting"], 3 * 1050)
    assert [refund.actor for refund in shop.books.refunds] == ["system"]
    assert refuse(shop, order, 2, policy="refund").facts["refunded"] == [2]
    assert (order.state, shop.money(), shop.sums()) == ("refunded", (FUNDS, 0), {})
    assert shop.levels() == [(100, 0)] * 4


def test_the_system_takes_no_number_a_mall_has_used() -> None:
    shop, order = shop_of()
    assert shop.refund(order, "unsupplied-1", {1: 1}).is_accepted
    assert refuse(shop, order, 1).facts["refunded"] == [1]
    assert [(row.refund_no, row.amount_fen) for row in shop.books.refunds] == [
        ("unsupplied-1", 1050),
        ("unsupplied-1-2", 2100),
    ]


def test_left_to_the_platform_a_refusal_changes_nothing_else() -> None:
    shop, order = shop_of()
    assert refuse(shop, order, 1, policy="ask", by=(Substitute("A2"),)).facts["undecided"] == [1]
    assert (words(order), order.refunded_fen, shop.books.former_lines) == (["refused", "waiting"], 0, [])
    assert refuse(shop, order, 1, policy="ask").is_replay
    assert whys(accept(shop, order, 1)) == ["decided"]
    assert shop.refund(order, "R1", {1: 3}).is_accepted
    assert words(order)[0] == "closed"


def test_a_refused_line_goes_out_by_the_first_that_will_do() -> None:
    shop, order = shop_of()
    shop.sku("FEW", supplier=3, stock=2)
    shop.sku("OFF", supplier=3, goods_state="unlisted")
    shop.sku("DEAR", supplier=3, price=2000, supplier_price_fen=1001)
    by = tuple(Substitute(code) for code in ("NONE", "FEW", "OFF", "DEAR", "A2", "OWN"))
    assert refuse(shop, order, 1, by=by).facts["rerouted"] == [1]
    line = order.lines[1]
    assert (line.sku_code, line.supplier_id, line.supplier_price_fen, line.is_own) == ("A2", 3, 900, False)
    assert (line.agreed_price_fen, line.supply_price_fen, line.fee_fen) == (1050, 1000, 50), "the mall's price stays"
    assert words(order) == ["accepted", "waiting"], "supplier 3 takes on at once"
    parts = {number: (part.pieces, part.payable_fen, part.state) for number, part in order.supply_orders.items()}
    assert parts == {2: (2, 800, "confirmed"), 3: (3, 2700, "confirmed")}
    assert shop.levels()[:4] == [(100, 0), (100, 2), (100, 3), (100, 0)]
    assert [(row.sku_code, row.supplier_id, row.supplier_price_fen) for row in shop.books.former_lines] == [
        ("A", 2, 800)
    ]


def test_the_money_of_a_rerouted_line_is_shared_out_to_the_fen() -> None:
    shop, order = shop_of()
    accept(shop, order, 2)
    assert refuse(shop, order, 1, by=(Substitute("A2"),)).is_accepted
    shop.finish(order)
    drawn = 3 * 1050 + 2 * 525
    assert shop.sums() == {
        PREPAID + 1: -drawn,
        PAYABLE + 2: 2 * 400,
        PAYABLE + 3: 3 * 900,
        HOUSE["goods_income"]: 3 * 100 + 2 * 100,
        HOUSE["fee_income"]: 3 * 50 + 2 * 25,
    }
    assert CLEARING + 1 not in shop.sums()


def test_a_loss_is_taken_only_where_it_may_be() -> None:
    shop, order = shop_of()
    shop.sku("DEAR", supplier=3, price=2000, supplier_price_fen=1001)
    ask = Reroute(order.id, 1, "DEAR", "system", "")
    assert whys(shop.ask(ask)) == ["at_a_loss"]
    assert (order.lines[1].sku_code, shop.levels()[0]) == ("A", (100, 3))
    ask.may_lose = True
    assert shop.ask(ask).is_accepted
    assert shop.ask(ask).is_replay
    accept(shop, order, 2)
    shop.finish(order)
    assert shop.sums()[HOUSE["goods_income"]] == -3 + 200


def test_own_goods_stand_in_and_the_new_shipper_is_asked_too() -> None:
    shop, order = shop_of()
    assert shop.ask(Reroute(order.id, 1, "OWN", "system", "")).is_accepted
    assert (order.lines[1].is_own, order.supply_orders[PLATFORM].payable_fen, words(order)[0]) == (True, 0, "accepted")
    shop.books.skus["A2"].acceptance_minutes = 30
    shop.move_time(minutes=10)
    assert shop.ask(Reroute(order.id, 1, "A2", "system", "")).is_accepted
    word = order.lines[1].acceptance
    assert word is not None and (word.state, word.supplier_id) == ("waiting", 3)
    assert word.accept_by == NOW + timedelta(minutes=40)
    assert whys(accept(shop, order, 1)) == ["not_this_shippers_line"]
    assert [row.sku_code for row in shop.books.former_lines] == ["A", "OWN"]


def test_what_was_sent_stays_with_who_sent_it() -> None:
    shop, order = shop_of()
    accept(shop, order)
    shop.ship(order, pieces={1: 1})
    assert refuse(shop, order, 1).facts["refunded"] == [1]
    assert (order.lines[1].refunded_qty, order.lines[1].shipped_qty, order.state) == (2, 1, "partly_shipped")


def test_the_rest_of_a_line_sent_in_part_goes_out_as_a_line_of_its_own() -> None:
    shop, order = shop_of()
    accept(shop, order)
    shop.ship(order, pieces={1: 1})
    assert refuse(shop, order, 1, by=(Substitute("A2"),)).facts["rerouted"] == [1]
    sent, rest = order.lines[1], order.lines[3]
    assert (sent.sku_code, sent.qty, sent.shipped_qty, sent.open_qty) == ("A", 1, 1, 0)
    assert (rest.sku_code, rest.supplier_id, rest.qty, rest.open_qty) == ("A2", 3, 2, 2)
    assert sent.amount_fen + rest.amount_fen == 3 * 1050 and rest.agreed_price_fen == sent.agreed_price_fen
    assert words(order) == ["accepted", "accepted", ""], "nothing of the first line is left to say no to"
    parts = {number: (part.pieces, part.payable_fen, part.state) for number, part in order.supply_orders.items()}
    assert parts == {2: (3, 800 + 2 * 400, "partly_shipped"), 3: (2, 2 * 900, "confirmed")}
    assert shop.levels()[:3] == [(99, 0), (100, 2), (100, 2)]
    assert [(row.line_no, row.sku_code, row.qty) for row in shop.books.former_lines] == [(3, "A", 2)]
    (told,) = [event.data for event in shop.books.events if event.type == "order.line_rerouted"]
    assert told["lines"] == [{"line": 3, "qty": 2, "from": 1}]
    assert whys(shop.ask(Reroute(order.id, 1, "A2", "system", ""))) == ["nothing_open"]
    assert shop.refund(order, "R1", {3: 1}).is_accepted
    shop.finish(order)
    drawn = 2 * 1050 + 2 * 525
    assert shop.sums() == {
        PREPAID + 1: -drawn,
        PAYABLE + 2: 800 + 2 * 400,
        PAYABLE + 3: 900,
        HOUSE["goods_income"]: 200 + 100 + 2 * 100,
        HOUSE["fee_income"]: 2 * 50 + 2 * 25,
    }


def test_the_last_line_takes_the_freight_along() -> None:
    shop, order = shop_of()
    order.supply_orders[2].freight_fen = 600
    shop.ask(Reroute(order.id, 1, "A2", "system", ""))
    assert [part.freight_fen for part in order.supply_orders.values()] == [600, 0]
    shop.ask(Reroute(order.id, 2, "OWN", "system", ""))
    assert {number: part.freight_fen for number, part in order.supply_orders.items()} == {2: 0, 3: 0, PLATFORM: 600}
    assert order.supply_orders[2].state == "refunded" and order.state == "confirmed"


def test_a_rerouted_line_is_refunded_from_where_it_lies_now() -> None:
    shop, order = shop_of()
    shop.ask(Reroute(order.id, 1, "A2", "system", ""))
    shop.refund(order, "R1")
    assert (shop.levels(), shop.money(), shop.sums()) == ([(100, 0)] * 4, (FUNDS, 0), {})


def test_malls_hear_of_lines_and_never_of_shippers_or_their_prices() -> None:
    shop, order = shop_of()
    accept(shop, order, 2, ship_by=SOON)
    refuse(shop, order, 1, by=(Substitute("A2"),))
    assert events(shop)[1:] == ["order.lines_back_ordered", "order.lines_refused", "order.line_rerouted"]
    told = [event.data for event in shop.books.events if event.object_kind == "order"][1:]
    assert told[0]["lines"] == [2] and told[0]["ship_by"] == "2026-06-25"
    for data in told:
        assert {"object", "id", "out_order_no", "version", "state", "from", "total", "lines"} <= set(data)
        assert set(data) <= {"object", "id", "out_order_no", "version", "state", "from", "total", "lines", "ship_by"}
    assert [data["version"] for data in told] == [2, 3, 4]
