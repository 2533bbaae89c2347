"""What time does to the queues: what is older than a month is forgotten."""

from threading import Event

from entrepot.callbacks.actions import forget_older

KEPT_DAYS = 30
_AT_ONCE = 5_000


def forget(stop: Event) -> int:
    """Remove what is older than 30 days, a batch a minute."""
    return 0 if stop.is_set() else forget_older(days=KEPT_DAYS, at_most=_AT_ONCE)
