"""Bugs to plant in the service of `fake`, each of the kind that real shops have had."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from entrepot_sdk import NewOrder
from entrepot_sdk.shapes import Balance, Order, Preview, PriceStock
from tests.sim import fake
from tests.sim.backstage import Result
from tests.sim.deeds import plain_lines
from tests.sim.fake import Service, ServiceMall
from tests.sim.fake_staff import ServiceStaff
from tests.sim.model import OK, Auditor
from tests.sim.records import Kept, Party, Piece
from tests.sim.tariff import Taken

Plant = Callable[[pytest.MonkeyPatch], None]


def plant(target: object, name: str, make: Callable[[Any], Any]) -> Plant:
    """A bug: `make` gets the true function and gives the wrong one."""

    def put(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(target, name, make(getattr(target, name)))

    return put


class Wrong(Auditor):
    """An auditor whose bugs live in the service alone: the judge keeps the true class."""


def in_service(name: str, make: Callable[[Any], Any]) -> Plant:
    """A bug in the books of the service, not in the judge's."""

    def put(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Wrong, name, make(getattr(Auditor, name)), raising=False)
        true_init = Service.__init__

        def init(self: Service, auditor: Auditor, **kwargs: Any) -> None:
            auditor.__class__ = Wrong
            true_init(self, auditor, **kwargs)

        patch.setattr(Service, "__init__", init)

    return put


# --- the bugs ---


