"""Once a day every mall hears the digest of its shelf, and may compare its own copy with it."""

from threading import Event

from django.db import connection

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.events.outbox import note
from entrepot.reports.digest import digest_for

AT_ONCE = 20
_LOCK = 0xD16E57
# The day of a digest begins at three, when few are about.
_DUE = """
with today as (
    select ((clock_timestamp() at time zone 'Asia/Shanghai') - interval '3 hours')::date as day
)
select d.id, t.day from parties_distributor d, today t
where d.state = 'active' and exists (select from parties_apikey k where k.distributor_id = d.id and k.is_live)
  and not exists (
      select from events_event e where e.object_kind = 'digest' and e.object_id = d.id and e.data ->> 'day' = t.day::text
  )
order by d.id limit %s
"""


def tell_digests(stop: Event) -> int:
    """Tell the distributors with a live key who have not heard today's digest of prices and stocks; return how many."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(_DUE, [AT_ONCE])
        due = cursor.fetchall()
    done = 0
    for distributor_id, day in due:
        if stop.is_set():
            break
        done += tell_digest(distributor_id, day=day.isoformat(), version=day.toordinal())
    return done


def tell_digest(distributor_id: int, *, day: str, version: int) -> bool:
    """Tell one distributor the digest `GET /digest` gives now, once for a day; returns whether he was not told before."""
    found = digest_for(distributor_id)
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s::int)", [_LOCK, distributor_id % 2**31])
        cursor.execute(
            "select from events_event where object_kind = 'digest' and object_id = %s and data ->> 'day' = %s",
            [distributor_id, day],
        )
        if cursor.fetchone() is not None:
            return False
        note(
            "digest.daily",
            object_kind="digest",
            object_id=distributor_id,
            data={
                "object": "digest",
                "id": str(distributor_id),
                "day": day,
                "version": version,
                "skus": found.skus,
                "digest": found.digest,
            },
            actor=SYSTEM,
            version=version,
            distributor_ids=[distributor_id],
        )
    return True
