"""A small network of a test's own, and the verbs of the trade in few words."""

import itertools
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from django.db import connection

from entrepot.base import scope
from entrepot.callbacks.sorting import sort_out
from entrepot.catalog.models import Category, Goods, Sku, SkuCost, SupplierBounds
from entrepot.orders.models import AcceptanceTerms
from entrepot.parties.models import Distributor, Supplier, Tier
from entrepot.referral.jobs import follow_ledger
from entrepot.stock.models import Allotment, Warehouse
from entrepot.trade import desk, terms
from entrepot.trade.books import OrderRow, SealedConsignee

STAFF = "platform/0/1/proof"
CONSIGNEE = SealedConsignee(b"sealed", "王*", "138****0000", b"hash", "浙江省", "杭州市", "西湖区")


@dataclass
class Article:
    """A SKU on sale with its goods, supplier and warehouse."""

    code: str
    sku_id: int
    goods_id: int
    supplier_id: int
    warehouse_id: int


@dataclass
class World:
    """Makes parties and goods that no other test knows. Rows stay behind: ledger and moves cannot be removed."""

    mark: str = field(default_factory=lambda: uuid.uuid4().hex[:10])
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    # --- parties and goods ---

    def name(self, kind: str) -> str:
        """A name no other test uses."""
        return f"{kind}-{self.mark}-{next(self.numbers)}"

    def tier(self, *, fee_rate_bps: int = 500) -> Tier:
        """A tier with its service fee."""
        with scope.platform():
            return Tier.objects.create(name=self.name("T"), fee_rate_bps=fee_rate_bps)

    def distributor(
        self,
        *,
        funds_fen: int = 0,
        credit_limit_fen: int = 0,
        tier: Tier | None = None,
        fee_rate_bps: int = 500,
        funds_policy: str = "hold",
        hold_ttl_s: int = 900,
    ) -> Distributor:
        """An active distributor with money on his prepaid account."""
        tier = tier or self.tier(fee_rate_bps=fee_rate_bps)
        number = self.name("D")[:20]
        with scope.platform():
            party = Distributor.objects.create(
                number=number, name=number, tier=tier, state="active", funds_policy=funds_policy, hold_ttl_s=hold_ttl_s
            )
        if funds_fen:
            self.credit(party, funds_fen)
        if credit_limit_fen:
            self.run(terms.SetCreditLimit(party.pk, credit_limit_fen, STAFF))
        return party

    def supplier(self, *, is_own: bool = False) -> Supplier:
        """An active supplier; with `is_own` the platform itself, of which there is one."""
        with scope.platform():
            if is_own:
                own = Supplier.objects.filter(is_platform=True).first()
                return own or Supplier.objects.create(number="S0", name="自营", is_platform=True, state="active")
            number = self.name("S")[:20]
            supplier = Supplier.objects.create(number=number, name=number, state="active")
            SupplierBounds.objects.create(supplier=supplier, has_all_categories=True, has_all_brands=True)
            return supplier

    def article(
        self,
        *,
        supplier: Supplier | None = None,
        stock: int = 0,
        supply_price_fen: int = 1000,
        supplier_price_fen: int | None = None,
        cost_fen: int | None = None,
        min_quantity: int = 1,
        **goods: Any,
    ) -> Article:
        """Goods on sale with one SKU and pieces in the shared pool of one warehouse."""
        supplier = supplier or self.supplier()
        code = self.name("K")
        with scope.platform():
            category, _ = Category.objects.get_or_create(name=f"C-{self.mark}")
            made = Goods.objects.create(
                **{"goods_no": code, "name": code, "state": "on_sale"} | goods,
                supplier=supplier,
                category=category,
                min_quantity=min_quantity,
            )
            price_fen = supply_price_fen if supplier_price_fen is None else supplier_price_fen
            sku = Sku.objects.create(
                goods=made, code=code, supplier_price_fen=price_fen, supply_price_fen=supply_price_fen
            )
            warehouse = Warehouse.objects.create(supplier=supplier, name=code)
        if cost_fen is not None:
            with scope.supplier(supplier.pk):
                SkuCost.objects.create(sku=sku, supplier=supplier, cost_fen=cost_fen)
        article = Article(code, sku.pk, made.pk, supplier.pk, warehouse.pk)
        if stock:
            self.restock(article, stock)
        return article

    def warehouse(self, article: Article) -> int:
        """One more warehouse of the article's supplier; returns its id."""
        with scope.platform():
            return Warehouse.objects.create(supplier_id=article.supplier_id, name=self.name("W")).pk

    def allotment(
        self,
        article: Article,
        *,
        distributor: Distributor | None = None,
        tier: Tier | None = None,
        pieces: int = 0,
        cap: int | None = None,
        buffer: int = 0,
        ends_at: datetime | None = None,
    ) -> Allotment:
        """A pool set apart, filled from the shared one."""
        with scope.desk():
            made = Allotment.objects.create(
                sku_id=article.sku_id, distributor=distributor, tier=tier, cap=cap, buffer=buffer, ends_at=ends_at
            )
        if pieces:
            cause = self.name("allot")
            answer = self.run(terms.Allot(article.code, article.warehouse_id, made.pk, pieces, cause, STAFF))
            assert answer.is_accepted, answer
        return made

    # --- asks ---

    def place_ask(
        self,
        party: Distributor,
        *lines: tuple[Article, int],
        mode: str = "hold",
        number: str = "",
        content: bytes = b"content",
        hold_minutes: int | None = None,
    ) -> terms.Place:
        """The ask for an order of some pieces, under a number of its own unless one is given."""
        return terms.Place(
            distributor_id=party.pk,
            out_order_no=number or self.name("N"),
            mode=mode,
            lines=[terms.AskLine(article.code, qty) for article, qty in lines],
            consignee=CONSIGNEE,
            content_hash=content,
            actor=f"api/{party.pk}/proof",
            hold_minutes=hold_minutes,
        )

    def run(self, ask: Any) -> terms.Answer:
        """One ask, one transaction."""
        (answer,) = desk.run([ask])
        return answer

    def place(self, party: Distributor, *lines: tuple[Article, int], **more: Any) -> OrderRow:
        """Place an order that must be accepted."""
        return taken(self.run(self.place_ask(party, *lines, **more)))

    def capture(self, order: OrderRow) -> terms.Answer:
        """Confirm a held order."""
        return self.run(terms.Capture(order.id, STAFF))

    def cancel(self, order: OrderRow) -> terms.Answer:
        """Cancel an order."""
        return self.run(terms.Cancel(order.id, STAFF))

    def expire(self, order: OrderRow) -> terms.Answer:
        """Let a held order lapse if it is due."""
        return self.run(terms.Expire(order.id))

    def ship(
        self,
        order: OrderRow,
        *,
        supplier_id: int | None = None,
        pieces: dict[int, int] | None = None,
        tracking: str = "",
    ) -> terms.Answer:
        """Send a parcel of the order's first shipper, or of the one named."""
        shipper = supplier_id or min(order.supply_orders)
        return self.run(terms.Ship(order.id, shipper, "sf", tracking or self.name("P"), STAFF, pieces or {}))

    def receive(self, order: OrderRow) -> terms.Answer:
        """Record receipt."""
        return self.run(terms.Receive(order.id, STAFF))

    def complete(self, order: OrderRow) -> terms.Answer:
        """Complete a received order."""
        return self.run(terms.Complete(order.id, STAFF))

    def refund(self, order: OrderRow, *, pieces: dict[int, int] | None = None, number: str = "") -> terms.Answer:
        """Give back unshipped pieces."""
        return self.run(terms.RefundBeforeShipping(order.id, number or self.name("R"), STAFF, "proof", pieces or {}))

    def credit(self, party: Distributor, amount_fen: int, *, cause: str = "") -> terms.Answer:
        """Top up, or below 0 adjust."""
        kind = "top_up" if amount_fen > 0 else "adjustment"
        return self.run(terms.Credit(party.pk, amount_fen, cause or self.name("credit"), STAFF, kind))

    def restock(self, article: Article, qty: int, *, cause: str = "", warehouse_id: int | None = None) -> terms.Answer:
        """Add pieces to the shared pool."""
        warehouse = warehouse_id or article.warehouse_id
        return self.run(terms.Restock(article.code, warehouse, qty, cause or self.name("stock"), STAFF))

    def ask_first(self, supplier: Supplier, *, minutes: int | None, policy: str = "") -> None:
        """Let a supplier be asked whether he takes lines on, within some minutes; None: no longer."""
        with scope.platform():
            AcceptanceTerms.objects.update_or_create(supplier=supplier, defaults={"minutes": minutes, "policy": policy})

    def let_time_pass(self, order: OrderRow, *lines: int, in_s: float = -1.0) -> None:
        """Move the end of the time to take lines on to a moment from now, by the database's clock; all without lines."""
        with scope.desk(), connection.cursor() as cursor:
            cursor.execute(
                "update orders_acceptance set accept_by = clock_timestamp() + %s where order_id = %s"
                " and (%s::int[] = '{}' or line_no = any(%s::int[]))",
                [timedelta(seconds=in_s), order.id, list(lines), list(lines)],
            )

    def let_lapse(self, *orders: OrderRow, in_s: float = -1.0) -> None:
        """Move the end of holds to a moment from now, by the database's clock."""
        with scope.desk(), connection.cursor() as cursor:
            cursor.execute(
                "update orders_order set held_until = clock_timestamp() + %s where id = any(%s) and state = 'held'",
                [timedelta(seconds=in_s), [order.id for order in orders]],
            )

    # --- what the rows say ---

    def money(self, party: Distributor) -> tuple[int, int]:
        """Balance and held of the prepaid account, in fen."""
        (row,) = rows(
            "select balance_fen, held_fen from ledger_account where kind = 'prepaid' and distributor_id = %s", party.pk
        )
        return row

    def stock(self, article: Article) -> tuple[int, int]:
        """Pieces on hand and reserved, all warehouses and pools together."""
        ((on_hand, reserved),) = rows(
            "select coalesce(sum(on_hand), 0)::bigint, coalesce(sum(reserved), 0)::bigint from stock_level"
            " where sku_id = %s",
            article.sku_id,
        )
        return on_hand, reserved

    def states(self, party: Distributor) -> dict[str, int]:
        """How many orders of a distributor are in which state."""
        return dict(rows("select state, count(*) from orders_order where distributor_id = %s group by state", party.pk))

    def state(self, order: OrderRow) -> str:
        """The state of an order as stored."""
        ((state,),) = rows("select state from orders_order where id = %s", order.id)
        return state

    def events(self, order: OrderRow) -> list[str]:
        """The types of an order's events, oldest first."""
        found = rows(
            "select type from events_event where object_kind = 'order' and object_id = %s order by id", order.id
        )
        return [type_ for (type_,) in found]


