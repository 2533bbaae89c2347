"""Books made by hand, so that the desk's rules run without a database."""

import copy
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from entrepot.freight.rules import TemplateRow, ZoneRow
from entrepot.stock.rules import AllotmentRow, LevelRow
from entrepot.trade import terms
from entrepot.trade.books import AccountRow, Books, DistributorRow, OrderRow, SealedConsignee, SkuRow
from entrepot.trade.decide import decide

NOW = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)
CONSIGNEE = SealedConsignee(b"sealed", "王*", "138****0000", b"hash", "浙江省", "杭州市", "西湖区")
PLATFORM = 1  # the platform as its own supplier
HOUSE = {
    "goods_income": 901,
    "fee_income": 902,
    "bank": 903,
    "adjustment": 904,
    "referral_expense": 905,
    "membership_income": 906,
}
PREPAID, CLEARING, PAYABLE = 1_000, 2_000, 3_000  # account ids are these plus the party's id


class Shop:
    """Distributors, goods and stock on one set of books, and asks against them."""

    def __init__(self) -> None:
        self.books = Books(now=NOW, order_ids=list(range(999, 500, -1)), house=dict(HOUSE))
        self.numbers = itertools.count(1)

    def distributor(
        self,
        number: int = 1,
        *,
        balance_fen: int = 1_000_000,
        credit_limit_fen: int = 0,
        tier_id: int = 1,
        fee_rate_bps: int = 500,
        funds_policy: str = "hold",
        state: str = "active",
    ) -> int:
        """A distributor with his accounts; returns his id."""
        self.books.distributors[number] = DistributorRow(number, state, tier_id, fee_rate_bps, funds_policy, 900)
        self.books.prepaid[number] = AccountRow(
            PREPAID + number, "prepaid", number, None, balance_fen, 0, credit_limit_fen
        )
        self.books.clearing[number] = CLEARING + number
        return number

    def sku(self, code: str, *, stock: int = 100, supplier: int = 2, price: int = 1000, **more: Any) -> SkuRow:
        """A SKU on sale with pieces in the shared pool; own goods when the supplier is the platform."""
        sku_id = 10 + len(self.books.skus)
        row = SkuRow(
            **{
                "id": sku_id,
                "code": code,
                "spec": "",
                "goods_id": 100 + sku_id,
                "goods_no": f"G-{code}",
                "goods_name": code,
                "image": "",
                "supplier_id": supplier,
                "is_own": supplier == PLATFORM,
                "is_active": True,
                "goods_state": "on_sale",
                "supplier_state": "active",
                "min_quantity": 1,
                "supplier_price_fen": price,
                "supply_price_fen": price,
                "allowed_promotions": [],
                "visible_tiers": [],
                "visible_distributors": [],
            }
            | more
        )
        self.books.skus[code] = row
        self.level(row, stock=stock)
        self.books.payable.setdefault(
            supplier, AccountRow(PAYABLE + supplier, "supplier_payable", None, supplier, 0, 0, 0)
        )
        return row

    def freight(self, number: int, *zones: ZoneRow, kind: str = "piece", **else_where: Any) -> TemplateRow:
        """A freight template; what is given by name holds for everywhere else."""
        made = TemplateRow(number, f"F{number}", kind, (ZoneRow(**{"step_fen": 0} | else_where), *zones))
        self.books.templates[number] = made
        return made

    def level(self, sku: SkuRow, *, stock: int, allotment_id: int | None = None) -> LevelRow:
        """One more level of a SKU."""
        level = LevelRow(1 + len(self.books.levels), sku.id, 1 + len(self.books.levels), allotment_id, stock, 0)
        self.books.levels[level.id] = level
        self.books.levels_by_sku.setdefault(sku.id, []).append(level)
        return level

    def allotment(self, sku: SkuRow, *, stock: int, **more: Any) -> AllotmentRow:
        """A pool of a SKU set apart for a distributor or a tier."""
        row = AllotmentRow(
            **{
                "id": 1 + len(self.books.allotments),
                "distributor_id": None,
                "tier_id": None,
                "cap": None,
                "buffer": 0,
                "taken": 0,
                "ends_at": None,
            }
            | more
        )
        self.books.allotments[row.id] = row
        self.books.allotments_by_sku.setdefault(sku.id, []).append(row)
        self.level(sku, stock=stock, allotment_id=row.id)
        return row

    # --- asks ---

    def ask(self, ask: Any) -> terms.Answer:
        """The answer to one ask."""
        (answer,) = decide([ask], books=self.books)
        return answer

    def place_ask(self, *lines: tuple[str, int], party: int = 1, mode: str = "hold", **more: Any) -> terms.Place:
        """The ask for an order."""
        values = {"out_order_no": f"N{next(self.numbers)}", "content_hash": b"content", "actor": "system"} | more
        wanted = [terms.AskLine(code, qty) for code, qty in lines]
        return terms.Place(distributor_id=party, mode=mode, lines=wanted, consignee=CONSIGNEE, **values)

    def try_place(self, *lines: tuple[str, int], **more: Any) -> terms.Answer:
        """The answer to an order."""
        return self.ask(self.place_ask(*lines, **more))

    def place(self, *lines: tuple[str, int], **more: Any) -> OrderRow:
        """An order that must be accepted."""
        answer = self.try_place(*lines, **more)
        assert answer.is_accepted, answer.faults
        assert answer.order is not None
        return answer.order

    def refund(self, order: OrderRow, number: str, pieces: dict[int, int] | None = None) -> terms.Answer:
        """Give back unshipped pieces."""
        return self.ask(terms.RefundBeforeShipping(order.id, number, "system", "", pieces or {}))

    def ship(self, order: OrderRow, supplier: int = 2, pieces: dict[int, int] | None = None) -> terms.Answer:
        """Send a parcel."""
        return self.ask(terms.Ship(order.id, supplier, "sf", f"P{next(self.numbers)}", "system", pieces or {}))

    def finish(self, order: OrderRow) -> None:
        """Ship what is left, receive and complete."""
        for supplier, part in order.supply_orders.items():
            if part.state in ("confirmed", "partly_shipped"):
                assert self.ship(order, supplier).is_accepted
        assert self.ask(terms.Receive(order.id, "system")).is_accepted
        assert self.ask(terms.Complete(order.id, "system")).is_accepted

    # --- what the books say ---

    def available(self, code: str, *, party: int = 1) -> int:
        """The pieces a distributor may take now: the largest order of that SKU the rules accept."""
        for qty in range(sum(level.on_hand for level in self.books.levels.values()) + 1, 0, -1):
            trial = copy.deepcopy(self)
            trial.books.prepaid[party].balance_fen = 10**12
            if trial.try_place((code, qty), party=party).is_accepted:
                return qty
        return 0

    def money(self, party: int = 1) -> tuple[int, int]:
        """Balance and held in fen."""
        account = self.books.prepaid[party]
        return account.balance_fen, account.held_fen

    def levels(self) -> list[tuple[int, int]]:
        """On hand and reserved of every level."""
        return [(level.on_hand, level.reserved) for level in self.books.levels.values()]

    def sums(self) -> dict[int, int]:
        """Credit minus debit of every account, from the transfers alone."""
        found: dict[int, int] = {}
        for transfer in self.books.transfers:
            found[transfer.debit_id] = found.get(transfer.debit_id, 0) - transfer.amount_fen
            found[transfer.credit_id] = found.get(transfer.credit_id, 0) + transfer.amount_fen
        return {account: amount for account, amount in found.items() if amount}

    def move_time(self, **step: int) -> None:
        """Let time pass."""
        self.books.now += timedelta(**step)