def fee_rounded_down(true: Any) -> Any:
    def taken_price(self: Auditor, sku: str, **rest: Any) -> Taken:
        price: Taken = true(self, sku, **rest)
        rate_bps, _ = self.rates_of(sku, party=rest["party"])
        return replace(price, fee=price.supply_price * rate_bps // 10_000)

    return taken_price


def fee_of_piece_rounded_down(true: Any) -> Any:
    def piece(self: Auditor, sku: str, qty: int, expected: int | None, *, buyer: Party) -> Piece:
        made: Piece = true(self, sku, qty, expected, buyer=buyer)
        made.fee = made.supply_price * buyer.fee_rate_bps // 10_000
        return made

    return piece


def lines_judged_singly(true: Any) -> Any:
    def judge_place(self: Auditor, party: str, *, lines: list[tuple[str, int, int | None]], **rest: Any) -> Any:
        verdicts = [true(self, party, lines=[line], **rest) for line in lines]
        return next((verdict for verdict in verdicts if OK not in verdict), frozenset({OK}))

    return judge_place


def any_price_will_do(true: Any) -> Any:
    def judge_place(self: Auditor, party: str, *, lines: list[tuple[str, int, int | None]], **rest: Any) -> Any:
        return true(self, party, lines=[(sku, qty, None) for sku, qty, _ in lines], **rest)

    return judge_place


def other_content_is_taken_for_the_same(true: Any) -> Any:
    def judge_place(self: Auditor, party: str, *, number: str, **rest: Any) -> Any:
        if (party, number) in self.orders:
            return frozenset({OK})
        return true(self, party, number=number, **rest)

    return judge_place


def refuses_the_last_piece(true: Any) -> Any:
    def sellable(self: Auditor, sku: str, *, party: str) -> int:
        return max(0, int(true(self, sku, party=party)) - 1)

    return sellable


def cancel_keeps(what: str) -> Callable[[Any], Any]:
    def make(true: Any) -> Any:
        def close(self: Auditor, order: Kept, *, state: str) -> None:
            held, lines = order.held, order.lines
            if what == "money":
                order.held = 0
            else:
                order.lines = {}
            true(self, order, state=state)
            order.lines = lines
            order.held = held if what == "nothing" else 0

        return close

    return make


def cancel_after_confirm(true: Any) -> Any:
    def judge(self: Auditor, order: Kept, verb: str, **rest: Any) -> Any:
        if verb == "cancel" and order.state == "confirmed":
            return frozenset({OK})
        return true(self, order, verb, **rest)

    return judge


def cancel_after_confirm_counts(true: Any) -> Any:
    def takes_effect(self: Auditor, order: Kept, verb: str, **rest: Any) -> bool:
        return (verb == "cancel" and order.state == "confirmed") or bool(true(self, order, verb, **rest))

    return takes_effect


def repeats_take_effect(*verbs: str) -> Callable[[Any], Any]:
    def make(true: Any) -> Any:
        def takes_effect(self: Auditor, order: Kept, verb: str, **rest: Any) -> bool:
            return verb in verbs or bool(true(self, order, verb, **rest))

        return takes_effect

    return make


def pieces_are_not_counted(true: Any) -> Any:
    def judge(self: Auditor, order: Kept, verb: str, **rest: Any) -> Any:
        verdict = true(self, order, verb, **rest)
        return frozenset({OK}) if verb in ("ship", "refund") and "validation_failed" in verdict else verdict

    return judge


def refund_of_supply_price_only(true: Any) -> Any:
    def refund(self: Auditor, order: Kept, *, pieces: dict[int, int], name: str) -> None:
        true(self, order, pieces=pieces, name=name)
        fee = sum(order.lines[number].fee * qty for number, qty in pieces.items())
        self.parties[order.party].balance -= fee

    return refund


def refund_keeps_stock(true: Any) -> Any:
    def leave(self: Auditor, line: Piece, qty: int, *, is_shipped: bool) -> None:
        true(self, line, qty, is_shipped=True)

    return leave


def supplier_paid_for_all_pieces(true: Any) -> Any:
    def complete(self: Auditor, order: Kept) -> None:
        true(self, order)
        for line in order.lines.values():
            self.payable[line.supplier] = self.payable.get(line.supplier, 0) + line.supplier_price * line.refunded

    return complete


def own_goods_owed_to_a_supplier(true: Any) -> Any:
    def complete(self: Auditor, order: Kept) -> None:
        true(self, order)
        for line in order.lines.values():
            if line.is_own:
                self.payable[line.supplier] = self.payable.get(line.supplier, 0) + line.supplier_price * line.shipped
                self.goods_income -= line.supplier_price * line.shipped

    return complete


def draws_twice(true: Any) -> Any:
    def capture(self: Auditor, order: Kept, *, is_funded: bool | None = None) -> None:
        true(self, order, is_funded=is_funded)
        if order.state == "confirmed" and len(self.orders) % 7 == 0:
            self.parties[order.party].balance -= 1

    return capture


def causes_forgotten(true: Any) -> Any:
    def fund(self: Auditor, *args: Any, **kwargs: Any) -> None:
        self.causes.clear()
        true(self, *args, **kwargs)

    return fund


def pool_of_others_is_open(true: Any) -> Any:
    def sellable(self: Auditor, sku: str, *, party: str) -> int:
        return self.articles[sku].available

    return sellable


def no_expiry(_: Any) -> Any:
    return lambda self: None


def waiting_is_forgotten(_: Any) -> Any:
    return lambda self: None


def foreign_orders_are_shown(_: Any) -> Any:
    def find(self: Service, order_id: str, *, party: str) -> Kept:
        return self.orders[order_id]

    return find


def atomic_batch_keeps_its_rows(_: Any) -> Any:
    def undo(self: ServiceMall, result: Any) -> Any:
        return result

    return undo


def preview_places(true: Any) -> Any:
    def preview(self: ServiceMall, order: NewOrder) -> Preview:
        shown: Preview = true(self, order)
        with self.service.turn():
            self.service.enter(self.party, order)
        return shown

    return preview


def checks_then_acts(_: Any) -> Any:
    """The classic race: judged in one turn, written in the next."""

    def create_order(self: ServiceMall, order: NewOrder) -> Order:
        with self.service.turn():
            self.service.judge(self.party, order)
        time.sleep(0.002)
        with self.service.turn():
            known = self.service.auditor.orders.get((self.party, order.out_order_no))
            if known is not None:
                return self.service.show(known, is_replayed=True)
            return self.service.show(self.service.enter(self.party, order))

    return create_order


def number_is_looked_up_first(_: Any) -> Any:
    """Uniqueness in application code: two at once both find nothing."""

    def create_order(self: ServiceMall, order: NewOrder) -> Order:
        with self.service.turn():
            self.service.judge(self.party, order)
            known = self.service.auditor.orders.get((self.party, order.out_order_no))
            if known is not None:
                return self.service.show(known, is_replayed=True)
        time.sleep(0.002)
        with self.service.turn():
            fresh = Auditor.judge_place(
                self.service.auditor, self.party, number="", content=None, lines=plain_lines(order)
            )
            if OK not in fresh:
                raise fake.refused(sorted(fresh)[-1], pointers=["/lines/0/qty"])
            return self.service.show(self.service.enter(self.party, order))

    return create_order


def busy_means_sold_out(true: Any) -> Any:
    """Refuses for stock whenever somebody else is just being served."""
    serving: list[str] = []

    def create_order(self: ServiceMall, order: NewOrder) -> Order:
        if serving:
            raise fake.refused("insufficient_stock", pointers=["/lines/0/qty"])
        serving.append(order.out_order_no)
        try:
            time.sleep(0.001)
            shown: Order = true(self, order)
            return shown
        finally:
            serving.remove(order.out_order_no)

    return create_order


def confirm_and_cancel_both(true: Any) -> Any:
    """Cancel looks at the state before its turn."""

    def verb(self: ServiceMall, order_id: str, name: str) -> Order:
        kept = self.service.find(order_id, party=self.party)
        was_held = kept.state == "held"
        time.sleep(0.002)
        if name == "cancel" and was_held and kept.state == "confirmed":
            with self.service.turn():
                self.service.verb(kept, "refund", name="cancel")
                shown = self.service.show(kept)
                shown.state = "cancelled"
                return shown
        answered: Order = true(self, order_id, name)
        return answered

    return verb


def stale_stock_is_shown(true: Any) -> Any:
    def prices_stocks(self: ServiceMall, skus: list[str]) -> list[PriceStock]:
        shown: list[PriceStock] = true(self, skus)
        shown[0].stock += 1
        return shown

    return prices_stocks


def held_money_is_shown_as_available(true: Any) -> Any:
    def balance(self: ServiceMall) -> Balance:
        shown: Balance = true(self)
        shown.available += shown.held
        return shown

    return balance


def ledger_misses_a_row(true: Any) -> Any:
    def write_ledger(self: Service, number: str) -> None:
        true(self, number)
        if len(self.ledgers[number]) == 9:
            del self.ledgers[number][4]

    return write_ledger


def restock_counts_twice(true: Any) -> Any:
    def restock(self: ServiceStaff, sku: str, qty: int, cause: str) -> Result:
        result: Result = true(self, sku, qty, cause)
        self.service.auditor.causes.discard(cause)
        return result

    return restock


BUGS: dict[str, Plant] = {
    "fee shown rounded down": in_service("taken_price", fee_rounded_down),
    "fee taken rounded down": in_service("piece", fee_of_piece_rounded_down),
    "two lines of one SKU judged singly": in_service("judge_place", lines_judged_singly),
    "an expected price is not looked at": in_service("judge_place", any_price_will_do),
    "other content is taken for the same": in_service("judge_place", other_content_is_taken_for_the_same),
    "the last piece is not sold": in_service("sellable", refuses_the_last_piece),
    "cancel keeps the money": in_service("_close", cancel_keeps("money")),
    "cancel keeps the stock": in_service("_close", cancel_keeps("stock")),
    "a refund number counts twice": in_service("takes_effect", repeats_take_effect("refund")),
    "a parcel counts twice": in_service("takes_effect", repeats_take_effect("ship")),
    "a completion counts twice": in_service("takes_effect", repeats_take_effect("complete")),
    "more is refunded or shipped than is left": in_service("judge", pieces_are_not_counted),
    "a refund leaves out the fee": in_service("refund_unsent", refund_of_supply_price_only),
    "what comes back is not on hand": in_service("leave", refund_keeps_stock),
    "the supplier is paid for refunded pieces": in_service("earn", supplier_paid_for_all_pieces),
    "own goods are owed to a supplier": in_service("earn", own_goods_owed_to_a_supplier),
    "some draws take one fen more": in_service("capture", draws_twice),
    "a top-up counts twice": in_service("credit", causes_forgotten),
    "a restock counts twice": plant(ServiceStaff, "restock", restock_counts_twice),
    "a pool is open to others": in_service("sellable", pool_of_others_is_open),
    "holds never lapse": plant(Service, "lapse", no_expiry),
    "waiting orders never go on": plant(Service, "release", waiting_is_forgotten),
    "foreign orders are served": plant(Service, "find", foreign_orders_are_shown),
    "an atomic batch keeps its good rows": plant(ServiceMall, "_undo", atomic_batch_keeps_its_rows),
    "a preview places": plant(ServiceMall, "preview_order", preview_places),
    "stock and money are checked, then taken": plant(ServiceMall, "create_order", checks_then_acts),
    "a number is looked up, then used": plant(ServiceMall, "create_order", number_is_looked_up_first),
    "busy means sold out": plant(ServiceMall, "create_order", busy_means_sold_out),
    "confirm and cancel both": plant(ServiceMall, "_verb", confirm_and_cancel_both),
    "stale stock is shown": plant(ServiceMall, "prices_stocks", stale_stock_is_shown),
    "held money is shown as available": plant(ServiceMall, "balance", held_money_is_shown_as_available),
    "the ledger misses a row": plant(Service, "write_ledger", ledger_misses_a_row),
}
