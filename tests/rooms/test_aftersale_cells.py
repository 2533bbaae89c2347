"""Each cell of the delivered after-sale table, driven through the real database: money, stock and bill."""

from dataclasses import dataclass
from typing import Any

import pytest

from entrepot.aftersale import actions
from entrepot.aftersale.rules import DEFAULT, By, Result, Wish
from entrepot.base.mistakes import Mistake
from entrepot.settlement import actions as settlement
from tests import audit
from tests.world import STAFF, World, rows

PLATFORM = By(kind="platform", actor=STAFF)
TERMS = settlement.NewTerms(
    cycle="month", rights_days=0, answer_days=3, is_silence_consent=False, is_sent_at_once=False
)
"""What is earned is payable at once, so that a bill made by hand holds it."""


@dataclass(frozen=True)
class End:
    """What two pieces of three come to: supply price 10.00, supplier price 7.00, fee 5 %, so 10.50 a piece.

    `at_once` is what the balance has as soon as it is agreed to, `money` at the end; `owed` what the supplier is owed
    for the order once it is complete; `stock` how many pieces are back for sale. None: the kind is not offered.
    """

    way: str
    at_once: int = 0
    money: int = 0
    owed: int = 2100
    stock: int = 0


WHOLE = 2 * 1050
_ON_BILL = "select amount_fen from settlement_billline where bill_id = %s and left_by = ''"
# Stage, shipper, kind, reason → what comes of it. Said once more in figures, apart from the rules.
CELLS: dict[tuple[str, str, str, str], End | None] = {
    ("before_shipping", "own", "refund", ""): End("done", WHOLE, WHOLE, 0, 2),
    ("before_shipping", "own", "return", ""): None,
    ("before_shipping", "own", "exchange", ""): None,
    ("before_shipping", "own", "reship", ""): None,
    ("before_shipping", "supplier", "refund", ""): End("done", WHOLE, WHOLE, 700, 2),
    ("before_shipping", "supplier", "return", ""): None,
    ("before_shipping", "supplier", "exchange", ""): None,
    ("before_shipping", "supplier", "reship", ""): None,
    ("shipped", "own", "refund", ""): End("return", WHOLE, WHOLE, 0, 2),
    ("shipped", "own", "refund", "changed_mind"): End("return", WHOLE, WHOLE, 0, 2),
    ("shipped", "own", "return", ""): None,
    ("shipped", "own", "exchange", ""): None,
    ("shipped", "own", "reship", ""): End("resend", 0, 0, 0, -2),
    ("shipped", "supplier", "refund", ""): End("return", 0, WHOLE, 700, 2),
    ("shipped", "supplier", "refund", "changed_mind"): End("return", 0, WHOLE, 700, 2),
    ("shipped", "supplier", "return", ""): None,
    ("shipped", "supplier", "exchange", ""): None,
    ("shipped", "supplier", "reship", ""): End("resend", 0, 0, 2100, -2),
    ("received", "own", "refund", ""): End("claim", 0, WHOLE, 0, 0),
    ("received", "own", "refund", "changed_mind"): End("claim", 0, WHOLE, 0, 0),
    ("received", "own", "return", ""): End("return claim", 0, WHOLE, 0, 2),
    ("received", "own", "return", "changed_mind"): End("return claim", 0, WHOLE, 0, 2),
    ("received", "own", "exchange", ""): End("return resend", 0, 0, 0, 0),
    ("received", "own", "reship", ""): End("resend", 0, 0, 0, -2),
    ("received", "supplier", "refund", ""): End("claim", 0, WHOLE, 700, 0),
    ("received", "supplier", "refund", "changed_mind"): End("claim", 0, WHOLE, 2100, 0),
    ("received", "supplier", "return", ""): End("return claim", 0, WHOLE, 700, 2),
    ("received", "supplier", "return", "changed_mind"): End("return claim", 0, WHOLE, 700, 2),
    ("received", "supplier", "exchange", ""): End("return resend", 0, 0, 2100, 0),
    ("received", "supplier", "reship", ""): End("resend", 0, 0, 2100, -2),
}


