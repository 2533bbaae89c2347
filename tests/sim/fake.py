"""A service made of an auditor, for trying the judge: true it must pass, with a planted bug it must be found out."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from entrepot_sdk import NewBatch, NewOrder, RefusedError, refusal_from
from entrepot_sdk.shapes import (
    Balance,
    Batch,
    BatchResult,
    LedgerEntry,
    Order,
    OrderLine,
    Page,
    Preview,
    PriceStock,
    Problem,
    Refund,
)
from tests.sim.deeds import content_of, path_of, plain_lines
from tests.sim.model import OK, Auditor
from tests.sim.records import Kept

STATUS = {"not_found": 404, "validation_failed": 422, "number_reused_with_other_content": 422}


def refused(code: str, *, pointers: Sequence[str] = ()) -> RefusedError:
    """The exception a client raises for a code."""
    problem = Problem(code=code, errors=[{"pointer": pointer, "code": code} for pointer in pointers])
    return refusal_from(problem, status=STATUS.get(code, 409))


class Service:
    """Serves what its auditor says, one request at a time; holds lapse after `minute_s` seconds a minute."""

    def __init__(self, auditor: Auditor, *, minute_s: float = 60.0) -> None:
        self.auditor = auditor
        self.lock = threading.RLock()
        self.orders: dict[str, Kept] = {}
        self.ids: dict[int, str] = {}
        self.until: dict[str, float] = {}
        self.ledgers: dict[str, list[LedgerEntry]] = {number: [] for number in auditor.parties}
        self.minute_s = minute_s
        self.request_ids: dict[tuple[str, str], int] = {}
        self.line_ids: dict[Any, int] = {}
        self.start = {number: party.balance for number, party in auditor.parties.items()}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One request: lapses first, then the request, then waiting orders and the ledger."""
        with self.lock:
            self.lapse()
            yield
            self.release()
            self.auditor.tend()
            for number in self.auditor.parties:
                self.write_ledger(number)

    def lapse(self) -> None:
        """Holds whose time is over go."""
        for order_id, kept in self.orders.items():
            if kept.state == "held" and self.until[order_id] <= time.time():
                self.auditor.do(kept, "expire")

    def release(self) -> None:
        """Orders that wait go on as far as the money reaches."""
        for number in self.auditor.parties:
            while (kept := self.auditor.first_waiting(number)) is not None and self.auditor.reaches(kept):
                self.auditor.capture(kept, is_funded=True)

    def write_ledger(self, number: str) -> None:
        """A row for whatever the balance moved by."""
        rows = self.ledgers[number]
        before = rows[-1].balance_after if rows else self.start[number]
        amount = self.auditor.parties[number].balance - before
        if amount or not rows:
            entry_id = str(len(rows) + 1)
            now = datetime.now(UTC)
            rows.append(LedgerEntry(id=entry_id, at=now, kind="any", amount=amount, balance_after=before + amount))

    def find(self, order_id: str, *, party: str) -> Kept:
        """A distributor's own order."""
        kept = self.orders.get(order_id)
        if kept is None or kept.party != party:
            raise refused("not_found")
        return kept

    def submit(self, party: str, order: NewOrder) -> Order:
        """Place an order, or answer it again."""
        key = (party, order.out_order_no)
        self.judge(party, order)
        if key in self.auditor.orders:
            return self.show(self.auditor.orders[key], is_replayed=True)
        return self.show(self.enter(party, order))

    def judge(self, party: str, order: NewOrder) -> None:
        """Raise when the order is to be refused."""
        lines = plain_lines(order)
        verdict = self.auditor.judge_place(
            party,
            number=order.out_order_no,
            content=content_of(order),
            lines=lines,
            mode=str(order.mode),
            path=path_of(order),
        )
        if OK not in verdict:
            code = sorted(verdict)[-1]
            short = [n for n, (sku, qty, _) in enumerate(lines) if self.is_short(sku, lines, party=party)]
            raise refused(code, pointers=[f"/lines/{n}/qty" for n in short] if code == "insufficient_stock" else [])

    def is_short(self, sku: str, lines: list[tuple[str, int, int | None]], *, party: str) -> bool:
        """Whether there are fewer pieces of a SKU than all the lines want."""
        wanted = sum(qty for other, qty, _ in lines if other == sku)
        return sku in self.auditor.articles and self.auditor.sellable(sku, party=party) < wanted

    def enter(self, party: str, order: NewOrder) -> Kept:
        """Put an order on the books."""
        kept = self.auditor.place(
            party,
            number=order.out_order_no,
            content=content_of(order),
            mode=order.mode,
            lines=plain_lines(order),
            path=path_of(order),
        )
        order_id = str(len(self.orders) + 1)
        self.orders[order_id] = kept
        self.ids[id(kept)] = order_id
        minutes = order.hold_minutes if isinstance(order.hold_minutes, int) else 900
        self.until[order_id] = time.time() + minutes * self.minute_s
        return kept

    def id_of(self, kept: Kept) -> str:
        """The id an order was given."""
        return self.ids[id(kept)]

    def show(self, kept: Kept, *, is_replayed: bool = False) -> Order:
        """An order as the API shows it."""
        order_id = self.id_of(kept)
        lines = [
            OrderLine(
                line=number,
                sku=line.former[0] if line.former else line.sku,
                qty=line.qty,
                supply_price=line.supply_price,
                fee=line.fee,
                agreed_price=line.agreed,
                amount=line.agreed * line.qty,
                shipped_qty=line.shipped,
                refunded_qty=line.refunded,
            )
            for number, line in kept.lines.items()
        ]
        return Order(
            id=order_id,
            out_order_no=kept.number,
            state=kept.state,
            lines=lines,
            total=kept.total,
            goods_amount=kept.total - kept.freight,
            freight=kept.freight,
            drawn=kept.drawn,
            refunded=kept.refunded,
            held_until=datetime.fromtimestamp(self.until[order_id], tz=UTC),
            refunds=[Refund(amount=amount, refund_no=name) for name, amount in kept.refunds.items()],
            replayed=is_replayed,
        )

    def verb(self, kept: Kept, verb: str, **asked: Any) -> None:
        """A verb on an order, or the refusal of it."""
        verdict = self.auditor.judge(kept, verb, **asked)
        if OK not in verdict:
            raise refused(sorted(verdict)[0])
        if self.auditor.takes_effect(kept, verb, **asked):
            self.auditor.do(kept, verb, **asked)


