"""The back offices of a running instance: its rooms' actions, called in this process on its database."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import structlog
from django.apps import apps
from django.db import InterfaceError, OperationalError, connection, connections

from entrepot_launch.folder import DataFolder
from tests.sim.backstage import Result
from tests.sim.deeds import Deed

PATIENCE_S = 90.0
STAFF = "system"


@contextmanager
def at_home(data: Path) -> Iterator[None]:
    """Let this process's Django work in an instance's database; made ready first where nobody did."""
    settings = DataFolder(data).read_settings()
    if not apps.ready:
        os.environ.update({"DJANGO_SETTINGS_MODULE": "entrepot.config.settings"} | settings)
        django.setup()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    from entrepot.config.settings import _database

    connections.close_all()
    chosen = connections.settings["default"]
    there = _database(settings["DATABASE_URL"])
    before = {name: chosen[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    chosen.update({name: there[name] for name in before})
    try:
        yield
    finally:
        connections.close_all()
        chosen.update(before)


def patiently(act: Callable[[], Any], *, deed: Deed | None = None) -> Any:
    """Do something again until the database is there to do it; a deed that was begun more than once is `is_shaken`."""
    from entrepot.trade.desk import Busy

    ends = time.monotonic() + PATIENCE_S
    while True:
        try:
            return act()
        except (OperationalError, InterfaceError, Busy):
            if connection.in_atomic_block or time.monotonic() > ends:
                raise
            connection.close()
            if deed is not None:
                deed.is_shaken = True
            time.sleep(0.1)


class Rooms:
    """Backstage by the rooms' own actions. Every thread has a connection of its own; it keeps none between deeds."""

    def __init__(self) -> None:
        from tests.sim import room_deeds

        self._deeds = room_deeds.table()
        self.first_bill = 0

    def act(self, deed: Deed) -> Result:
        """Carry out a deed of the staff, of a supplier or a referrer, or let time pass."""
        from django.core.exceptions import ObjectDoesNotExist

        from entrepot.base.mistakes import Mistake

        def once() -> Result:
            try:
                return self._deeds[deed.verb](deed)
            except Mistake as mistake:
                return Result(code="mistake", facts={"detail": str(mistake)})
            except ObjectDoesNotExist:
                return Result(code="not_found")

        result: Result = patiently(once, deed=deed)
        return result

    def books(self, skus: Sequence[str]) -> Result:
        """Every account, the levels of some SKUs, the bills of suppliers: see `views`. Only bills after the first are ours."""
        from tests.sim import views

        return Result(facts=patiently(lambda: views.books(skus, bills_after=self.first_bill)))

    def orders(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What the API does not show of orders: the words of shippers and the requests, by order id."""
        from tests.sim import views

        found: dict[str, dict[str, Any]] = patiently(lambda: views.orders([int(one) for one in ids]))
        return found

    def turn(self) -> None:
        """A round of a worker of our own, with what is done once a minute, beside the instance's."""
        from threading import Event

        from entrepot.doors.worker.rounds import Rounds

        patiently(lambda: Rounds(Event()).make())
