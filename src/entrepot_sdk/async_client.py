"""The asynchronous client of the open API."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

import httpx

from entrepot_sdk import calls, selection
from entrepot_sdk.async_paper_methods import AsyncPapers
from entrepot_sdk.calls import Call
from entrepot_sdk.errors import OutcomeUnknownError, RefusedError
from entrepot_sdk.exchange import TIMEOUT, Exchange, RetryPolicy, system_clock
from entrepot_sdk.explanations import Figure
from entrepot_sdk.exporting import AsyncExport
from entrepot_sdk.freight import Destination, FreightQuote, FreightRequest
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


class AsyncEntrepot(AsyncPapers):
    """A mall's connection: signs, retries with the same number, reads answers into typed objects.

    One object serves many tasks at once. Close it, or use it in `async with`.
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
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = system_clock,
    ) -> None:
        self._exchange = Exchange(
            base_url=base_url, key=key, secret=secret, language=language, retry=retry or RetryPolicy(), clock=clock
        )
        # Redirects are not followed: the signature covers the target, and a body must not wander elsewhere.
        self._http = httpx.AsyncClient(
            timeout=timeout,
            limits=limits or httpx.Limits(max_connections=100),
            transport=transport,
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def send(self, call: Call[Answer]) -> Answer:
        """Carry out a call: its answer, RefusedError, or OutcomeUnknownError when no attempt got through."""
        attempt = 0
        while True:
            attempt += 1
            refusal: RefusedError | None = None
            lost: httpx.RequestError | None = None
            try:
                response = await self._http.send(self._exchange.request(call))
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
            await asyncio.sleep(wait_s)

    async def me(self) -> Account:
        """The distributor this key belongs to."""
        return await self.send(calls.me())

    async def echo(self, content: object) -> Echo:
        """What the platform received: the first thing to try when a signature is refused."""
        return await self.send(calls.echo(content))

    async def health(self) -> Health:
        """Whether the platform is up; not signed."""
        return await self.send(calls.health())

    async def categories(self) -> list[Category]:
        """All categories."""
        return (await self.send(calls.categories())).items

    async def brands(self) -> list[Brand]:
        """All brands."""
        return (await self.send(calls.brands())).items

    async def products_page(
        self,
        *,
        category: str | None = None,
        brand: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        scope: str | None = None,
    ) -> Page[Product]:
        """One page of the catalogue."""
        return await self.send(calls.products(category=category, brand=brand, cursor=cursor, limit=limit, scope=scope))

    async def changes(
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
        return await self.send(calls.changes(cursor=cursor, types=types, limit=limit, wait_s=wait_s, scope=scope))

    async def digest(self, *, scope: str | None = None) -> Digest:
        """The digest over price and stock of every SKU this distributor may sell now, or selected (`scope="selection"`)."""
        return await self.send(calls.digest(scope=scope))

    async def selection_page(
        self, *, kind: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Page[SelectionEntry]:
        """One page of what this distributor selected, newest first."""
        return await self.send(selection.selection(kind=kind, cursor=cursor, limit=limit))

    async def select(
        self,
        *,
        products: Iterable[str] = (),
        categories: Iterable[str] = (),
        brands: Iterable[str] = (),
        left_out: Iterable[str] = (),
    ) -> Selected:
        """Take products, categories and brands into the selection by id, or leave products out of it; at most 500 each."""
        call = selection.select(products=products, categories=categories, brands=brands, left_out=left_out)
        return await self.send(call)

    async def deselect(self, entry_id: str) -> SelectionEntry:
        """Take an entry out of the selection."""
        return await self.send(selection.deselect(entry_id))

    async def availability(self, lines: list[AvailabilityLine], *, destination: Destination) -> list[Availability]:
        """Whether up to 500 SKUs could be sold to a place now, each judged by itself."""
        return (await self.send(selection.availability(lines, destination=destination))).items

    async def export_products(self, *, scope: str | None = None) -> AsyncExport:
        """Every product as one stream; iterate it. It is not tried again by itself when it breaks off."""
        request = self._exchange.request(selection.export(scope=scope))
        request.headers["Accept-Encoding"] = "gzip"
        response = await self._http.send(request, stream=True)
        if not response.is_success:
            await response.aread()
            raise self._exchange.refusal(response)
        return AsyncExport(response)

    async def webhook(self) -> Webhook:
        """Where the platform calls this mall."""
        return await self.send(calls.webhook())

    async def set_webhook(self, url: str, *, events: list[str] | None = None) -> Webhook:
        """Have callbacks go to an address, of all types or of those named; an empty address ends them."""
        return await self.send(calls.set_webhook(url, events=events))

    async def test_webhook(self) -> None:
        """Have a `webhook.test` sent."""
        await self.send(calls.test_webhook())

    async def events_page(self, *, cursor: str | None = None, limit: int | None = None) -> Page[Event]:
        """One page of the events of the last 30 days, oldest first; keep its cursor and ask for what came since."""
        return await self.send(calls.events(cursor=cursor, limit=limit))

    async def replay_events(self, *, first_seq: int = 1, last_seq: int | None = None, only_failed: bool = False) -> int:
        """Have events sent once more and return how many."""
        call = calls.replay_events(first_seq=first_seq, last_seq=last_seq, only_failed=only_failed)
        return (await self.send(call)).count

    async def product(self, product_id: str) -> Product:
        """One product."""
        return await self.send(calls.product(product_id))

    async def products_query(self, ids: list[str]) -> list[Product]:
        """Up to 500 products by id."""
        return (await self.send(calls.products_query(ids))).items

    async def prices_stocks(self, skus: list[str]) -> list[PriceStock]:
        """Live prices (fen) and stock of up to 500 SKUs."""
        return (await self.send(calls.prices_stocks(skus))).items

    async def quote_freight(self, asked: FreightRequest) -> FreightQuote:
        """What sending some pieces to a place costs (fen). Raises a refusal when a line is not sent there."""
        return await self.send(calls.quote_freight(asked))

    async def preview_order(self, order: NewOrder) -> Preview:
        """What `create_order` would answer, without any effect."""
        return await self.send(calls.preview_order(order))

    async def create_order(self, order: NewOrder) -> Order:
        """Place an order; `replayed` is true when the number had already taken effect."""
        return await self.send(calls.create_order(order))

    async def confirm(self, order_id: str) -> Order:
        """The buyer paid: draw the held money."""
        return await self.send(calls.order_verb(order_id, verb="confirm"))

    async def cancel(self, order_id: str) -> Order:
        """Let go of held stock and money."""
        return await self.send(calls.order_verb(order_id, verb="cancel"))

    async def receipt(self, order_id: str) -> Order:
        """The buyer has the goods."""
        return await self.send(calls.order_verb(order_id, verb="receipt"))

    async def create_batch(self, batch: NewBatch) -> Batch:
        """Up to 200 orders at once, each with its own answer."""
        return await self.send(calls.create_batch(batch))

    async def batch(self, out_batch_no: str) -> Batch:
        """The answers of an earlier batch."""
        return await self.send(calls.batch(out_batch_no))

    async def orders_page(
        self,
        *,
        state: str | None = None,
        created_from: datetime | None = None,
        created_until: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Page[Order]:
        """One page of this distributor's orders."""
        return await self.send(
            calls.orders(
                state=state,
                created_from=created_from.isoformat() if created_from else None,
                created_until=created_until.isoformat() if created_until else None,
                cursor=cursor,
                limit=limit,
            )
        )

    async def order(self, order_id: str) -> Order:
        """One order."""
        return await self.send(calls.order(order_id))

    async def order_by_out_no(self, out_order_no: str) -> Order:
        """One order by the mall's own number: what to ask when an outcome is unknown."""
        return await self.send(calls.order_by_out_no(out_order_no))

    async def shipments(self, order_id: str) -> list[Shipment]:
        """The parcels of an order."""
        return (await self.send(calls.shipments(order_id))).items

    async def explanation(self, order_id: str) -> list[Figure]:
        """Why the figures of an order are what they are, in the order in which they add up."""
        return (await self.send(calls.explanation(order_id))).figures

    async def balance(self) -> Balance:
        """Prepaid money in fen."""
        return await self.send(calls.balance())

    async def ledger_page(self, *, cursor: str | None = None, limit: int | None = None) -> Page[LedgerEntry]:
        """One page of the money movements."""
        return await self.send(calls.ledger(cursor=cursor, limit=limit))

    async def products(
        self, *, category: str | None = None, brand: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Product]:
        """Every product on sale for this distributor, page by page."""
        cursor: str | None = None
        while True:
            page = await self.products_page(category=category, brand=brand, cursor=cursor, limit=limit)
            for item in page.items:
                yield item
            if not page.has_more or page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def orders(
        self,
        *,
        state: str | None = None,
        created_from: datetime | None = None,
        created_until: datetime | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Order]:
        """Every order of this distributor, page by page."""
        cursor: str | None = None
        while True:
            page = await self.orders_page(
                state=state, created_from=created_from, created_until=created_until, cursor=cursor, limit=limit
            )
            for item in page.items:
                yield item
            if not page.has_more or page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def ledger(self, *, limit: int | None = None) -> AsyncIterator[LedgerEntry]:
        """Every movement of the prepaid balance, page by page."""
        cursor: str | None = None
        while True:
            page = await self.ledger_page(cursor=cursor, limit=limit)
            for item in page.items:
                yield item
            if not page.has_more or page.next_cursor is None:
                return
            cursor = page.next_cursor
