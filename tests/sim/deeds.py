"""One thing done to the service: what was asked, when it began and ended, and what was answered."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from entrepot_sdk import NewBatch, NewOrder, RefusedError
from entrepot_sdk.shapes import Balance, Batch, LedgerEntry, Order, Page, Preview, PriceStock
from tests.sim.backstage import Backstage

OK = "ok"
MALL_VERBS = {"confirm": "confirm", "cancel": "cancel", "receive": "receipt"}


class Found(AssertionError):
    """The service answered, or kept, what the auditor says cannot be."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An order as the API shows it, and what is hidden there."""

    order: Order
    hidden: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.order} {self.hidden}"


class Mall(Protocol):
    """What the simulation uses of a distributor's client."""

    def create_order(self, order: NewOrder) -> Order: ...

    def preview_order(self, order: NewOrder) -> Preview: ...

    def create_batch(self, batch: NewBatch) -> Batch: ...

    def confirm(self, order_id: str) -> Order: ...

    def cancel(self, order_id: str) -> Order: ...

    def receipt(self, order_id: str) -> Order: ...

    def order(self, order_id: str) -> Order: ...

    def order_by_out_no(self, out_order_no: str) -> Order: ...

    def balance(self) -> Balance: ...

    def prices_stocks(self, skus: list[str]) -> list[PriceStock]: ...

    def ledger_page(self, *, cursor: str | None = None, limit: int | None = None) -> Page[LedgerEntry]: ...


@dataclass(kw_only=True, eq=False)
class Deed:
    """A request, and once `perform` ran it its window in seconds, its code (`ok` when accepted) and its answer.

    `more` are the arguments that only some verbs have, `facts` what was answered besides. A deed `is_shaken` when
    something was killed meanwhile: it may have been done, and refused when it was asked for again.
    """

    verb: str
    party: str = ""
    number: str = ""
    order_id: str = ""
    orders: list[NewOrder] = field(default_factory=list)
    is_atomic: bool = False
    pieces: dict[int, int] = field(default_factory=dict)
    name: str = ""
    sku: str = ""
    amount: int = 0
    more: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    is_shaken: bool = False
    delay_s: float = 0.0
    began: float = 0.0
    ended: float = 0.0
    code: str = ""
    pointers: list[tuple[str, str]] = field(default_factory=list)
    answer: Order | None = None
    previewed: Preview | None = None
    rows: list["Deed"] = field(default_factory=list)
    is_funded: bool | None = None
    entered_at: float = 0.0

    def __str__(self) -> str:
        sent = [(o.mode, [(line.sku, line.qty) for line in o.lines]) for o in self.orders]
        facts = {"order": sent, "pieces": self.pieces, "name": self.name, "sku": self.sku, "amount": self.amount}
        facts |= {"more": self.more, "facts": self.facts, "shaken": self.is_shaken}
        asked = " ".join(f"{name}={value}" for name, value in facts.items() if value)
        got = f"{self.answer.state}{' (replayed)' if self.answer.replayed else ''}" if self.answer else ""
        window = f"[{self.began:.4f}..{self.ended:.4f}]"
        return f"{window} {self.verb} {self.party} {self.number}#{self.order_id} {asked} -> {self.code} {got}"


# Districts that orders are sent to, with the codes of the regions they lie in, from wide to narrow.
REGIONS = {
    "西湖区": ("33", "3301", "330106"),
    "南山区": ("44", "4403", "440305"),
    "武侯区": ("51", "5101", "510107"),
}


def path_of(order: NewOrder) -> tuple[str, ...]:
    """The regions an order is sent to, from wide to narrow."""
    return REGIONS.get(order.consignee.district, ())


def plain_lines(order: NewOrder) -> list[tuple[str, int, int | None]]:
    """An order's lines as the auditor takes them: SKU, pieces, expected price."""
    return [
        (line.sku, line.qty, line.expected_price if isinstance(line.expected_price, int) else None)
        for line in order.lines
    ]


def content_of(order: NewOrder) -> object:
    """What makes two submits of one number the same: all but expected prices and remarks."""
    sent: dict[str, Any] = msgspec.to_builtins(order)
    sent.pop("remark", None)
    for line in sent["lines"]:
        line.pop("expected_price", None)
    return sent


def perform(deed: Deed, *, malls: dict[str, Mall], backstage: Backstage) -> Deed:
    """Carry a deed out and note what was answered."""
    if deed.delay_s:
        time.sleep(deed.delay_s)
    deed.began = time.monotonic()
    try:
        _ask(deed, malls=malls, backstage=backstage)
    except RefusedError as refusal:
        deed.code = refusal.code
        deed.pointers = [(error.pointer, error.code) for error in refusal.errors]
    deed.ended = time.monotonic()
    for row in deed.rows:
        row.began, row.ended = deed.began, deed.ended
    return deed


def perform_together(
    deeds: Sequence[Deed], *, malls: dict[str, Mall], backstage: Backstage, threads: int
) -> list[Deed]:
    """Carry deeds out from several threads at once."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda deed: perform(deed, malls=malls, backstage=backstage), deeds))


def _ask(deed: Deed, *, malls: dict[str, Mall], backstage: Backstage) -> None:
    if deed.verb == "place":
        _accept(deed, malls[deed.party].create_order(deed.orders[0]))
    elif deed.verb == "preview":
        deed.previewed = malls[deed.party].preview_order(deed.orders[0])
        deed.code = OK
    elif deed.verb == "batch":
        is_atomic = {"atomic": True} if deed.is_atomic else {}
        batch = malls[deed.party].create_batch(NewBatch(out_batch_no=deed.name, orders=deed.orders, **is_atomic))
        deed.code = OK
        deed.rows = [_row(deed, position, result) for position, result in enumerate(batch.results)]
    elif deed.verb == "foreign":
        _accept(deed, getattr(malls[deed.party], MALL_VERBS[deed.name])(deed.order_id))
    elif deed.verb in MALL_VERBS:
        _accept(deed, getattr(malls[deed.party], MALL_VERBS[deed.verb])(deed.order_id))
    else:
        result = backstage.act(deed)
        deed.code = result.code or OK
        deed.facts |= result.facts
        if deed.verb == "ask":
            deed.more["id"] = result.facts.get("id")


def _accept(deed: Deed, answer: Order) -> None:
    deed.code = OK
    deed.answer = answer
    deed.order_id = answer.id


def _row(batch: Deed, position: int, result: Any) -> Deed:
    order = batch.orders[position]
    row = Deed(verb="place", party=batch.party, number=result.out_order_no, orders=[order])
    if result.order is not None:
        _accept(row, result.order)
    elif result.problem is not None:
        row.code = result.problem.code
        row.pointers = [(error.get("pointer", ""), error.get("code", "")) for error in result.problem.errors]
    return row
