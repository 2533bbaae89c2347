"""What time does to the queues: what is older than a month is forgotten."""

from threading import Event

from entrepot.callbacks.actions import forget_older

KEPT_DAYS = 30
AT_ONCE = 5_000
BATCHES = 24
"""In a minute: 120,000 calls, twice as many as are made in one at a thousand deliveries a second."""


def forget(stop: Event) -> int:
    """Remove what is older than 30 days, in short transactions, as fast as it comes to be so old."""
    done = 0
    for _batch in range(BATCHES):
        if stop.is_set():
            break
        count = forget_older(days=KEPT_DAYS, at_most=AT_ONCE)
        done += count
        if count < AT_ONCE:
            break
    return done
