"""What time does: the time to take lines on is over."""

from threading import Event

import structlog

from entrepot.base import scope
from entrepot.fulfilment.queries import due_lines
from entrepot.trade import desk

AT_MOST = 500
BATCH = 50
log = structlog.get_logger()


def lapse(stop: Event) -> int:
    """Let the time of lines be over that nobody took on; returns how many. Who was quicker is left alone by the desk."""
    with scope.desk(read_only=True):
        asks = due_lines(AT_MOST)
    done = 0
    for start in range(0, len(asks), BATCH):
        if stop.is_set():
            break
        part = asks[start : start + BATCH]
        for ask, outcome in zip(part, desk.run_each(part), strict=True):
            if isinstance(outcome, Exception):
                log.error("not_lapsed", order=ask.order_id, line=ask.line_no, exc_info=outcome)
            elif outcome.is_accepted:
                done += 1
    return done
