"""What the judge holds possible while many things happen at once."""

import pytest

from entrepot_sdk.shapes import Order
from tests.sim.deeds import Deed, Found
from tests.sim.model import Auditor
from tests.sim.possible import Windows
from tests.sim.records import Kept, Party, Piece


def kept(number: str, *, state: str, total: int) -> Kept:
    """An order of one piece at this price."""
    line = Piece(sku="S1", qty=1, supplier="G1", supplier_price=0, supply_price=total, fee=0)
    return Kept(party="D1", number=number, content=None, state=state, lines={1: line})


@pytest.mark.parametrize(("balance", "is_possible"), [(119, True), (120, False)])
def test_an_order_waits_behind_one_that_waited_and_was_cancelled(balance: int, is_possible: bool) -> None:
    auditor = Auditor()
    auditor.parties["D1"] = Party(number="D1", tier="高级", fee_rate_bps=0, balance=balance, policy="check")
    auditor.orders["D1", "first"] = first = kept("first", state="held", total=100)
    windows = Windows(auditor)
    confirm, cancel, place = (
        Deed(verb=verb, party="D1", number=number, began=began, ended=began + 2)
        for verb, number, began in (("confirm", "first", 1.0), ("cancel", "first", 2.0), ("place", "second", 1.5))
    )
    with windows.effect(confirm):
        first.state = "awaiting_funds"
    with windows.effect(place):
        auditor.orders["D1", "second"] = second = kept("second", state="awaiting_funds", total=20)
    with windows.effect(cancel):
        first.state = "cancelled"
    place.answer = Order(out_order_no="second", state=second.state, lines=[], total=second.total)
    if is_possible:
        windows.check_waiting(place, total=20)
    else:
        with pytest.raises(Found, match="there was never less than 20"):
            windows.check_waiting(place, total=20)
