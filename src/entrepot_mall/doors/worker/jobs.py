"""The rounds of the worker: what is done each second, and what each minute."""

import threading

from entrepot_mall.channels import jobs as channels
from entrepot_mall.orders import jobs as orders
from entrepot_mall.shop import jobs as shop
from entrepot_mall.supply import jobs as supply


def sync_warehouses(stop: threading.Event) -> int:
    """Every shop's warehouse."""
    return supply.sync_all(stop)


EACH_ROUND = (orders.pass_on_paid, orders.fetch_news, shop.connect_callbacks, sync_warehouses)
EACH_MINUTE = (orders.lapse_unpaid, shop.check_connections)
# Other people's services may be slow: what is handed to them goes in a thread of its own, and no paid order waits for it.
ASIDE = (channels.fetch_sold, channels.tell_parcels, channels.list_queued)
ASIDE_EACH_MINUTE = (orders.ask_for_payments, channels.keep_prices_and_stocks)
