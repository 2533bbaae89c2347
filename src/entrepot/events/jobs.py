"""Watching over what all followers of events wait for: the oldest transaction that still writes."""

from threading import Event
from typing import Any

import structlog
from django.db import connection

ALARM_S = 5
# What it does is not told: the text of a statement may hold what buyers have entrusted to us.
_LONG = """
select pid, backend_xid::text, floor(extract(epoch from clock_timestamp() - xact_start))::int, usename::text,
       application_name, state
from pg_stat_activity
where datname = current_database() and backend_xid is not null and xact_start < clock_timestamp() - make_interval(secs => %s)
"""
_named: set[tuple[Any, ...]] = set()
log = structlog.get_logger()


def name_long_transactions(stop: Event) -> int:
    """Raise the alarm, once for each, about transactions that have been writing for five seconds: feed and callbacks wait for them."""
    if stop.is_set():
        return 0
    # In no scope: a role may look at its own sessions, and its hats are other roles.
    with connection.cursor() as cursor:
        cursor.execute(_LONG, [ALARM_S])
        found = {row[:2]: row for row in cursor.fetchall()}
    new = [row for key, row in found.items() if key not in _named]
    for pid, xid, seconds, user, program, state in new:
        log.error(
            "transaction_holds_everybody_up", pid=pid, xid=xid, s=seconds, user=user, program=program, state=state
        )
    _named.intersection_update(found)
    _named.update(found)
    return len(new)
