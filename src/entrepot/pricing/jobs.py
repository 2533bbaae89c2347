"""What prices do as time goes by."""

from threading import Event

from entrepot.pricing.actions import apply_next


def apply_due(stop: Event) -> int:
    """Bring announced price changes into effect whose moment has come; return how many."""
    done = 0
    while not stop.is_set():
        applied = apply_next()
        if not applied:
            break
        done += applied
    return done
