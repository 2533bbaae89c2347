"""An order is taken: lines and prices from the shelf, freight from the platform, one row per line."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from entrepot_mall.base.refusals import RefusedError
from entrepot_mall.members.models import Buyer, Standing
from entrepot_mall.orders import rules
from entrepot_mall.orders.models import Line, Order
from entrepot_mall.shop.models import Shop, ShopKind
from entrepot_mall.shop.queries import client_of
from entrepot_mall.supply import queries as supply
from entrepot_sdk import Destination, EntrepotError, FreightLine, FreightRequest
from entrepot_sdk import RefusedError as PlatformRefusal


@dataclass(frozen=True)
class Wanted:
    """Some pieces of an article."""

    code: str
    qty: int


@dataclass(frozen=True)
class Priced:
    """A line as it would be taken."""

    code: str
    qty: int
    goods_id: int
    name: str
    spec: str
    image: str
    sale_fen: int
    agreed_fen: int

    @property
    def amount_fen(self) -> int:
        """What the line comes to."""
        return self.qty * self.sale_fen


def may_buy(shop: Shop, *, buyer: Buyer | None) -> bool:
    """A wholesale shop sells to businesses it has approved."""
    return shop.kind != ShopKind.WHOLESALE or (buyer is not None and buyer.standing == Standing.APPROVED)


def price(shop: Shop, *, wanted: Sequence[Wanted]) -> list[Priced]:
    """Lines with the prices of this moment. Raises RefusedError with the code and the article it is about."""
    if not wanted or len(wanted) > rules.LINES_AT_MOST:
        raise RefusedError("no_lines" if not wanted else "too_many_lines")
    if len({one.code for one in wanted}) != len(wanted):
        raise RefusedError("article_twice")
    skus = supply.skus_by_code(shop, [one.code for one in wanted])
    lines = []
    for one in wanted:
        sku = skus.get(one.code)
        if sku is None:
            raise RefusedError("not_on_sale", sku=one.code)
        least = supply.least_pieces_of(sku, shop=shop)
        if not least <= one.qty <= rules.PIECES_AT_MOST:
            raise RefusedError("below_minimum", sku=one.code, least=least)
        if sku.stock < one.qty:
            raise RefusedError("out_of_stock", sku=one.code, stock=sku.stock)
        sale_fen = supply.piece_price_of(sku, qty=one.qty, shop=shop)
        if sale_fen is None:
            raise RefusedError("not_on_sale", sku=one.code)
        goods = sku.goods
        image = goods.images[0] if goods.images else ""
        lines.append(
            Priced(
                code=sku.code,
                qty=one.qty,
                goods_id=goods.pk,
                name=goods.shown_name,
                spec=sku.spec,
                image=image,
                sale_fen=sale_fen,
                agreed_fen=sku.agreed_fen,
            )
        )
    return lines


def freight_of(shop: Shop, *, lines: Sequence[Priced], consignee: dict[str, str]) -> int:
    """What sending the lines costs, in fen, as the platform says. Raises RefusedError when it does not send there."""
    asked = FreightRequest(
        lines=[FreightLine(sku=line.code, qty=line.qty) for line in lines],
        destination=Destination(province=consignee["province"], city=consignee["city"], district=consignee["district"]),
    )
    try:
        with client_of(shop, attempts=2) as client:
            return client.quote_freight(asked).freight
    except PlatformRefusal as refusal:
        known = {"region_not_served": "region_not_served", "product_delisted": "not_on_sale"}
        raise RefusedError(known.get(refusal.code, "not_reachable"), detail=refusal.detail) from refusal
    except EntrepotError as fault:
        raise RefusedError("not_reachable") from fault


def new_number(*, now: datetime) -> str:
    """A number for an order: the day and chance, so that it neither repeats nor tells how much is sold."""
    return f"M{now:%y%m%d}{secrets.randbelow(10**10):010d}"


def place(
    shop: Shop,
    *,
    buyer: Buyer,
    wanted: Sequence[Wanted],
    consignee: dict[str, str],
    remark: str,
    expected_total_fen: int | None,
    number: str = "",
    now: datetime,
) -> Order:
    """Take an order that is still to be paid. Raises RefusedError; `expected_total_fen` is what the buyer was shown."""
    if not may_buy(shop, buyer=buyer):
        raise RefusedError("business_buyers_only")
    lines = price(shop, wanted=wanted)
    freight_fen = freight_of(shop, lines=lines, consignee=consignee)
    goods_fen = sum(line.amount_fen for line in lines)
    total_fen = goods_fen + freight_fen
    if expected_total_fen is not None and expected_total_fen != total_fen:
        raise RefusedError("total_changed", expected=expected_total_fen, total=total_fen)
    with transaction.atomic():
        order = Order.objects.create(
            shop=shop,
            number=number or new_number(now=now),
            buyer=buyer,
            goods_fen=goods_fen,
            freight_fen=freight_fen,
            total_fen=total_fen,
            consignee=consignee,
            remark=remark[:200],
            placed_at=now,
            pay_until=now + rules.PAY_WITHIN,
        )
        write_lines(order, lines=lines)
    return order


def write_lines(order: Order, *, lines: Sequence[Priced]) -> None:
    """One row per line; the agreed price of this moment is what the platform is held to later."""
    Line.objects.bulk_create(
        Line(
            shop_id=order.shop_id,
            order=order,
            line=place,
            goods_id=line.goods_id,
            code=line.code,
            name=line.name,
            spec=line.spec,
            image=line.image,
            qty=line.qty,
            sale_fen=line.sale_fen,
            expected_fen=line.agreed_fen,
        )
        for place, line in enumerate(lines, start=1)
    )
