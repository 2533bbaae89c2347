"""A paid order goes to the platform, and what the platform says of it comes back; outside calls, never in a transaction."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from msgspec import UNSET

from entrepot_mall.orders import rules
from entrepot_mall.orders.models import AfterSale, Heard, Order, OrderState, Parcel
from entrepot_mall.shop.actions import record
from entrepot_mall.shop.models import Shop
from entrepot_mall.shop.queries import client_of
from entrepot_sdk import (
    Consignee,
    Entrepot,
    EntrepotError,
    LinePart,
    NewAfterSale,
    NewLine,
    NewOrder,
    OutcomeUnknownError,
    RefusedError,
    shapes,
)


def pass_on(order_id: int, *, now: datetime) -> bool:
    """Send one paid order on as `direct`, under its own number; whatever comes of it is written down."""
    order = _begin(order_id, now=now)
    if order is None:
        return False
    try:
        with client_of(order.shop) as client:
            told = client.create_order(_as_told(order))
    except RefusedError as refusal:
        _refused(order, code=refusal.code, detail=refusal.detail, now=now)
    except OutcomeUnknownError as fault:
        # It may have arrived. The order stays marked as being passed on, so that it cannot be refunded meanwhile.
        Order.objects.filter(pk=order.pk).update(
            pass_code="outcome_unknown",  # noqa: S106 - the code of a refusal
            pass_detail=str(fault)[:300],
        )
    except EntrepotError as fault:
        _refused(order, code="unreadable_answer", detail=str(fault), now=now)
    else:
        apply(order.pk, told=told, now=now)
        return True
    return False


def _begin(order_id: int, *, now: datetime) -> Order | None:
    free = Q(passing_since=None) | Q(passing_since__lt=now - rules.PASSING_AT_MOST)
    rows = Order.objects.filter(free, pk=order_id, state=OrderState.PAID)
    if not rows.update(passing_since=now, pass_attempts=F("pass_attempts") + 1):
        return None
    return Order.objects.select_related("shop").prefetch_related("lines").get(pk=order_id)


def _as_told(order: Order) -> NewOrder:
    return NewOrder(
        out_order_no=order.number,
        mode="direct",
        lines=[
            NewLine(
                sku=line.code, qty=line.qty, expected_price=UNSET if line.expected_fen is None else line.expected_fen
            )
            for line in order.lines.all()
        ],
        consignee=Consignee(**order.consignee),
        remark=order.remark or UNSET,
    )


def _refused(order: Order, *, code: str, detail: str, now: datetime) -> None:
    later = rules.next_try(order.pass_attempts, now=now) if rules.is_tried_again(code) else None
    Order.objects.filter(pk=order.pk, state=OrderState.PAID).update(
        passing_since=None, next_pass_at=later, pass_code=code, pass_detail=detail[:300]
    )


def apply(order_id: int, *, told: shapes.Order, now: datetime) -> None:
    """Write what the platform says of an order; an older version than the one we have changes nothing."""
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        if told.version < order.platform_version:
            return
        was_given_up = rules.is_given_up(told.state)
        order.platform_id, order.platform_state, order.platform_version = told.id, told.state, told.version
        order.drawn_fen = told.drawn - told.refunded
        order.state = rules.state_after(order.state, platform_state=told.state)
        order.passing_since, order.looked_at = None, now
        order.next_pass_at = None
        order.pass_code = f"platform_{told.state}" if was_given_up else ""
        order.pass_detail = ""
        order.save()
        for parcel in told.shipments:
            Parcel.objects.update_or_create(
                order=order,
                platform_id=parcel.id,
                defaults={
                    "shop_id": order.shop_id,
                    "carrier": parcel.carrier,
                    "tracking_no": parcel.tracking_no,
                    "lines": [{"line": part.line, "qty": part.qty} for part in parcel.lines],
                    "trail": [{"at": step.at.isoformat(), "text": step.text} for step in parcel.trail],
                    "shipped_at": parcel.shipped_at,
                },
            )


def hear(shop: Shop, *, event: shapes.Event, now: datetime) -> bool:
    """Take note of a callback; False when it had come before. The worker asks for the whole order."""
    with transaction.atomic():
        _, is_new = Heard.objects.get_or_create(
            shop=shop, event_id=event.id, defaults={"seq": event.seq, "type": event.type, "at": now}
        )
        number, version = event.data.get("out_order_no"), event.data.get("version")
        if is_new and event.type.startswith("order.") and isinstance(number, str) and isinstance(version, int):
            Order.objects.filter(shop=shop, number=number).update(heard_version=Greatest(F("heard_version"), version))
        elif is_new and event.type.startswith(("aftersale.", "claim.")) and isinstance(number, str):
            Order.objects.filter(shop=shop, number=number).update(heard_version=F("platform_version") + 1)
    return is_new


def look_at(order: Order, *, client: Entrepot, now: datetime) -> None:
    """Ask the platform how an order stands. Raises EntrepotError."""
    told = client.order_by_out_no(order.number)
    apply(order.pk, told=told, now=now)
    # A version we heard of and did not get is not asked for again at once.
    Order.objects.filter(pk=order.pk).update(heard_version=F("platform_version"), looked_at=now)
    for aftersale in AfterSale.objects.filter(order=order).exclude(platform_id=""):
        state = client.aftersale(aftersale.platform_id).state
        AfterSale.objects.filter(pk=aftersale.pk).update(platform_state=state)


def confirm_receipt(order: Order, *, now: datetime) -> None:
    """The buyer has the goods. Raises EntrepotError."""
    with client_of(order.shop) as client:
        apply(order.pk, told=client.receipt(order.platform_id), now=now)


def pass_on_aftersale(aftersale: AfterSale, *, who: str) -> None:
    """Ask the platform for the after-sale a buyer asked the shop for, all pieces. Raises EntrepotError."""
    order = aftersale.order
    with client_of(order.shop) as client:
        told = client.create_aftersale(
            NewAfterSale(
                out_refund_no=aftersale.number,
                out_order_no=order.number,
                type=aftersale.kind,
                reason=aftersale.reason,
                lines=[LinePart(line=line.line, qty=line.qty) for line in order.lines.all()],
                remark=aftersale.note or UNSET,
            )
        )
    with transaction.atomic():
        AfterSale.objects.filter(pk=aftersale.pk).update(state="passed", platform_id=told.id, platform_state=told.state)
        record(order.shop, who=who, what="aftersale_passed", about=aftersale.number)
