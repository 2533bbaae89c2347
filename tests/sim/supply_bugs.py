"""Bugs of after-sale, acceptance, freight, prices, pools, bills and referral, to plant in the service of `fake`."""

from typing import Any

from tests.sim.bugs import Plant, in_service
from tests.sim.model import OK, Auditor
from tests.sim.records import SHARED, Kept, Party, Piece
from tests.sim.settling import Movement


def nothing(_: Any) -> Any:
    return lambda self, *args, **rest: None


def never(_: Any) -> Any:
    return lambda self, *args, **rest: False


# --- after-sale ---


def stock_stays_away(true: Any) -> Any:
    def inspect(self: Auditor, order: Kept, request: Any, *, counted: dict[int, tuple[int, int]]) -> None:
        true(self, order, request, counted=counted)
        for number, (good, _) in counted.items():
            if request.rule.stock == "back":
                self.articles[order.lines[number].sku].pools[SHARED].on_hand -= good

    return inspect


def settles_twice(true: Any) -> Any:
    def settle(self: Auditor, order: Kept, request: Any, *, claim: Any, amount: int, how: str) -> None:
        true(self, order, request, claim=claim, amount=amount, how=how)
        self.parties[order.party].balance += amount
        order.refunded += amount

    return settle


def any_amount_of_a_claim(true: Any) -> Any:
    def judge_claim(self: Auditor, request: Any, verb: str, *, more: dict[str, Any]) -> Any:
        return true(self, request, verb, more=more | {"amount": 0})

    return judge_claim


def asked_pieces_are_forgotten(true: Any) -> Any:
    def askable(self: Auditor, order: Kept, number: int, *, is_sent: bool) -> int:
        line = order.lines[number]
        return line.shipped if is_sent else line.open

    return askable


def no_silence(true: Any) -> Any:
    def do_request(self: Auditor, order: Kept, verb: str, *, name: str, more: dict[str, Any]) -> None:
        if verb != "silence":
            true(self, order, verb, name=name, more=more)

    return do_request


def shares_stay_after_completion(true: Any) -> Any:
    def unearn(self: Auditor, order: Kept, supplier: str, *, supplier_fen: int, fee: int, total: int) -> None:
        true(self, order, supplier, supplier_fen=0, fee=fee, total=total)

    return unearn


def completion_forgets_refunds(true: Any) -> Any:
    def earn(self: Auditor, order: Kept) -> None:
        before = {number: line.back_supplier for number, line in order.lines.items()}
        for line in order.lines.values():
            line.back_supplier = 0
        true(self, order)
        for number, line in order.lines.items():
            line.back_supplier = before[number]

    return earn


# --- acceptance ---


def unaccepted_lines_go_out(true: Any) -> Any:
    def judge(self: Auditor, order: Kept, verb: str, **asked: Any) -> Any:
        words = {number: line.word for number, line in order.lines.items()}
        if verb == "ship":
            for line in order.lines.values():
                line.word = ""
        verdict = true(self, order, verb, **asked)
        for number, word in words.items():
            order.lines[number].word = word
        return verdict

    return judge


def rerouted_at_the_old_cost(true: Any) -> Any:
    def move_line(self: Auditor, order: Kept, line: Piece, *, sku: str) -> None:
        price = line.supplier_price
        true(self, order, line, sku=sku)
        line.supplier_price = price

    return move_line


# --- freight, prices, pools ---


def freight_left_out(true: Any) -> Any:
    def freights(self: Auditor, party: str, **rest: Any) -> Any:
        found, unserved = true(self, party, **rest)
        return dict.fromkeys(found, 0), unserved

    return freights


def freight_line_by_line(true: Any) -> Any:
    def freights(self: Auditor, party: str, *, lines: list[Any], path: tuple[str, ...]) -> Any:
        together, unserved = true(self, party, lines=lines, path=path)
        for supplier in together:
            together[supplier] = sum(true(self, party, lines=[line], path=path)[0].get(supplier, 0) for line in lines)
        return together, unserved

    return freights


def everywhere_is_served(true: Any) -> Any:
    def freights(self: Auditor, party: str, **rest: Any) -> Any:
        return true(self, party, **rest)[0], []

    return freights


def freight_with_every_refund(true: Any) -> Any:
    def is_given_back(self: Auditor, order: Kept, supplier: str) -> bool:
        return not any(line.open for line in order.of(supplier))

    return is_given_back


def freight_of_a_supplier_is_ours(true: Any) -> Any:
    def earn(self: Auditor, order: Kept) -> None:
        kept = {
            supplier: part.amount for supplier, part in order.freights.items() if not self.suppliers[supplier].is_own
        }
        for supplier in kept:
            order.freights[supplier].amount = 0
        true(self, order)
        for supplier, amount in kept.items():
            order.freights[supplier].amount = amount
            self.goods_income += amount

    return earn


def no_grace(true: Any) -> Any:
    def taken_price(self: Auditor, sku: str, *, party: str, expected: int | None = None) -> Any:
        return true(self, sku, party=party)

    return taken_price


def rates_of_goods_forgotten(true: Any) -> Any:
    def rates_of(self: Auditor, sku: str, *, party: str) -> tuple[int, int | None]:
        return self.parties[party].fee_rate_bps, None

    return rates_of


def closed_pools_serve_on(true: Any) -> Any:
    def close_pool(self: Auditor, article: Any, name: str) -> None:
        true(self, article, name)
        article.pools[name].is_open = True

    return close_pool


