"""The back-office verbs the simulation needs, and the line protocol of `bin/entrepot desk` that carries them."""

import json
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tests.sim.deeds import Deed


@dataclass(kw_only=True)
class Result:
    """What became of a verb: `code` is empty when it took effect, now or before."""

    code: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class Backstage(Protocol):
    """What the staff of the platform, suppliers, referrers and the clock do, and what rows the API does not show."""

    def act(self, deed: "Deed") -> Result:
        """Carry out a deed by its verb."""

    def books(self, skus: Sequence[str]) -> Result:
        """Facts `accounts`, `levels`, `skus`, `bills` and `bill_lines`, as `views.books` reads them."""

    def orders(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """By order id the words of its shippers, and its requests of after-sale."""

    def turn(self) -> None:
        """Let time be looked at: a whole round of a worker."""


class DeskProcess:
    """Back-office verbs over `bin/entrepot desk --data DIR`: one JSON request a line in, one JSON answer a line out.

    Requests are `{"verb": …}` with the arguments below; answers `{"ok": true, …}` or `{"ok": false, "code": …}`.
    """

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> "DeskProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process: it leaves when its input ends."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def ask(self, verb: str, **arguments: Any) -> Result:
        """One request and its answer."""
        with self._lock:
            stdin, stdout = self._process.stdin, self._process.stdout
            if stdin is None or stdout is None:
                raise RuntimeError("the desk process has no pipes")
            stdin.write(json.dumps({"verb": verb} | arguments, ensure_ascii=False) + "\n")
            stdin.flush()
            line = stdout.readline()
        if not line:
            raise RuntimeError(f"the desk process ended ({self._process.poll()}) at {verb} {arguments}")
        answer = json.loads(line)
        if answer.pop("ok"):
            return Result(facts=answer)
        return Result(code=answer["code"], facts=answer)

    def ship(self, order_id: str, lines: dict[int, int], tracking_no: str) -> Result:
        """`{"verb":"ship","order_id":"7","lines":{"1":2},"tracking_no":"T1"}`; lines of one shipper only."""
        return self.ask("ship", order_id=order_id, lines=_keyed(lines), tracking_no=tracking_no)

    def receive(self, order_id: str) -> Result:
        """`{"verb":"receive","order_id":"7"}`."""
        return self.ask("receive", order_id=order_id)

    def complete(self, order_id: str) -> Result:
        """`{"verb":"complete","order_id":"7"}`."""
        return self.ask("complete", order_id=order_id)

    def refund(self, order_id: str, lines: dict[int, int], refund_no: str) -> Result:
        """`{"verb":"refund","order_id":"7","lines":{"1":1},"refund_no":"R1"}`; lines {} means all unshipped."""
        return self.ask("refund", order_id=order_id, lines=_keyed(lines), refund_no=refund_no)

    def credit(self, distributor_number: str, amount_fen: int, cause: str) -> Result:
        """`{"verb":"credit","distributor":"D1","amount_fen":100,"cause":"C1"}`."""
        return self.ask("credit", distributor=distributor_number, amount_fen=amount_fen, cause=cause)

    def credit_limit(self, distributor_number: str, limit_fen: int) -> Result:
        """`{"verb":"credit_limit","distributor":"D1","limit_fen":5000}`."""
        return self.ask("credit_limit", distributor=distributor_number, limit_fen=limit_fen)

    def restock(self, sku: str, qty: int, cause: str) -> Result:
        """`{"verb":"restock","sku":"A-1","qty":10,"cause":"S1"}`; the shared pool of its first warehouse."""
        return self.ask("restock", sku=sku, qty=qty, cause=cause)

    def allot(
        self, sku: str, pieces: int, cause: str, *, distributor: str | None, tier: str | None, cap: int, buffer: int
    ) -> Result:
        """`{"verb":"allot","sku":"A-1","pieces":5,"cause":"P1","distributor":"D1","tier":null,"cap":900,"buffer":2}`."""
        return self.ask(
            "allot",
            sku=sku,
            pieces=pieces,
            cause=cause,
            distributor=distributor,
            tier=tier,
            cap=cap,
            buffer=buffer,
        )

    def books(self, skus: Sequence[str]) -> Result:
        """`{"verb":"books","skus":["A-1"]}` answers three lists.

        `accounts`: `{kind, distributor, supplier, balance_fen, held_fen, credit_limit_fen, funds_policy}` of every
        account, parties by number, others null; `balance_fen` of accounts without a running figure is the sum of
        their transfers, credit minus debit. `levels`: `{sku, distributor, tier, on_hand, reserved, cap, buffer,
        taken}` per pool, warehouses added up, distributor and tier null for the shared pool. `skus`: `{sku, supplier,
        is_own, supplier_price_fen, supply_price_fen, min_quantity}`.
        """
        return self.ask("books", skus=list(skus))


def _keyed(lines: dict[int, int]) -> dict[str, int]:
    return {str(line): qty for line, qty in lines.items()}
