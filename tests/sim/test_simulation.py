"""The simulation of the whole supply platform against an instance whose parts are killed under way.

ENTREPOT_SIM_SECONDS, ENTREPOT_SIM_SEED and ENTREPOT_SIM_KILL_EVERY set its length, its seed and the seconds between kills.
"""

import os
import secrets
from typing import Any

import pytest

from tests.sim.live import simulate
from tests.sim.simulation import Tally

SECONDS = float(os.environ.get("ENTREPOT_SIM_SECONDS", "75"))
KILL_EVERY_S = float(os.environ.get("ENTREPOT_SIM_KILL_EVERY", "15"))
SEED = os.environ.get("ENTREPOT_SIM_SEED") or secrets.token_hex(4)


@pytest.mark.timeout(SECONDS * 2 + 900)
def test_the_service_is_what_the_auditor_says(live_instance: Any, django_db_setup: Any, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        tally = _simulate(live_instance)
    print(tally)
    assert tally.rounds > 0
    # A simulation that never met a refusal has not looked for oversold stock or money.
    refused = tally.codes.get("place insufficient_stock", 0) + tally.codes.get("place insufficient_balance", 0)
    assert refused, tally.codes
    wanted = ("complete ok", "ask ok", "accept ok")
    assert [name for name in wanted if not tally.codes.get(name)] == [], tally.codes
    assert sum(tally.kills.values()) > 0 or not KILL_EVERY_S


def _simulate(live_instance: Any) -> Tally:
    return simulate(
        port=live_instance.port,
        data=live_instance.data,
        keys=live_instance.keys,
        seed=SEED,
        seconds=SECONDS,
        say=print,
        kill_every_s=KILL_EVERY_S,
    )
