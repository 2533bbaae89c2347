"""The operations of the front API: one list of lines in, one order out, no cart in between."""

from dataclasses import replace
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from entrepot_mall.base.refusals import RefusedError
from entrepot_mall.doors.api.answers import answered, body_of, buyer_by_token, text_of
from entrepot_mall.doors.api.contract import contract
from entrepot_mall.doors.front.checkout import charge_of, tell_the_shop
from entrepot_mall.doors.kit.visitors import shop_of
from entrepot_mall.members import actions as members
from entrepot_mall.members.models import Buyer
from entrepot_mall.members.rules import read_phone
from entrepot_mall.orders import actions, placing, queries
from entrepot_mall.orders.models import Order
from entrepot_mall.payments.port import Cashier, CashierError, Notice
from entrepot_mall.payments.queries import cashiers_of
from entrepot_mall.payments.wechat_pay import WechatPay
from entrepot_mall.payments.wechat_sign_in import openid_of
from entrepot_mall.shop.actions import is_let_in
from entrepot_mall.shop.models import Shop
from entrepot_mall.shop.queries import picture_url
from entrepot_mall.supply import queries as supply
from entrepot_mall.supply.models import Goods

PAGE = 20
CONSIGNEE = ("name", "phone", "province", "city", "district", "address")


@answered("GET")
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of all this."""
    del request
    return JsonResponse(contract(), json_dumps_params={"ensure_ascii": False})


@answered("POST")
def sign_up(request: HttpRequest) -> HttpResponse:
    """A new buyer, and a token for him."""
    given = body_of(request)
    phone = read_phone(text_of(given, "phone", longest=20))
    password = text_of(given, "password", longest=100)
    if phone is None:
        raise RefusedError("validation_failed", field="phone")
    try:
        validate_password(password)
    except ValidationError:
        raise RefusedError("validation_failed", field="password") from None
    buyer = members.sign_up(shop_of(request), phone=phone, name=text_of(given, "name", longest=40), password=password)
    if buyer is None:
        raise RefusedError("phone_known")
    return JsonResponse({"token": members.give_token(buyer, now=timezone.now())}, status=201)


@answered("POST")
def sign_in(request: HttpRequest) -> HttpResponse:
    """A token for 30 days."""
    given = body_of(request)
    phone = read_phone(text_of(given, "phone", longest=20))
    buyer = Buyer.objects.filter(shop=shop_of(request), phone=phone or "").first()
    now = timezone.now()
    if not is_let_in(buyer, password=text_of(given, "password", longest=100), now=now) or buyer is None:
        raise RefusedError("unauthorised")
    return JsonResponse({"token": members.give_token(buyer, now=now)})


@answered("GET")
def products(request: HttpRequest) -> HttpResponse:
    """Goods on sale, twenty a page."""
    shop = shop_of(request)
    words, category = request.GET.get("q", "").strip()[:60], request.GET.get("category", "")[:30]
    rows = supply.listed(shop, words=words, category=category).prefetch_related("skus")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    shows = placing.may_buy(shop, buyer=_buyer_if_any(request))
    told = [_product(goods, shop=shop, shows_prices=shows) for goods in page]
    return JsonResponse({"currency": "CNY", "items": told, "page": page.number, "has_more": page.has_next()})


@answered("GET")
def product(request: HttpRequest, goods_id: int) -> HttpResponse:
    """One piece of goods."""
    shop = shop_of(request)
    goods = supply.goods_of(shop, goods_id)
    if goods is None or not goods.is_listed or not goods.is_supplied:
        raise RefusedError("not_found")
    shows = placing.may_buy(shop, buyer=_buyer_if_any(request))
    return JsonResponse({"currency": "CNY", **_product(goods, shop=shop, shows_prices=shows)})


@answered("POST")
def quote(request: HttpRequest) -> HttpResponse:
    """What some lines would cost, freight included; nothing is kept."""
    shop, buyer, given = shop_of(request), buyer_by_token(request), body_of(request)
    if not placing.may_buy(shop, buyer=buyer):
        raise RefusedError("business_buyers_only")
    lines = placing.price(shop, wanted=_wanted(given))
    freight_fen = placing.freight_of(shop, lines=lines, consignee=_consignee(given))
    goods_fen = sum(line.amount_fen for line in lines)
    return JsonResponse(
        {"currency": "CNY", "goods": goods_fen, "freight": freight_fen, "total": goods_fen + freight_fen}
    )


@answered("GET", "POST")
def orders(request: HttpRequest) -> HttpResponse:
    """My orders; or a new one under a number of the client's own, which never takes effect twice."""
    shop, buyer = shop_of(request), buyer_by_token(request)
    if request.method == "GET":
        page = Paginator(queries.of_buyer(buyer), PAGE).get_page(request.GET.get("page"))
        return JsonResponse(
            {"items": [_order(order) for order in page], "page": page.number, "has_more": page.has_next()}
        )
    given = body_of(request)
    number = f"A{buyer.pk}-{text_of(given, 'client_no', longest=24)}"
    if not number.replace("-", "").isalnum() or not number.isascii():
        raise RefusedError("validation_failed", field="client_no")
    total = given.get("expected_total")
    if total is not None and type(total) is not int:
        raise RefusedError("validation_failed", field="expected_total")
    known = queries.order_of(shop, number, buyer=buyer)
    if known is not None:
        if {line.code: line.qty for line in known.lines.all()} != {one.code: one.qty for one in _wanted(given)}:
            raise RefusedError("number_taken")
        return JsonResponse(_order(known))
    order = placing.place(
        shop,
        buyer=buyer,
        wanted=_wanted(given),
        consignee=_consignee(given),
        remark=text_of(given, "remark", longest=200, is_needed=False),
        expected_total_fen=total,
        number=number,
        now=timezone.now(),
    )
    return JsonResponse(_order(order), status=201)


