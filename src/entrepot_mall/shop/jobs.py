"""Connections looked after: is the platform there, does it call us."""

import threading
from datetime import timedelta

from django.utils import timezone

from entrepot_mall.shop import actions, queries
from entrepot_sdk import EntrepotError

CALLBACK_AGAIN_AFTER = timedelta(seconds=5)
_tried = {0: timezone.now() - timedelta(days=1)}


def check_connections(stop: threading.Event) -> int:
    """Ask for the balance of each shop."""
    count = 0
    for shop in queries.connected():
        if stop.is_set():
            break
        count += actions.check_connection(shop)
    return count


def connect_callbacks(stop: threading.Event) -> int:
    """Have the platform call the shops that want it and are not called yet; what is refused stands on the page of the connection."""
    count, now = 0, timezone.now()
    for shop in queries.connected():
        waits = now - _tried.get(shop.pk, _tried[0]) < CALLBACK_AGAIN_AFTER
        if stop.is_set() or waits or not shop.connects_callback or shop.callback_state == "active":
            continue
        _tried[shop.pk] = now
        if shop.callback_state != "none":
            actions.check_connection(shop)
        else:
            try:
                actions.connect_callback(shop)
            except EntrepotError as fault:
                # The next shop is not to wait for this one; it is asked again by and by.
                actions.keep_fault(shop, fault=fault)
        count += 1
    return count
