"""What is owed to a supplier: paid once per cause, corrected up and down, never for nothing."""

from typing import Any

from entrepot.trade import terms
from tests.rules.ready_books import PAYABLE, Shop

ACTOR = "platform/0/1/caiwu"


def do(shop: Shop, *asks: Any) -> list[terms.Answer]:
    """The answers to some asks, one after the other."""
    return [shop.ask(ask) for ask in asks]


def owing(amount_fen: int) -> Shop:
    """A shop that owes its supplier 2 an amount."""
    shop = Shop()
    shop.sku("A")
    shop.books.payable[2].balance_fen = amount_fen
    return shop


def test_a_payment_goes_to_the_bank_once_per_cause() -> None:
    shop = owing(8_000)
    ask = terms.PaySupplier(2, 5_000, "bill:1", ACTOR, "20261122001")
    first, again = do(shop, ask, ask)
    assert first.facts == again.facts == {"balance": 3_000}
    assert not first.is_replay and again.is_replay
    (transfer,) = shop.books.transfers
    assert (transfer.kind, transfer.amount_fen, transfer.cause) == ("pay_supplier", 5_000, "bill:1")
    assert (transfer.debit_id, transfer.credit_id) == (PAYABLE + 2, shop.books.house["bank"])
    assert (transfer.debit_balance_fen, transfer.credit_balance_fen, transfer.supplier_id) == (3_000, None, 2)
    (event,) = shop.books.events
    assert (event.type, event.object_id, event.data["amount"]) == ("supplier.paid", 2, 5_000)


def test_more_than_is_owed_by_now_is_paid_and_owed_back() -> None:
    """The bill was confirmed; an order on it has been refunded since. The next bill nets it."""
    shop = owing(1_000)
    (answer,) = do(shop, terms.PaySupplier(2, 5_000, "bill:1", ACTOR))
    assert answer.is_accepted and shop.books.payable[2].balance_fen == -4_000


def test_a_correction_goes_up_and_down_against_its_own_account() -> None:
    shop = owing(1_000)
    up, down = do(
        shop, terms.AdjustSupplier(2, 300, "bill:1:7", ACTOR), terms.AdjustSupplier(2, -500, "bill:1:8", ACTOR)
    )
    assert (up.facts["balance"], down.facts["balance"]) == (1_300, 800)
    more, less = shop.books.transfers
    house = shop.books.house["adjustment"]
    assert (more.debit_id, more.credit_id, more.credit_balance_fen) == (house, PAYABLE + 2, 1_300)
    assert (less.debit_id, less.credit_id, less.debit_balance_fen) == (PAYABLE + 2, house, 800)


def test_nothing_and_strangers_are_refused_and_change_nothing() -> None:
    shop = owing(1_000)
    answers = do(
        shop,
        terms.PaySupplier(2, 0, "a", ACTOR),
        terms.PaySupplier(2, -5, "b", ACTOR),
        terms.AdjustSupplier(2, 0, "c", ACTOR),
        terms.PaySupplier(77, 5, "d", ACTOR),
    )
    assert [answer.refusal.code for answer in answers if answer.refusal] == ["validation_failed"] * 3 + ["not_found"]
    assert shop.books.payable[2].balance_fen == 1_000
    assert not shop.books.transfers and not shop.books.events
