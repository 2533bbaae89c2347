"""The after-sale table and the rules around it: look-up, what may be asked for, the way of a request, splitting."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from entrepot.aftersale.rules import (
    DEFAULT,
    KINDS,
    REASONS,
    SHIPPERS,
    STAGES,
    Cell,
    Limits,
    Subject,
    SubjectLine,
    Wish,
    after_approval,
    after_inspection,
    cell_faults,
    judge,
    look_up,
    on_silence,
    pays_at_once,
    share_out,
    stock_back,
    table_of,
)

NOW = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)


def line(number: int = 1, **more: Any) -> SubjectLine:
    """Four pieces of a supplier at 10.50, two of them sent."""
    values = {"supplier_id": 2, "is_own": False, "qty": 4, "shipped_qty": 2, "refunded_qty": 0, "returned_qty": 0}
    prices = {"agreed_price_fen": 1050, "supplier_price_fen": 700, "fee_fen": 50}
    return SubjectLine(line_no=number, **values | prices | more)


def subject(*lines: SubjectLine, state: str = "partly_shipped", completed_at: datetime | None = None) -> Subject:
    """An order with these lines."""
    return Subject(
        order_id=7,
        distributor_id=1,
        out_order_no="N1",
        state=state,
        completed_at=completed_at,
        now=NOW,
        lines={one.line_no: one for one in lines or (line(),)},
    )


def outcome(wish_kind: str = "refund", pieces: dict[int, int] | None = None, **more: Any) -> tuple[str, list[str]]:
    """The stage and the whys of the faults."""
    is_platform = more.pop("is_platform", False)
    found = more.pop("subject", subject())
    wish = Wish(
        **{"order_id": 7, "out_refund_no": "A1", "kind": wish_kind, "reason": "quality", "pieces": pieces or {1: 1}}
        | more
    )
    judged = judge(wish, subject=found, table=DEFAULT, limits=Limits(), is_platform=is_platform)
    return judged.stage, [fault.facts.get("why", fault.refusal.code) for fault in judged.faults]


def test_every_question_has_an_answer_in_the_delivered_table_and_every_row_makes_sense() -> None:
    for stage in STAGES:
        for shipper in SHIPPERS:
            for kind in KINDS:
                for reason in REASONS:
                    cell = look_up(DEFAULT, stage=stage, shipper=shipper, kind=kind, reason=reason)
                    assert (cell.stage, cell.shipper, cell.kind) == (stage, shipper, kind)
                    assert cell.reason in ("", reason)
    assert {key: cell_faults(cell) for key, cell in DEFAULT.items() if cell_faults(cell)} == {}


def test_rule_six_is_what_is_delivered() -> None:
    def cell(*key: str) -> tuple[str, str]:
        found = DEFAULT[(*key, "")]  # type: ignore[index]
        return found.returns, found.condition

    assert cell("before_shipping", "own", "refund") == cell("before_shipping", "supplier", "refund")
    assert cell("before_shipping", "supplier", "refund") == ("always", "at_once")
    assert cell("shipped", "own", "refund") == ("always", "at_once")
    assert cell("shipped", "supplier", "refund") == ("always", "after_return")
    received = {cell.returns for cell in DEFAULT.values() if cell.stage == "received"}
    assert received == {"claim", "never"}, "nothing returns by itself"


def test_a_row_of_one_reason_goes_before_the_row_of_all() -> None:
    own = dataclasses.replace(DEFAULT["received", "own", "refund", ""], reason="quality", returns="always")
    table = table_of([own])
    asked = {"stage": "received", "shipper": "own", "kind": "refund"}
    assert look_up(table, **asked, reason="quality") == own
    assert look_up(table, **asked, reason="damaged").returns == "claim"
    wide = dataclasses.replace(DEFAULT["received", "own", "refund", ""], returns="never")
    assert look_up(table_of([wide]), **asked, reason="changed_mind").returns == "claim", "its own row still stands"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"bill": "reverse", "shipper": "own"}, "own_goods_have_no_bill"),
        ({"kind": "exchange", "returns": "always"}, "goods_instead_of_money"),
        ({"condition": "after_return", "stock": "none"}, "nothing_would_come_back"),
        ({"stage": "before_shipping", "kind": "return", "returns": "never"}, "nothing_was_sent"),
        ({"stage": "before_shipping", "returns": "claim"}, "nothing_to_claim"),
        ({"stage": "before_shipping", "bill": "none"}, "unsent_is_not_owed"),
        ({"freight": "somebody"}, "unknown_value"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(change: dict[str, Any], fault: str) -> None:
    cell = Cell("received", "supplier", "refund", bill="reverse", stock="back")
    assert cell_faults(cell) == []
    assert fault in cell_faults(dataclasses.replace(cell, **change))


def test_the_stage_follows_the_pieces_and_unsent_ones_are_meant_first() -> None:
    assert outcome(pieces={1: 2}) == ("before_shipping", [])
    assert outcome(pieces={1: 3}) == ("shipped", ["more_than_open"]), (
        "two are sent, two are not: one request, one stage"
    )
    assert outcome("reship", pieces={1: 2}) == ("shipped", [])
    assert outcome(subject=subject(line(shipped_qty=4), state="shipped"), pieces={1: 4}) == ("shipped", [])
    assert outcome(subject=subject(line(shipped_qty=4), state="completed"), pieces={1: 4}) == ("received", [])
    assert outcome(subject=subject(state="held")) == ("", ["state_conflict"])
    assert outcome(subject=subject(state="refunded")) == ("", ["state_conflict"])


def test_never_more_than_ordered_less_refunded_less_asked_about() -> None:
    sent = line(qty=10, shipped_qty=10, returned_qty=3, asked_sent_qty=4)
    assert outcome(subject=subject(sent, state="received"), pieces={1: 3}) == ("received", [])
    assert outcome(subject=subject(sent, state="received"), pieces={1: 4}) == ("received", ["more_than_open"])
    unsent = line(qty=10, shipped_qty=0, refunded_qty=2, asked_unsent_qty=5)
    assert outcome(subject=subject(unsent, state="confirmed"), pieces={1: 3})[1] == []
    assert "more_than_open" in outcome(subject=subject(unsent, state="confirmed"), pieces={1: 4})[1]


def test_what_is_malformed_is_named_before_anything_is_decided() -> None:
    assert outcome(pieces={2: 1})[1] == ["unknown_line"]
    assert outcome(pieces={1: 0})[1] == ["qty"]
    assert outcome("barter")[1] == ["unknown_value"]
    assert outcome(reason="weather")[1] == ["unknown_value"]
    two = subject(line(1, shipped_qty=0), line(2, shipped_qty=0, supplier_id=3), state="confirmed")
    assert outcome(subject=two, pieces={1: 1, 2: 1})[1] == ["several_shippers"]
    received = subject(line(shipped_qty=4), state="received")
    assert outcome(subject=received, demand_fen=1051)[1] == ["more_than_paid"]
    assert outcome("return", subject=subject(state="shipped"))[1] == ["not_offered"]


def test_the_rights_window_binds_all_but_the_platform() -> None:
    late = subject(line(shipped_qty=4), state="completed", completed_at=NOW - timedelta(days=7, seconds=1))
    assert outcome(subject=late)[1] == ["rights_over"]
    assert outcome(subject=late, is_platform=True)[1] == []
    in_time = subject(line(shipped_qty=4), state="completed", completed_at=NOW - timedelta(days=7))
    assert outcome(subject=in_time)[1] == []


def test_the_way_of_a_request() -> None:
    ways = {
        (key[0], key[1], key[2]): (after_approval(cell), pays_at_once(cell))
        for key, cell in DEFAULT.items()
        if cell.is_offered and not cell.reason
    }
    assert ways["before_shipping", "supplier", "refund"] == ("done", True)
    assert ways["shipped", "own", "refund"] == ("waiting_return", True)
    assert ways["shipped", "supplier", "refund"] == ("waiting_return", False)
    assert ways["received", "supplier", "refund"] == ("claim", False)
    assert ways["received", "supplier", "return"] == ("waiting_return", False)
    assert ways["received", "own", "exchange"] == ("waiting_return", False)
    assert ways["received", "own", "reship"] == ("resending", False)
    waited = DEFAULT["shipped", "supplier", "refund", ""]
    assert after_inspection(waited, missing=0, is_paid=False) == "done"
    assert after_inspection(waited, missing=1, is_paid=False) == "claim"
    assert after_inspection(DEFAULT["shipped", "own", "refund", ""], missing=2, is_paid=True) == "done"
    assert after_inspection(DEFAULT["received", "own", "return", ""], missing=0, is_paid=False) == "claim"
    assert after_inspection(DEFAULT["received", "own", "exchange", ""], missing=1, is_paid=False) == "resending"


def test_damaged_pieces_are_written_off_and_all_of_them_where_the_table_says_so() -> None:
    cell = DEFAULT["received", "own", "return", ""]
    assert stock_back(cell, good=3, damaged=1) == (3, 1)
    assert stock_back(dataclasses.replace(cell, stock="write_off"), good=3, damaged=1) == (0, 4)


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (100, [1, 1, 1], None),
        (1000, [3333, 3333, 3334], [333, 333, 334]),
        (5, [1, 9], [1, 4]),
        (0, [5, 5], [0, 0]),
        (10, [5, 5], [5, 5]),
        (1, [0, 7], [0, 1]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_an_amount_is_split_to_the_fen(amount: int, weights: list[int], shares: list[int] | None) -> None:
    if shares is None:
        amount, shares = 2, [1, 1, 0]
    found = share_out(amount, weights=weights)
    assert found == shares and sum(found) == amount
    assert all(0 <= share <= weight for share, weight in zip(found, weights, strict=True))


def test_who_is_silent_has_agreed() -> None:
    figures = {"demand_fen": 900, "offer_fen": 300}
    assert on_silence("offered", **figures, is_silence_consent=True) == 300
    assert on_silence("offered", **figures, is_silence_consent=False) == 300
    assert on_silence("demanded", **figures, is_silence_consent=True) == 900
    assert on_silence("demanded", **figures, is_silence_consent=False) is None
