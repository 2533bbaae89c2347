"""`python -m entrepot.doors.worker`: a round a second, by one worker at a time, until it is told to stop."""

import os
import signal
import sys
import time
from threading import Event

import django
import structlog

ROUND_S = 1.0
LONGEST_PAUSE_S = 2.0
_LOCK = 0xC10C
log = structlog.get_logger()


def main() -> int:
    """Work until SIGTERM or SIGINT; returns the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot.config.settings")
    os.environ.setdefault("ENTREPOT_PROCESS", "worker")
    django.setup()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return work(stop)


def work(stop: Event) -> int:
    """Make rounds until `stop` is set. A lost database is waited for; 1 is returned when the role must not serve."""
    from django.db import InterfaceError, OperationalError, connection

    from entrepot.base.start_check import problems
    from entrepot.doors.worker.calling import Calling
    from entrepot.doors.worker.rounds import Rounds
    from entrepot.trade.desk import Busy

    rounds = Rounds(stop)
    calling = Calling()
    is_leading = False
    failures = 0
    while not stop.is_set():
        began = time.monotonic()
        try:
            if not is_leading:
                if found := problems():
                    log.error("refusing_to_serve", problems=found)
                    return 1
                is_leading = _lead()
            if is_leading:
                calling.begin()
                rounds.make()
            failures = 0
            stop.wait(max(0.0, ROUND_S - (time.monotonic() - began)))
        except Busy:
            log.warning("busy")
            stop.wait(ROUND_S)
        except (OperationalError, InterfaceError) as error:
            # The lock went with the connection: whoever comes back first leads.
            is_leading = False
            calling.end()
            failures += 1
            log.warning("database_away", failures=failures, error=str(error).splitlines()[0] if str(error) else "")
            connection.close()
            stop.wait(min(LONGEST_PAUSE_S, 0.1 * 2**failures))
    calling.end()
    connection.close()
    log.info("stopped")
    return 0


def _lead() -> bool:
    """Return whether this worker is the one that works; the lock lasts as long as the connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [_LOCK])
        is_leading = bool(cursor.fetchone()[0])
    if is_leading:
        log.info("leading")
    return is_leading


if __name__ == "__main__":
    sys.exit(main())
