"""`python -m entrepot_mall.doors.worker`: rounds until it is told to stop; one worker at a time."""

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable

import django

ROUND_S = 1.0
EACH_MINUTE_S = 60.0
_LOCK = 0xC10D
Job = Callable[[threading.Event], int]


def main() -> int:
    """Work until SIGTERM or SIGINT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entrepot_mall.config.settings")
    django.setup()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return work(stop)


def work(stop: threading.Event) -> int:
    """Make rounds. A lost database or platform is waited for; one failing job does not hold up the others."""
    from entrepot_mall.doors.worker import jobs

    leading = threading.Event()
    aside = threading.Thread(
        target=_rounds, args=(stop, leading, jobs.ASIDE, jobs.ASIDE_EACH_MINUTE), name="aside", daemon=True
    )
    aside.start()
    _rounds(stop, leading, jobs.EACH_ROUND, jobs.EACH_MINUTE, leads=True)
    aside.join(10)
    return 0


def _rounds(
    stop: threading.Event,
    leading: threading.Event,
    each: tuple[Job, ...],
    minutely: tuple[Job, ...],
    *,
    leads: bool = False,
) -> None:
    """The rounds of one thread; the one that leads holds the lock by which there is one worker at a time."""
    from django.db import connection

    next_minute = 0.0
    while not stop.is_set():
        began = time.monotonic()
        if leads and not leading.is_set() and _attempt("lead", lambda _: int(_lead()), stop) == 1:
            leading.set()
        if leading.is_set():
            due = [*each, *(minutely if began >= next_minute else ())]
            next_minute = began + EACH_MINUTE_S if began >= next_minute else next_minute
            for job in due:
                # The lock goes with the connection it was taken on.
                if _attempt(job.__name__, job, stop) is None:
                    if leads:
                        leading.clear()
                    break
        stop.wait(max(0.05, ROUND_S - (time.monotonic() - began)))
    connection.close()


def _lead() -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        row = cursor.fetchone()
    return bool(row and row[0])


def _attempt(name: str, job: Job, stop: threading.Event) -> int | None:
    """What a job did; None when the database went away, and with it the lock."""
    from django.db import Error, connection

    from entrepot_sdk import EntrepotError

    try:
        return job(stop)
    except EntrepotError as fault:
        say("platform_away", job=name, fault=str(fault)[:200])
    except Error as fault:
        # What a statement was about is not for a log: it may be somebody's address.
        say("database", job=name, fault=type(fault).__name__)
        connection.close()
        return None
    except Exception as fault:  # noqa: BLE001 - one job that fails must not end the others
        say("failed", job=name, fault=type(fault).__name__, at=traceback.format_tb(fault.__traceback__)[-1].strip())
    return 0


def say(event: str, **facts: object) -> None:
    """One line of the log."""
    print(json.dumps({"event": event, **facts}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
