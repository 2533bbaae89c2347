"""What time does to bills: periods end, answers stay away."""

from threading import Event

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.days import day_of
from entrepot.settlement import actions
from entrepot.settlement.queries import due_runs, unanswered


def make_bills(stop: Event) -> int:
    """Bill every supplier whose period is over, each in a transaction of his own; returns how many bills were made."""
    with scope.platform(read_only=True):
        wanted = due_runs(today=day_of(database_now()))
    made = 0
    for supplier_id, period, cycle in wanted:
        if stop.is_set():
            break
        made += actions.run_period(supplier_id, period=period, cycle=cycle) is not None
    return made


def confirm_unanswered(stop: Event) -> int:
    """Take bills as agreed whose supplier has not answered in time; returns how many."""
    with scope.platform(read_only=True):
        ids = unanswered(database_now())
    done = 0
    for bill_id in ids:
        if stop.is_set():
            break
        done += actions.confirm_by_silence(bill_id)
    return done
