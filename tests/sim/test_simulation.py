"""The simulation over HTTP against a whole instance; ENTREPOT_SIM_SECONDS and ENTREPOT_SIM_SEED set its length and seed."""

import os
import secrets
from typing import Any

import pytest

from tests.sim.live import simulate

SECONDS = float(os.environ.get("ENTREPOT_SIM_SECONDS", "120"))
SEED = os.environ.get("ENTREPOT_SIM_SEED") or secrets.token_hex(4)


@pytest.mark.timeout(SECONDS * 2 + 300)
def test_the_service_is_what_the_auditor_says(live_instance: Any) -> None:
    tally = simulate(
        port=live_instance.port,
        data=live_instance.data,
        keys=live_instance.keys,
        seed=SEED,
        seconds=SECONDS,
        say=print,
    )
    print(tally)
    assert tally.rounds > 0
    # A simulation that never met a refusal has not looked for oversold stock or money.
    assert tally.codes.get("place insufficient_stock"), tally.codes
    assert tally.codes.get("place insufficient_balance"), tally.codes
    assert tally.codes.get("complete ok"), tally.codes