def caps_forgotten(true: Any) -> Any:
    def take(self: Auditor, line: Piece, qty: int, *, buyer: Party) -> None:
        true(self, line, qty, buyer=buyer)
        self.articles[line.sku].pools[line.under].taken = 0

    return take


def sold_out_goods_stay(_: Any) -> Any:
    def tend(self: Auditor) -> None:
        for article in self.articles.values():
            for pool in article.pools.values():
                if not pool.is_open and pool.available:
                    self._shift(article, pool, -pool.available)

    return tend


# --- bills and referral ---


def reversals_count_twice(true: Any) -> Any:
    def due(self: Auditor, supplier: str, *, until_days: int | None) -> list[Movement]:
        found: list[Movement] = true(self, supplier, until_days=until_days)
        return found + [movement for movement in found if movement.kind == "reverse_supplier"]

    return due


def late_refunds_are_lost(true: Any) -> Any:
    def owe(self: Auditor, supplier: str, amount: int, *, kind: str, order: Any) -> None:
        true(self, supplier, amount, kind=kind, order=order)
        if kind == "reverse_supplier" and amount:
            self.unbilled[supplier].pop()

    return owe


def rights_window_forgotten(true: Any) -> Any:
    def due(self: Auditor, supplier: str, *, until_days: int | None) -> list[Movement]:
        return list(self.unbilled.get(supplier, []))

    return due


def what_is_put_off_is_lost(true: Any) -> Any:
    def leave(self: Auditor, bill: Any, line: Any, *, why: str) -> None:
        line.left_by = why

    return leave


def disputed_bills_are_paid(true: Any) -> Any:
    def judge_paper(self: Auditor, verb: str, *, more: dict[str, Any]) -> Any:
        if verb == "pay" and self.bills[more["bill"]].state == "disputed":
            return frozenset({OK})
        return true(self, verb, more=more)

    return judge_paper


def paid_twice(true: Any) -> Any:
    def do_paper(self: Auditor, verb: str, *, more: dict[str, Any], made: int | None = None) -> Any:
        if verb == "pay":
            bill = self.bills[more["bill"]]
            self.payable[bill.supplier] -= bill.total
        return true(self, verb, more=more, made=made)

    return do_paper


def payouts_without_limit(true: Any) -> Any:
    def judge_paper(self: Auditor, verb: str, *, more: dict[str, Any]) -> Any:
        return frozenset({OK}) if verb == "pay_referrer" else true(self, verb, more=more)

    return judge_paper


def referral_is_never_reversed(true: Any) -> Any:
    def own_income(self: Auditor, line: Piece) -> int:
        return (line.agreed - line.supplier_price) * line.kept

    return own_income


def todays_rates_for_old_orders(true: Any) -> Any:
    def shares(self: Auditor, order: Kept, line: Piece) -> Any:
        order.rates = self.rates
        return true(self, order, line)

    return shares


def orders_judged_by_one_referrer(true: Any) -> Any:
    def shares(self: Auditor, order: Kept, line: Piece) -> Any:
        return true(self, order, line)[:1]

    return shares


SUPPLY_BUGS: dict[str, Plant] = {
    "what comes back good is not on hand": in_service("_inspect", stock_stays_away),
    "a claim is settled twice": in_service("_settle", settles_twice),
    "a claim may pass what was paid": in_service("_judge_claim", any_amount_of_a_claim),
    "pieces are asked back twice": in_service("askable", asked_pieces_are_forgotten),
    "silence on a claim means nothing": in_service("do_request", no_silence),
    "after completion the supplier keeps his share": in_service("unearn", shares_stay_after_completion),
    "completion forgets what went back before": in_service("earn", completion_forgets_refunds),
    "lines go out that nobody took on": in_service("judge", unaccepted_lines_go_out),
    "a refused line stays as it is": in_service("_resolve", nothing),
    "a re-routed line costs what it did": in_service("move_line", rerouted_at_the_old_cost),
    "freight is left out": in_service("freights", freight_left_out),
    "freight is asked line by line": in_service("freights", freight_line_by_line),
    "every region is served": in_service("freights", everywhere_is_served),
    "freight goes back though something was sent": in_service("is_given_back", freight_with_every_refund),
    "a supplier's freight is ours": in_service("earn", freight_of_a_supplier_is_ours),
    "old prices are not honoured": in_service("taken_price", no_grace),
    "rates of goods are not looked at": in_service("rates_of", rates_of_goods_forgotten),
    "a closed pool serves on": in_service("_close_pool", closed_pools_serve_on),
    "what was taken under a cap is forgotten": in_service("take", caps_forgotten),
    "sold-out goods stay on the shelf": in_service("tend", sold_out_goods_stay),
    "holds have no limit": in_service("over_quota", never),
    "a bill counts a reversal twice": in_service("due", reversals_count_twice),
    "a late refund is on no bill": in_service("owe", late_refunds_are_lost),
    "bills do not wait for the rights window": in_service("due", rights_window_forgotten),
    "a line put off is lost": in_service("_leave", what_is_put_off_is_lost),
    "a disputed bill is paid": in_service("judge_paper", disputed_bills_are_paid),
    "a bill is paid twice": in_service("do_paper", paid_twice),
    "a referrer is paid more than he is owed": in_service("judge_paper", payouts_without_limit),
    "a referrer's share is never reversed": in_service("own_income", referral_is_never_reversed),
    "today's rates hold for older orders": in_service("shares", todays_rates_for_old_orders),
    "only one side's referrer earns": in_service("shares", orders_judged_by_one_referrer),
}
