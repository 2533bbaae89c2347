"""The synchronous client of the open API."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

import httpx

from entrepot_sdk import calls, selection
from entrepot_sdk.calls import Call
from entrepot_sdk.errors import OutcomeUnknownError, RefusedError
from entrepot_sdk.exchange import TIMEOUT, Exchange, RetryPolicy, system_clock
from entrepot_sdk.explanations import Figure
from entrepot_sdk.exporting import Export
from entrepot_sdk.freight import Destination, FreightQuote, FreightRequest
from entrepot_sdk.paper_methods import Papers
from entrepot_sdk.selection import Availability, AvailabilityLine, Selected, SelectionEntry
from entrepot_sdk.shapes import (
    Account,
    Balance,
    Batch,
    Brand,
    Category,
    Changes,
    Digest,
    Echo,
    Event,
    Health,
    LedgerEntry,
    NewBatch,
    NewOrder,
    Order,
    Page,
    Preview,
    PriceStock,
    Product,
    Shipment,
)
from entrepot_sdk.webhooks import Webhook

Answer = TypeVar("Answer")


class Entrepot(Papers):
    """A mall's connection: signs, retries with the same number, reads answers into typed objects.

    One object serves many threads. Close it, or use it in `with`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str,
        secret: str,
        language: str = "zh-CN",
        retry: RetryPolicy | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        limits: httpx.Limits | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = system_clock,
    ) -> None:
        self._exchange = Exchange(
            base_url=base_url, key=key, secret=secret, language=language, retry=retry or RetryPolicy(), clock=clock
        )
        # Redirects are not followed: the signature covers the target, and a body must not wander elsewhere.
        self._http = httpx.Client(
            timeout=timeout,
            limits=limits or httpx.Limits(max_connections=100),
            transport=transport,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def send(self, call: Call[Answer]) -> Answer:
        """Carry out a call: its answer, RefusedError, or OutcomeUnknownError when no attempt got through."""
        attempt = 0
        while True:
            attempt += 1
            refusal: RefusedError | None = None
            lost: httpx.RequestError | None = None
            try:
                response = self._http.send(self._exchange.request(call))
            except httpx.RequestError as failure:
                lost = failure
                wait_s = self._exchange.retry.wait_s(attempt, asked_s=None)
            else:
                if response.is_success:
                    return self._exchange.read(call, response)
                refusal = self._exchange.refusal(response)
                wait_s = self._exchange.wait_after_refusal(refusal, attempt=attempt)
            if wait_s is None:
                if refusal is not None:
                    raise refusal
                raise OutcomeUnknownError(f"{call.method} {call.target}: {attempt} attempts failed") from lost
            time.sleep(wait_s)

    def me(self) -> Account:
        """The distributor this key belongs to."""
        return self.send(calls.me())

    def echo(self, content: object) -> Echo:
        """What the platform received: the first thing to try when a signature is refused."""
        return self.send(calls.echo(content))

    def health(self) -> Health:
        """Whether the platform is up; not signed."""
        return self.send(calls.health())

    def categories(self) -> list[Category]:
        """All categories."""
        return self.send(calls.categories()).items

    def brands(self) -> list[Brand]:
        """All brands."""
        return self.send(calls.brands()).items

    def products_page(
        self,
        *,
        category: str | None = None,
        brand: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        scope: str | None = None,
    ) -> Page[Product]:
        """One page of the catalogue."""
        return self.send(calls.products(category=category, brand=brand, cursor=cursor, limit=limit, scope=scope))

    def changes(
        self,
        *,
        cursor: str | None = None,
        types: str | None = None,
        limit: int | None = None,
        wait_s: int | None = None,
        scope: str | None = None,
    ) -> Changes:
        """What has changed since a cursor, each object once; waits up to `wait_s` seconds (25 at most) for news.

        Raises CursorExpiredError: walk the products again and go on from the first page's `changes_cursor`.
        """
        return self.send(calls.changes(cursor=cursor, types=types, limit=limit, wait_s=wait_s, scope=scope))

    def digest(self, *, scope: str | None = None) -> Digest:
        """The digest over price and stock of every SKU this distributor may sell now, or selected (`scope="selection"`)."""
        return self.send(calls.digest(scope=scope))

    def selection_page(
        self, *, kind: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Page[SelectionEntry]:
        """One page of what this distributor selected, newest first."""
        return self.send(selection.selection(kind=kind, cursor=cursor, limit=limit))

    def select(
        self,
        *,
        products: Iterable[str] = (),
        categories: Iterable[str] = (),
        brands: Iterable[str] = (),
        left_out: Iterable[str] = (),
    ) -> Selected:
        """Take products, categories and brands into the selection by id, or leave products out of it; at most 500 each."""
        call = selection.select(products=products, categories=categories, brands=brands, left_out=left_out)
        return self.send(call)

    def deselect(self, entry_id: str) -> SelectionEntry:
        """Take an entry out of the selection."""
        return self.send(selection.deselect(entry_id))

    def availability(self, lines: list[AvailabilityLine], *, destination: Destination) -> list[Availability]:
        """Whether up to 500 SKUs could be sold to a place now, each judged by itself."""
        return (self.send(selection.availability(lines, destination=destination))).items

    def export_products(self, *, scope: str | None = None) -> Export:
        """Every product as one stream; iterate it. It is not tried again by itself when it breaks off."""
        request = self._exchange.request(selection.export(scope=scope))
        request.headers["Accept-Encoding"] = "gzip"
        response = self._http.send(request, stream=True)
        if not response.is_success:
            response.read()
            raise self._exchange.refusal(response)
        return Export(response)

    def webhook(self) -> Webhook:
        """Where the platform calls this mall."""
        return self.send(calls.webhook())

    def set_webhook(self, url: str, *, events: list[str] | None = None) -> Webhook:
        """Have callbacks go to an address, of all types or of those named; an empty address ends them."""
        return self.send(calls.set_webhook(url, events=events))

    def test_webhook(self) -> None:
        """Have a `webhook.test` sent."""
        self.send(calls.test_webhook())

    def events_page(self, *, cursor: str | None = None, limit: int | None = None) -> Page[Event]:
        """One page of the events of the last 30 days, oldest first; keep its cursor and ask for what came since."""
        return self.send(calls.events(cursor=cursor, limit=limit))

    def replay_events(self, *, first_seq: int = 1, last_seq: int | None = None, only_failed: bool = False) -> int:
        """Have events sent once more and return how many."""
        call = calls.replay_events(first_seq=first_seq, last_seq=last_seq, only_failed=only_failed)
        return (self.send(call)).count

    def product(self, product_id: str) -> Product:
        """One product."""
        return self.send(calls.product(product_id))

    def products_query(self, ids: list[str]) -> list[Product]:
        """Up to 500 products by id."""
        return self.send(calls.products_query(ids)).items

    def prices_stocks(self, skus: list[str]) -> list[PriceStock]:
        """Live prices (fen) and stock of up to 500 SKUs."""
        return self.send(calls.prices_stocks(skus)).items

    def quote_freight(self, asked: FreightRequest) -> FreightQuote:
        """What sending some pieces to a place costs (fen). Raises a refusal when a line is not sent there."""
        return self.send(calls.quote_freight(asked))

    def preview_order(self, order: NewOrder) -> Preview:
        """What `create_order` would answer, without any effect."""
        return self.send(calls.preview_order(order))

    def create_order(self, order: NewOrder) -> Order:
        """Place an order; `replayed` is true when the number had already taken effect."""
        return self.send(calls.create_order(order))

    def confirm(self, order_id: str) -> Order:
        """The buyer paid: draw the held money."""
        return self.send(calls.order_verb(order_id, verb="confirm"))

    def cancel(self, order_id: str) -> Order:
        """Let go of held stock and money."""
        return self.send(calls.order_verb(order_id, verb="cancel"))

    def receipt(self, order_id: str) -> Order:
        """The buyer has the goods."""
        return self.send(calls.order_verb(order_id, verb="receipt"))

    def create_batch(self, batch: NewBatch) -> Batch:
        """Up to 200 orders at once, each with its own answer."""
        return self.send(calls.create_batch(batch))

    def batch(self, out_batch_no: str) -> Batch:
        """The answers of an earlier batch."""
        return self.send(calls.batch(out_batch_no))

    def orders_page(
        self,
        *,
        state: str | None = None,
        created_from: datetime | None = None,
        created_until: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Page[Order]:
        """One page of this distributor's orders."""
        return self.send(
            calls.orders(
                state=state,
                created_from=created_from.isoformat() if created_from else None,
                created_until=created_until.isoformat() if created_until else None,
                cursor=cursor,
                limit=limit,
            )
        )

    def order(self, order_id: str) -> Order:
        """One order."""
        return self.send(calls.order(order_id))

    def order_by_out_no(self, out_order_no: str) -> Order:
        """One order by the mall's own number: what to ask when an outcome is unknown."""
        return self.send(calls.order_by_out_no(out_order_no))

    def shipments(self, order_id: str) -> list[Shipment]:
        """The parcels of an order."""
        return self.send(calls.shipments(order_id)).items

    def explanation(self, order_id: str) -> list[Figure]:
        """Why the figures of an order are what they are, in the order in which they add up."""
        return self.send(calls.explanation(order_id)).figures

    def balance(self) -> Balance:
        """Prepaid money in fen."""
        return self.send(calls.balance())

    def ledger_page(self, *, cursor: str | None = None, limit: int | None = None) -> Page[LedgerEntry]:
        """One page of the money movements."""
        return self.send(calls.ledger(cursor=cursor, limit=limit))

    def products(
        self, *, category: str | None = None, brand: str | None = None, limit: int | None = None
    ) -> Iterator[Product]:
        """Every product on sale for this distributor, page by page."""
        cursor: str | None = None
        while True:
            page = self.products_page(category=category, brand=brand, cursor=cursor, limit=limit)
            yield from page.items
            if not page.has_more or page.next_cursor is None:
                return
            cursor = page.next_cursor

    def orders(
        self,
        *,
        state: str | None = None,
        created_from: datetime | None = None,
        created_until: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Order]:
        """Every order of this distributor, page by page."""
        cursor: str | None = None
        while True:
            page = self.orders_page(
                state=state, created_from=created_from, created_until=created_until, cursor=cursor, limit=limit
            )
            yield from page.items
            if not page.has_more or page.next_cursor is None:
                return
            cursor = page.next_cursor

    def ledger(self, *, limit: int | None = None) -> Iterator[LedgerEntry]:
        """Every movement of the prepaid balance, page by page."""
        cursor: str | None = None
        while True:
            page = self.ledger_page(cursor=cursor, limit=limit)
            yield from page.items
            if not page.has_more or page.next_cursor is None:
                return
            cursor = page.next_cursor
