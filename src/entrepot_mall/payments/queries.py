"""Which ways to pay a shop offers."""

from entrepot_mall.payments.by_hand import BankTransfer, TestCashier
from entrepot_mall.payments.port import Cashier
from entrepot_mall.shop.models import Shop


def cashiers_of(shop: Shop) -> dict[str, Cashier]:
    """The ways to pay a shop has set up, by name, in the order in which they are offered."""
    found: list[Cashier] = []
    if shop.bank_account:
        found.append(BankTransfer(shop.bank_account))
    if shop.takes_test_payments:
        found.append(TestCashier())
    return {cashier.way: cashier for cashier in found}