def followed_to_the_end() -> int:
    """Let referral follow the ledger to its end; return how many entries it booked.

    A test next door, in a database of its own, can hold the mark back for a moment.
    """
    until, done = time.monotonic() + 180, follow_ledger(Event())
    while rows("select count(*) from ledger_transfer where xid::text::numeric >= (select until_xid from referral_followed)"
               " and kind not in ('referral_accrue', 'referral_reverse', 'referral_pay')") != [(0,)]:  # fmt: skip
        assert time.monotonic() < until, "a transaction next door has not ended for three minutes"
        time.sleep(0.05)
        done += follow_ledger(Event())
    return done


def sorted_to_the_end() -> None:
    """Let every event reach the malls' queues; a test next door can hold the mark back for a moment."""
    until = time.monotonic() + 180
    while sort_out() or rows(
        "select exists (select from events_event e, callbacks_reading r"
        " where (e.xid, e.id) > (r.xid::text::xid8, r.event_id))"
    ) != [(False,)]:
        assert time.monotonic() < until, "a transaction next door has not ended for three minutes"
        time.sleep(0.02)


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement as the system itself sees them."""
    with scope.desk(read_only=True), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


def taken(answer: terms.Answer) -> OrderRow:
    """The order of an answer that must have been accepted."""
    assert answer.is_accepted, (answer.refusal, answer.faults)
    assert answer.order is not None
    return answer.order


def codes(answers: Iterable[terms.Answer]) -> list[str]:
    """`ok`, `again` for a replay, or the refusal's code, answer by answer."""
    return [
        ("again" if answer.is_replay else "ok") if answer.refusal is None else answer.refusal.code for answer in answers
    ]
