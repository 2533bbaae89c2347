"""What becomes of orders by themselves: unpaid ones lapse, paid ones are passed on, news is fetched."""

import threading
from datetime import timedelta

from django.utils import timezone

from entrepot_mall.orders import actions, passing, queries
from entrepot_mall.orders.models import Payment
from entrepot_mall.payments.port import CashierError
from entrepot_mall.payments.queries import wechat_of
from entrepot_mall.shop.queries import client_of, connected


def pass_on_paid(stop: threading.Event) -> int:
    """Pass on what is paid and due."""
    count = 0
    for order_id in queries.to_pass(now=timezone.now()):
        if stop.is_set():
            break
        count += passing.pass_on(order_id, now=timezone.now())
    return count


def fetch_news(stop: threading.Event) -> int:
    """Ask for the orders the platform told us of."""
    count = 0
    for shop in connected():
        waiting = queries.to_look_at(shop, now=timezone.now())
        if not waiting:
            continue
        with client_of(shop) as client:
            for order in waiting:
                if stop.is_set():
                    break
                passing.look_at(order, client=client, now=timezone.now())
                count += 1
    return count


def lapse_unpaid(stop: threading.Event) -> int:
    """Let go of what nobody paid."""
    del stop
    return actions.lapse(now=timezone.now())


def ask_for_payments(stop: threading.Event) -> int:
    """Ask WeChat Pay for money whose notice may have got lost, for a day; a lapsed order that was paid is taken up."""
    count, now = 0, timezone.now()
    rows = Payment.objects.filter(way="wechat", state="open", begun_at__gt=now - timedelta(days=1))
    for payment in rows.select_related("order__shop").order_by("id")[:100]:
        wechat = wechat_of(payment.order.shop)
        if stop.is_set() or wechat is None:
            continue
        try:
            notice = wechat.find(payment.order.number)
        except CashierError:
            continue  # it is asked again within a minute
        if notice is not None:
            count += actions.take_payment(payment.order, way="wechat", notice=notice, now=now)
    return count
