"""Everything that has happened is told: facts by the outbox, stock by the levels."""

import json
import time
from typing import Any

from entrepot.base import scope
from entrepot.callbacks.models import Reading
from entrepot.callbacks.queries import events_after
from entrepot.callbacks.stocks import follow_stock
from tests.world import rows, sorted_to_the_end


def followed() -> int:
    """Let two seconds pass, then follow the levels."""
    with scope.desk():
        Reading.objects.update(stock_at="2000-01-01T00:00:00Z")
    return follow_stock()


def all_told() -> None:
    """Tell all that has happened until now; a test next door can hold the mark back for a moment."""
    sorted_to_the_end()
    until = time.monotonic() + 180
    while True:
        followed()
        if rows(
            "select exists (select from stock_level l, callbacks_reading r where r.stock_xid is null"
            " or l.changed_xid >= r.stock_xid::text::xid8)"
        ) == [(False,)]:
            return
        assert time.monotonic() < until, "a transaction next door has not ended for three minutes"
        time.sleep(0.02)


def heard(distributor_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Type and content of all that a mall was told, in order."""
    told = events_after(0, distributor_id=distributor_id, limit=10_000)
    return [(one.type, json.loads(one.data) if isinstance(one.data, str) else one.data) for one in told]
