"""What time asks of stock: sold-out goods leave the shelf and come back, holds adapt to how they end."""

import time
from threading import Event

from entrepot.stock import quotas, shelving

_LAPSES_EVERY_S = 600
_next_lapses = [0.0]


def tend_shelf(stop: Event) -> int:
    """Unlist what has sold out and list again what has stock, where a switch says so."""
    return shelving.sweep(stop)


def adapt_lapses(stop: Event) -> int:
    """Reckon how long adaptive holds last, every ten minutes."""
    if time.monotonic() < _next_lapses[0]:
        return 0
    _next_lapses[0] = time.monotonic() + _LAPSES_EVERY_S
    return quotas.reckon_lapses(stop)
