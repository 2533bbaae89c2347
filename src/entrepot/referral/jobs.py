"""What the worker does for referrers as time goes by."""

from threading import Event

from entrepot.referral.actions import follow


def follow_ledger(stop: Event) -> int:
    """Follow the ledger to where transactions still run; return how many entries were booked."""
    done = 0
    while not stop.is_set():
        count = follow()
        if count is None:
            break
        done += count
    return done