class Trade:
    """An order of three pieces, brought to a stage."""

    def __init__(self, world: World, *, is_own: bool, stage: str) -> None:
        self.world = world
        self.party = world.distributor(funds_fen=100_000)
        supplier = world.supplier(is_own=is_own)
        if not is_own:
            settlement.change_terms(supplier.pk, terms=TERMS, actor=STAFF)
        self.article = world.article(supplier=supplier, stock=20, supply_price_fen=1000, supplier_price_fen=700)
        self.order = world.place(self.party, (self.article, 3), mode="direct")
        self.stage, self.is_own = stage, is_own
        self.by = By(kind="distributor", party_id=self.party.pk, actor=f"distributor/{self.party.pk}/1/proof")
        self.shipper = By(kind="supplier", party_id=supplier.pk, actor=f"supplier/{supplier.pk}/1/proof")
        if stage != "before_shipping":
            assert world.ship(self.order).is_accepted
        if stage == "received":
            assert world.receive(self.order).is_accepted

    def wish(self, kind: str, reason: str, *, qty: int = 2, **more: Any) -> Wish:
        """A request for some pieces of the line."""
        number = more.pop("number", "") or self.world.name("A")
        return Wish(
            order_id=self.order.id, out_refund_no=number, kind=kind, reason=reason or "quality", pieces={1: qty}, **more
        )

    def figures(self) -> tuple[int, int]:
        """Balance in fen, and pieces free to sell."""
        on_hand, reserved = self.world.stock(self.article)
        return self.world.money(self.party)[0], on_hand - reserved

    def owed(self) -> int:
        """What the order has put on the supplier's account, in fen."""
        ((owed,),) = rows(
            "select coalesce(sum(case when a.id = t.credit_id then t.amount_fen else -t.amount_fen end), 0)::bigint"
            " from ledger_transfer t join ledger_account a on a.kind = 'supplier_payable'"
            " and a.id in (t.credit_id, t.debit_id) where t.order_id = %s",
            self.order.id,
        )
        return int(owed)

    def billed(self) -> list[int]:
        """Bill the supplier by hand for all he earned; the amounts of the lines about this order, in their order."""
        try:
            bill = settlement.bill_now(self.shipper.party_id or 0, actor=STAFF)
        except Mistake:
            return []
        assert bill.total_fen == sum(amount for (amount,) in rows(_ON_BILL, bill.pk))
        return [
            amount
            for (amount,) in rows(
                "select l.amount_fen from settlement_billline l join ledger_transfer t on t.id = l.transfer_id"
                " where l.bill_id = %s and t.order_id = %s order by l.transfer_id",
                bill.pk,
                self.order.id,
            )
        ]

    def complete(self) -> None:
        """Bring the order to its end."""
        if self.stage == "before_shipping":
            assert self.world.ship(self.order).is_accepted
        if self.stage != "received":
            assert self.world.receive(self.order).is_accepted
        assert self.world.complete(self.order).is_accepted

    def faults(self) -> list[str]:
        """Every contradiction among the rows."""
        return audit.faults(distributors=[self.party.pk], skus=[self.article.sku_id])


def done(result: Result, state: str = "") -> int:
    """The request of a deed that must have been done."""
    assert result.is_accepted, result.faults
    assert result.request_id is not None
    assert not state or result.state == state, result
    return result.request_id


def walk(trade: Trade, request_id: int, way: str) -> None:
    """Bring a request to its end: goods come back whole, the platform grants the demand, a second parcel goes."""
    if "return" in way:
        done(actions.return_sent(request_id, by=trade.by, carrier="sf", tracking_no="R1"), "returning")
        done(actions.inspect(request_id, by=trade.shipper, counted={1: (2, 0)}))
    if "claim" in way:
        done(actions.accept(request_id, by=PLATFORM), "done")
    if "resend" in way:
        done(actions.resend(request_id, by=trade.shipper, carrier="sf", tracking_no="X1"), "done")


def test_the_figures_speak_of_every_cell_and_of_no_other() -> None:
    assert set(CELLS) == set(DEFAULT)


# What was received may be asked about before and after the order's money was shared out.
RUNS = [(key, False) for key in CELLS] + [(key, True) for key, end in CELLS.items() if key[0] == "received" and end]


@pytest.mark.parametrize(
    ("key", "is_completed"),
    RUNS,
    ids=["-".join(part or "any" for part in key) + ("-completed" if late else "") for key, late in RUNS],
)
def test_a_cell_moves_money_stock_and_bill(world: World, key: tuple[str, str, str, str], is_completed: bool) -> None:
    stage, shipper, kind, reason = key
    end = CELLS[key]
    trade = Trade(world, is_own=shipper == "own", stage=stage)
    if is_completed:
        trade.complete()
    earned = [2100] if shipper == "supplier" and is_completed else []
    assert earned == ([] if trade.is_own else trade.billed())
    balance, stock = trade.figures()
    result = actions.ask(trade.wish(kind, reason), by=trade.by)
    if end is None:
        assert result.refusal is not None and result.faults[-1].facts["why"] in ("not_offered", "more_than_open")
        assert trade.figures() == (balance, stock)
        assert rows("select count(*) from aftersale_request where order_id = %s", trade.order.id) == [(0,)]
        trade.complete()
        assert trade.owed() == (0 if trade.is_own else 2100), "the supplier is billed as if nobody had asked"
        assert trade.is_own or trade.billed() == [2100]
        return
    request_id = done(result)
    assert trade.figures()[0] == balance + end.at_once
    walk(trade, request_id, end.way)
    assert rows("select state, refunded_fen from aftersale_request where id = %s", request_id) == [("done", end.money)]
    assert trade.figures() == (balance + end.money, stock + end.stock)
    if not is_completed:
        trade.complete()
    assert trade.owed() == end.owed
    if not trade.is_own:
        # What the bill already said stays; what the ruling takes back is a line of the next.
        late = [end.owed - 2100] if is_completed and end.owed != 2100 else []
        assert trade.billed() == (late if is_completed else [end.owed])
    assert trade.faults() == []
