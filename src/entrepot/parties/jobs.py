"""What time does to keys: their mall is warned before they end, and then they end."""

from datetime import timedelta
from threading import Event

from entrepot.base import scope
from entrepot.parties.actions.keys import end_key, warn_of_end
from entrepot.parties.queries import ending_keys
from entrepot.parties.rules import WARN_DAYS


def watch_keys(stop: Event) -> int:
    """Warn of keys that end in 14, 7 and 1 days, and end those whose time is over; return how many."""
    with scope.desk(read_only=True):
        ids = ending_keys(within=timedelta(days=WARN_DAYS[0]))
    done = 0
    for key_id in ids:
        if stop.is_set():
            break
        done += end_key(key_id) or warn_of_end(key_id)
    return done
