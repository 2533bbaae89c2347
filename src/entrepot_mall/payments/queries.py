"""Which ways to pay a shop offers."""

import json

from entrepot_mall.base import sealing
from entrepot_mall.payments.by_hand import BankTransfer, TestCashier
from entrepot_mall.payments.port import Cashier
from entrepot_mall.payments.wechat_pay import Merchant, WechatPay
from entrepot_mall.shop.models import Shop


def cashiers_of(shop: Shop) -> dict[str, Cashier]:
    """The ways to pay a shop has set up, by name, in the order in which they are offered."""
    found: list[Cashier] = []
    if (wechat := wechat_of(shop)) is not None:
        found.append(wechat)
    if shop.bank_account:
        found.append(BankTransfer(shop.bank_account))
    if shop.takes_test_payments:
        found.append(TestCashier())
    return {cashier.way: cashier for cashier in found}


def wechat_of(shop: Shop) -> WechatPay | None:
    """The shop's own account at WeChat Pay, if it has set one up."""
    kept = sealing.unseal(shop.wechat_pay_sealed)
    return WechatPay(Merchant(**json.loads(kept))) if kept else None
