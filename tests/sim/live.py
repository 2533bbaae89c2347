"""A running instance as the simulation sees it: clients of its demo distributors, its back office, its world."""

import json
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from entrepot_sdk import Entrepot, RetryPolicy, errors
from tests.sim.deeds import Found
from tests.sim.killing import Killer
from tests.sim.rooms import Rooms, at_home
from tests.sim.simulation import LAPSE_WITHIN_S, Nobody, Simulation, Tally

ROOT = Path(__file__).resolve().parents[2]
PARTIES = 4
WITHIN_S = 40.0  # a worker that was killed comes back meanwhile
# Rate limits are per key: a simulation is patient with them and with a service that says it is busy.
PATIENT = RetryPolicy(attempts=12, first_wait_s=0.1, longest_wait_s=5.0)


def simulate(
    *,
    port: int,
    data: Path,
    keys: Sequence[dict[str, Any]],
    seed: str,
    seconds: float,
    say: Callable[[str], None],
    kill_every_s: float = 0.0,
) -> Tally:
    """Run one simulation against an instance, with something killed every so often; raises Found with what cannot be,
    AssertionError when `verify`, the independent audit of the rows or one of the foreign accountants differs."""
    say(f"seed {seed}")
    run = secrets.token_hex(4)
    with ExitStack() as stack:
        stack.enter_context(at_home(data))
        malls: dict[str, Entrepot] = {}
        for key in list(keys)[:PARTIES]:
            client = Entrepot(f"http://127.0.0.1:{port}", key=key["key"], secret=key["secret"], retry=PATIENT)
            malls[key["number"]] = stack.enter_context(client)
        for mall in malls.values():
            _cancel_open(mall)
        from tests.sim.world import auditor_of  # models may be imported once Django is ready

        rooms = Rooms()
        auditor = auditor_of(malls, rooms=rooms, run=run)
        rooms.first_bill = auditor.first_bill
        say(f"{len(malls)} distributors, {len(auditor.suppliers)} shippers, {len(auditor.articles)} articles")
        killer = Killer(data, port=port, every_s=kill_every_s, seed=seed) if kill_every_s else Nobody()
        simulation = Simulation(
            malls=dict(malls),
            backstage=rooms,
            auditor=auditor,
            seed=seed,
            run=run,
            lapse_within_s=WITHIN_S if kill_every_s else LAPSE_WITHIN_S,
            settles_within_s=WITHIN_S,
            killer=killer,
        )
        try:
            with killer:
                tally = simulation.run(seconds=seconds)
        except Found as found:
            last = simulation.last_deeds()
            raise Found(f"seed {seed}, round {simulation.tally.rounds}: {found}\nthe last deeds:\n{last}") from found
        tally.kills = killer.kills
        audit_rows()
    verify(data)
    say(export(data))
    return tally


def _cancel_open(mall: Entrepot) -> None:
    """What earlier simulations left held or waiting would move money and stock on its own."""
    for state in ("awaiting_funds", "held"):
        for order in list(mall.orders(state=state, limit=200)):
            try:
                mall.cancel(order.id)
            except errors.StateConflictError:
                continue  # it lapsed, or was released, in this moment


def audit_rows() -> None:
    """Let the rows of all parties be audited by statements that share nothing with the product."""
    from tests import audit
    from tests.world import rows

    found = audit.faults(
        distributors=[number for (number,) in rows("select id from parties_distributor")],
        skus=[number for (number,) in rows("select id from catalog_sku")],
        suppliers=[number for (number,) in rows("select id from parties_supplier")],
        referrers=[number for (number,) in rows("select id from parties_referrer")],
    )
    if found:
        raise Found("; ".join(found[:20]))


def export(data: Path) -> str:
    """Let hledger and beancount read the whole ledger; returns what was compared, raises AssertionError where they differ."""
    from beancount import loader

    with tempfile.TemporaryDirectory(prefix="entrepot-sim-") as folder:
        files = {name: Path(folder) / f"books.{name}" for name in ("journal", "beancount")}
        for name, file in files.items():
            words = ["--beancount"] if name == "beancount" else []
            with file.open("wb") as stream:
                subprocess.run(
                    [ROOT / "bin" / "entrepot", "journal", *words, "--data", data], stdout=stream, check=True
                )
        entries, faults, _options = loader.load_file(str(files["beancount"]))
        if faults:
            raise AssertionError(f"beancount: {faults[:5]}")
        hledger = shutil.which("hledger")
        if hledger is None:
            return f"beancount agrees with {len(entries)} entries; hledger is not installed (bin/setup --browser)"
        said = subprocess.run([hledger, "-f", files["journal"], "check"], capture_output=True, text=True, check=False)
        if said.returncode:
            raise AssertionError(f"hledger: {said.stderr}")
    return f"hledger and beancount agree with {len(entries)} entries"


def verify(data: Path) -> None:
    """Let the instance recompute its own books."""
    said = subprocess.run(
        [ROOT / "bin" / "entrepot", "verify", "--json", "--data", data], capture_output=True, text=True, check=False
    )
    if said.returncode:
        raise AssertionError(f"verify ended with {said.returncode}: {said.stdout}{said.stderr}")
    if json.loads(said.stdout)["differences"]:
        raise AssertionError(said.stdout)


def keys_of(data: Path) -> list[dict[str, Any]]:
    """The demo distributors of an instance."""
    said = subprocess.run(
        [ROOT / "bin" / "entrepot", "keys", "--json", "--data", data], capture_output=True, text=True, check=True
    )
    keys: list[dict[str, Any]] = json.loads(said.stdout)
    return keys