class ServiceMall:
    """A distributor's client of the service."""

    def __init__(self, service: Service, party: str) -> None:
        self.service = service
        self.party = party

    def create_order(self, order: NewOrder) -> Order:
        with self.service.turn():
            return self.service.submit(self.party, order)

    def preview_order(self, order: NewOrder) -> Preview:
        with self.service.turn():
            self.service.judge(self.party, order)
            auditor = self.service.auditor
            lines = plain_lines(order)
            return Preview(lines=[], total=auditor.cost(self.party, lines=lines, path=path_of(order)))

    def create_batch(self, batch: NewBatch) -> Batch:
        numbers = [order.out_order_no for order in batch.orders]
        if len(set(numbers)) < len(numbers):
            raise refused("validation_failed")
        with self.service.turn():
            results = [self._row(order) for order in batch.orders]
            if batch.atomic is True and any(result.problem for result in results):
                results = [self._undo(result) for result in results]
            return Batch(results=results)

    def _row(self, order: NewOrder) -> BatchResult:
        try:
            shown = self.service.submit(self.party, order)
        except RefusedError as refusal:
            errors = [{"pointer": e.pointer, "code": e.code} for e in refusal.errors]
            problem = Problem(code=refusal.code, errors=errors)
            return BatchResult(out_order_no=order.out_order_no, status=refusal.status, problem=problem)
        return BatchResult(out_order_no=order.out_order_no, status=201, order=shown)

    def _undo(self, result: BatchResult) -> BatchResult:
        if result.order is None:
            return result
        auditor = self.service.auditor
        kept = auditor.orders.get((self.party, result.out_order_no))
        if kept is not None and not result.order.replayed:
            auditor.do(kept, "refund" if kept.state == "confirmed" else "cancel", name="undone")
            del auditor.orders[(self.party, result.out_order_no)]
        return BatchResult(out_order_no=result.out_order_no, status=409, problem=Problem(code="batch_refused"))

    def _verb(self, order_id: str, verb: str) -> Order:
        with self.service.turn():
            kept = self.service.find(order_id, party=self.party)
            self.service.verb(kept, verb)
            return self.service.show(kept)

    def confirm(self, order_id: str) -> Order:
        return self._verb(order_id, "confirm")

    def cancel(self, order_id: str) -> Order:
        return self._verb(order_id, "cancel")

    def receipt(self, order_id: str) -> Order:
        return self._verb(order_id, "receive")

    def order(self, order_id: str) -> Order:
        with self.service.turn():
            return self.service.show(self.service.find(order_id, party=self.party))

    def order_by_out_no(self, out_order_no: str) -> Order:
        with self.service.turn():
            return self.service.show(self.service.auditor.orders[(self.party, out_order_no)])

    def balance(self) -> Balance:
        with self.service.turn():
            party = self.service.auditor.parties[self.party]
            return Balance(
                balance=party.balance, held=party.held, credit_limit=party.credit_limit, available=party.available
            )

    def prices_stocks(self, skus: list[str]) -> list[PriceStock]:
        with self.service.turn():
            auditor, party = self.service.auditor, self.party
            return [
                PriceStock(
                    sku=sku,
                    agreed_price=auditor.price(sku, party=party),
                    stock=auditor.sellable(sku, party=party),
                    state="on_sale" if auditor.articles[sku].is_listed else "not_available",
                )
                for sku in skus
            ]

    def ledger_page(self, *, cursor: str | None = None, limit: int | None = None) -> Page[LedgerEntry]:
        with self.service.turn():
            self.service.write_ledger(self.party)
            newest_first = self.service.ledgers[self.party][::-1]
            start = int(cursor or 0)
            items = newest_first[start : start + (limit or 50)]
            end = start + len(items)
            return Page(items=items, next_cursor=str(end), has_more=end < len(newest_first))
