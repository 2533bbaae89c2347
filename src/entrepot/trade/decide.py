"""One answer per ask, in order, over the same books."""

from collections.abc import Callable, Iterable
from typing import Any

from entrepot.trade import acceptances, referrals, terms
from entrepot.trade.addresses import ChangeAddress
from entrepot.trade.books import Books
from entrepot.trade.verbs.accept import accept, cannot_supply, extend_acceptance, lapse_acceptance
from entrepot.trade.verbs.after_sale import return_money
from entrepot.trade.verbs.allotment import close_allotment, set_allotment, tend_allotment
from entrepot.trade.verbs.cancel import cancel
from entrepot.trade.verbs.capture import capture, release
from entrepot.trade.verbs.change_address import change_address
from entrepot.trade.verbs.complete import complete
from entrepot.trade.verbs.expire import expire
from entrepot.trade.verbs.pay_supplier import adjust_supplier, pay_supplier
from entrepot.trade.verbs.place_order import place_order
from entrepot.trade.verbs.receive import receive
from entrepot.trade.verbs.recharge import credit, set_credit_limit
from entrepot.trade.verbs.refer import accrue_referral, pay_referrer, return_payout, reverse_referral
from entrepot.trade.verbs.refund_before_shipping import refund_before_shipping
from entrepot.trade.verbs.reroute import reroute
from entrepot.trade.verbs.restock import allot, restock
from entrepot.trade.verbs.returned_goods import resend, return_goods
from entrepot.trade.verbs.ship import ship
from entrepot.trade.verbs.watch_funds import set_warning, watch_funds

VERBS: dict[type, Callable[..., terms.Answer]] = {
    terms.Place: place_order,
    terms.Capture: capture,
    terms.Cancel: cancel,
    terms.Expire: expire,
    terms.Release: release,
    terms.Ship: ship,
    terms.Receive: receive,
    ChangeAddress: change_address,
    terms.Complete: complete,
    terms.RefundBeforeShipping: refund_before_shipping,
    acceptances.Accept: accept,
    acceptances.CannotSupply: cannot_supply,
    acceptances.LapseAcceptance: lapse_acceptance,
    acceptances.ExtendAcceptance: extend_acceptance,
    acceptances.Reroute: reroute,
    terms.ReturnMoney: return_money,
    terms.ReturnGoods: return_goods,
    terms.Resend: resend,
    terms.Credit: credit,
    terms.SetCreditLimit: set_credit_limit,
    terms.PaySupplier: pay_supplier,
    terms.AdjustSupplier: adjust_supplier,
    terms.Restock: restock,
    terms.Allot: allot,
    terms.SetAllotment: set_allotment,
    terms.CloseAllotment: close_allotment,
    terms.TendAllotment: tend_allotment,
    terms.SetWarning: set_warning,
    referrals.AccrueReferral: accrue_referral,
    referrals.ReverseReferral: reverse_referral,
    referrals.PayReferrer: pay_referrer,
    referrals.ReturnPayout: return_payout,
}


def decide(asks: Iterable[Any], *, books: Books) -> list[terms.Answer]:
    """Return the answer to every ask in the order asked; each sees the books as the ones before it left them."""
    answers = [VERBS[type(ask)](ask, books=books) for ask in asks]
    watch_funds(books)
    return answers
