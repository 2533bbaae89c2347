"""From the cart to the money: address, freight, order, payment."""

import logging
import secrets
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from entrepot_mall.base.refusals import RefusedError
from entrepot_mall.doors.front.browse import cart_lines
from entrepot_mall.doors.front.forms import AddressForm
from entrepot_mall.doors.kit import words
from entrepot_mall.doors.kit.visitors import for_buyers, ip_of, shop_of
from entrepot_mall.members.actions import keep_address
from entrepot_mall.members.models import Buyer
from entrepot_mall.orders import actions, placing, queries
from entrepot_mall.orders.models import Order, OrderState
from entrepot_mall.payments.port import CashierError, Charge, Notice
from entrepot_mall.payments.queries import cashiers_of, wechat_of
from entrepot_mall.payments.wechat_sign_in import consent_url, openid_of
from entrepot_mall.shop.models import Shop

log = logging.getLogger(__name__)


@for_buyers
def checkout(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """Address, then what it comes to, then the order: each step shows what the next will take."""
    shop = shop_of(request)
    lines = cart_lines(request)
    if not lines:
        return HttpResponseRedirect(reverse("cart"))
    if not placing.may_buy(shop, buyer=buyer):
        return HttpResponseRedirect(reverse("business"))
    form = AddressForm(request.POST or None, initial=buyer.address)
    seen: dict[str, Any] = {"form": form, "lines": lines, "goods_fen": sum(line["amount_fen"] for line in lines)}
    if request.method == "POST" and form.is_valid():
        wanted = [placing.Wanted(code=line["code"], qty=line["qty"]) for line in lines]
        try:
            if request.POST.get("step") != "place":
                freight_fen = placing.freight_of(
                    shop, lines=placing.price(shop, wanted=wanted), consignee=form.consignee()
                )
                seen |= {"freight_fen": freight_fen, "total_fen": seen["goods_fen"] + freight_fen}
                return render(request, "front/checkout.html", seen)
            shown = request.POST.get("total", "")
            order = placing.place(
                shop,
                buyer=buyer,
                wanted=wanted,
                consignee=form.consignee(),
                remark=form.cleaned_data["remark"],
                expected_total_fen=int(shown) if shown.isascii() and shown.isdigit() else 0,
                now=timezone.now(),
            )
        except RefusedError as refused:
            seen["refusal"] = words.refusal_text(refused.refusal)
        else:
            keep_address(buyer, address={name: form.cleaned_data[name] for name in ("name", "phone", "place")})
            request.session["cart"] = {}
            return HttpResponseRedirect(reverse("pay", args=[order.number]))
    return render(request, "front/checkout.html", seen)


def _own(request: HttpRequest, buyer: Buyer, number: str) -> Order:
    order = queries.order_of(shop_of(request), number, buyer=buyer)
    if order is None:
        raise Http404
    return order


@for_buyers
def pay(request: HttpRequest, buyer: Buyer, number: str) -> HttpResponse:
    """Choose a way to pay, then what is needed to pay."""
    shop, order = shop_of(request), _own(request, buyer, number)
    if order.state != OrderState.UNPAID:
        return HttpResponseRedirect(reverse("order", args=[number]))
    cashiers = cashiers_of(shop)
    if request.method == "POST":
        cashier = cashiers.get(request.POST.get("way", ""))
        if cashier is None:
            messages.error(request, _("Please choose a way to pay"))
        else:
            try:
                begun = cashier.begin(charge_of(request, order))
                actions.keep_payment(order, way=cashier.way, begun=begun)
            except CashierError as fault:
                tell_the_shop(order, way=cashier.way, fault=fault)
                messages.error(request, _("This way to pay does not answer at the moment, please take another"))
        return HttpResponseRedirect(reverse("pay", args=[number]))
    begun_ones = {payment.way: payment for payment in order.payments.all()}
    wechat = wechat_of(shop)
    seen = {"order": order, "ways": list(cashiers), "begun": begun_ones, "is_in_wechat": is_in_wechat(request)}
    seen["pays_in_wechat"] = wechat is not None and wechat.pays_inside
    return render(request, "front/pay.html", seen)


@for_buyers
def pay_in_wechat(request: HttpRequest, buyer: Buyer, number: str) -> HttpResponse:
    """Inside WeChat: learn from it who pays, and come back to a payment that needs a single tap."""
    shop, order = shop_of(request), _own(request, buyer, number)
    wechat = wechat_of(shop)
    if wechat is None or not wechat.pays_inside:
        raise Http404
    code, state = request.GET.get("code", ""), request.GET.get("state", "")
    if not code:
        state = request.session["wechat_state"] = secrets.token_urlsafe(16)
        back = f"{_base(request, shop)}{reverse('pay-wechat', args=[number])}"
        return HttpResponseRedirect(consent_url(wechat.merchant, back=back, state=state))
    known = request.session.pop("wechat_state", "")
    if not known or not secrets.compare_digest(state.encode(), known.encode()):
        messages.error(request, _("This page was opened twice or elsewhere: please begin to pay again"))
    elif order.state == OrderState.UNPAID:
        try:
            openid = openid_of(wechat.merchant, code)
            begun = wechat.begin(replace(charge_of(request, order), openid=openid))
            actions.keep_payment(order, way=wechat.way, begun=begun)
        except CashierError as fault:
            tell_the_shop(order, way=wechat.way, fault=fault)
            messages.error(request, _("This way to pay does not answer at the moment, please take another"))
    return HttpResponseRedirect(reverse("pay", args=[number]))


def is_in_wechat(request: HttpRequest) -> bool:
    """Whether the page stands in a window of WeChat, which lets nobody go to a page of WeChat Pay or scan a code."""
    return "MicroMessenger" in request.headers.get("User-Agent", "")


def tell_the_shop(order: Order, *, way: str, fault: CashierError) -> None:
    """What went wrong is for the shop's own people: it stands in their log, not before the buyer."""
    log.warning("order %s could not be paid by %s: %s", order.number, way, fault)


def _base(request: HttpRequest, shop: Shop) -> str:
    return shop.public_url or f"{request.scheme}://{request.get_host()}"


def charge_of(request: HttpRequest, order: Order) -> Charge:
    """What the buyer is to pay, and where the payment service reports."""
    base = _base(request, order.shop)
    first = order.lines.all()[0]
    return Charge(
        number=order.number,
        amount_fen=order.total_fen,
        title=f"{order.shop.name} {first.name}"[:60],
        notify_url=f"{base}{reverse('wechat-pay')}",
        return_url=f"{base}/me/orders/{order.number}/",
        payer_ip=ip_of(request),
        is_mobile="Mobile" in request.headers.get("User-Agent", ""),
    )


@require_POST
@for_buyers
def pay_test(request: HttpRequest, buyer: Buyer, number: str) -> HttpResponse:
    """The test cashier's button: says paid, where no money is."""
    order = _own(request, buyer, number)
    if "test" not in cashiers_of(shop_of(request)):
        raise Http404
    notice = Notice(number=number, amount_fen=order.total_fen, reference=f"test-{number}")
    if actions.take_payment(order, way="test", notice=notice, now=timezone.now()):
        messages.success(request, _("Paid. The order is on its way to the warehouse"))
    return HttpResponseRedirect(reverse("order", args=[number]))