def _own(request: HttpRequest, number: str) -> Order:
    order = queries.order_of(shop_of(request), number, buyer=buyer_by_token(request))
    if order is None:
        raise RefusedError("not_found")
    return order


@answered("GET")
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order with its parcels."""
    return JsonResponse(_order(_own(request, number)))


@answered("POST")
def payment(request: HttpRequest, number: str) -> HttpResponse:
    """Begin to pay; the answer holds what the way to pay needs."""
    found, way = _own(request, number), text_of(body_of(request), "way", longest=20)
    cashier = cashiers_of(shop_of(request)).get(way)
    if cashier is None or found.state != "unpaid":
        raise RefusedError("state_conflict", state=found.state)
    try:
        begun = cashier.begin(replace(charge_of(request, found), openid=_openid(request, cashier)))
    except CashierError as fault:
        tell_the_shop(found, way=way, fault=fault)
        raise RefusedError("not_reachable") from None
    kept = actions.keep_payment(found, way=way, begun=begun)
    if way == "test":
        # There is no page to go to and no money to wait for.
        notice = Notice(number=number, amount_fen=found.total_fen, reference=f"test-{number}")
        actions.take_payment(found, way=way, notice=notice, now=timezone.now())
    return JsonResponse({"way": way, "amount": found.total_fen, "shown": kept.shown})


def _openid(request: HttpRequest, cashier: Cashier) -> str:
    """Who pays in a mini program, by the code it got from `wx.login`; empty for everybody else."""
    code = text_of(body_of(request), "wx_code", longest=128, is_needed=False)
    if not code:
        return ""
    if not isinstance(cashier, WechatPay) or not cashier.pays_inside:
        raise RefusedError("validation_failed", field="wx_code")
    return openid_of(cashier.merchant, code, is_mini_program=True)


def _buyer_if_any(request: HttpRequest) -> Buyer | None:
    return buyer_by_token(request) if request.headers.get("Authorization") else None


def _wanted(given: dict[str, Any]) -> list[placing.Wanted]:
    lines = given.get("lines")
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise RefusedError("validation_failed", field="lines")
    for line in lines:
        if not isinstance(line.get("sku"), str) or type(line.get("qty")) is not int:
            raise RefusedError("validation_failed", field="lines")
    return [placing.Wanted(code=line["sku"], qty=line["qty"]) for line in lines]


def _consignee(given: dict[str, Any]) -> dict[str, str]:
    told = given.get("consignee")
    if not isinstance(told, dict):
        raise RefusedError("validation_failed", field="consignee")
    read = {name: text_of(told, name, longest=120) for name in CONSIGNEE}
    phone = read_phone(read["phone"])
    if phone is None:
        raise RefusedError("validation_failed", field="phone")
    return read | {"phone": phone}


def _product(goods: Goods, *, shop: Shop, shows_prices: bool) -> dict[str, Any]:
    skus = []
    for sku in goods.skus.all():
        if sku.sale_fen is None:
            continue
        sku.goods = goods
        told: dict[str, Any] = {
            "sku": sku.code,
            "spec": sku.spec,
            "stock": sku.stock,
            "min_quantity": supply.least_pieces_of(sku, shop=shop),
        }
        if shows_prices:
            steps = supply.steps_of(sku, shop=shop)
            told |= {"price": sku.sale_fen, "steps": [{"from": pieces, "price": price} for pieces, price in steps]}
        skus.append(told)
    return {
        "id": goods.pk,
        "name": goods.shown_name,
        "text": goods.own_text,
        "category_id": goods.category_id,
        "images": [picture_url(shop, path) for path in goods.images],
        "skus": skus,
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "state": order.state,
        "currency": "CNY",
        "goods": order.goods_fen,
        "freight": order.freight_fen,
        "total": order.total_fen,
        "refunded": order.refunded_fen,
        "placed_at": order.placed_at.isoformat(),
        "lines": [
            {"line": line.line, "sku": line.code, "name": line.name, "qty": line.qty, "price": line.sale_fen}
            for line in order.lines.all()
        ],
        "parcels": [
            {"carrier": parcel.carrier, "tracking_no": parcel.tracking_no, "lines": parcel.lines}
            for parcel in order.parcels.all()
        ],
    }
