"""Nobody writes for long: what others wait to be told is held up by the oldest transaction that writes."""

import threading

import pytest
from django.db import connection
from structlog.testing import capture_logs

from entrepot.base import scope
from entrepot.events import jobs
from entrepot.parties.models import Distributor
from entrepot_launch import roles
from tests.callbacks.conftest import eventually
from tests.world import World


def shown(name: str) -> str:
    """A setting of the server as it is in the transaction that is open."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def test_who_serves_may_not_write_for_more_than_half_a_minute(committed: roles.Access) -> None:
    with scope.desk():
        assert (shown("transaction_timeout"), shown("statement_timeout")) == ("30s", "30s")
    with scope.one_moment():
        assert (shown("transaction_timeout"), shown("statement_timeout")) == ("0", "0"), "it reads, and holds nobody up"


def test_who_writes_for_long_is_named_once_and_without_what_he_writes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = world.distributor()
    written, may_end = threading.Event(), threading.Event()

    def dawdle() -> None:
        with scope.platform():
            Distributor.objects.filter(pk=party.pk).update(contact="赵敏 13800000000")
            written.set()
            may_end.wait(60)
        connection.close()

    thread = threading.Thread(target=dawdle)
    thread.start()
    assert written.wait(30)
    monkeypatch.setattr(jobs, "ALARM_S", 0.2)
    alarms: list[str] = []

    def is_named() -> bool:
        with capture_logs() as said:
            jobs.name_long_transactions(threading.Event())
        alarms.extend(str(entry) for entry in said if entry["event"] == "transaction_holds_everybody_up")
        return bool(alarms)

    try:
        eventually(is_named)
        is_named()
        assert len(alarms) == 1 and "赵敏" not in alarms[0] and "update" not in alarms[0].lower()
    finally:
        may_end.set()
        thread.join(30)
