"""Taking lines on by the auditor's own reckoning: word by word, refusals, substitutes, and what silence means."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.sim.records import UNDECIDED, Freight, Kept, Piece

if TYPE_CHECKING:
    from tests.sim.model import Auditor

OK, CONFLICT, INVALID = "ok", "state_conflict", "validation_failed"
DRAWN = ("confirmed", "partly_shipped")
ON_LINES = ("accept", "decline", "overdue", "extend", "reroute")


class Accepting:
    """The part of the auditor that knows what shippers take on."""

    def judge_word(self: "Auditor", order: Kept, verb: str, *, more: dict[str, Any]) -> frozenset[str]:
        """What a word on lines may be answered; `overdue` is the clock's and always accepted."""
        if verb == "overdue":
            return frozenset({OK})
        if verb == "reroute":
            return self._judge_reroute(order, line=order.lines[more["line"]], sku=more["sku"])
        if verb != "extend" and more["supplier"] not in order.freights:
            return frozenset({"not_found"})
        if order.state not in DRAWN:
            return frozenset({CONFLICT})
        lines = [order.lines[number] for number in more["lines"]]
        return frozenset({OK if all(self._fits(line, verb, more=more) for line in lines) else INVALID})

    def _fits(self, line: Piece, verb: str, *, more: dict[str, Any]) -> bool:
        if verb == "extend":
            return line.word in UNDECIDED and line.open > 0
        if line.supplier != more["supplier"] or not line.word:
            return False
        if verb == "accept":
            return line.word in ("waiting", "accepted", "back_ordered")
        return line.open > 0 and line.word != "overdue"

    def _judge_reroute(self: "Auditor", order: Kept, *, line: Piece, sku: str) -> frozenset[str]:
        if line.sku == sku:
            return frozenset({OK})
        if order.state not in DRAWN:
            return frozenset({CONFLICT})
        fault = self.substitute_fault(order, line, sku=sku, may_lose=False)
        return frozenset({fault or OK})

    def substitute_fault(self: "Auditor", order: Kept, line: Piece, *, sku: str, may_lose: bool) -> str:
        """Why a line cannot go out by another SKU; empty when it can."""
        article = self.articles[sku]
        if not line.open:
            return INVALID
        if not article.is_listed:
            return "product_delisted"
        if not may_lose and not article.is_own and article.supplier_price > line.supply_price:
            return INVALID
        joined = order.freights.get(article.supplier)
        is_new_to_him = joined is not None and article.supplier != line.supplier
        if is_new_to_him and joined is not None and joined.amount and self.is_given_back(order, article.supplier):
            # His freight went back with his last line: a new one would let it go back twice.
            return INVALID
        return "" if line.open <= self.sellable(sku, party=order.party) else "insufficient_stock"

    def takes_word(self, order: Kept, verb: str, *, more: dict[str, Any]) -> bool:
        """Whether a word that is answered `ok` changes anything."""
        if verb == "reroute":
            return order.lines[more["line"]].sku != more["sku"]
        if verb == "decline":
            return any(order.lines[number].word != "refused" for number in more["lines"])
        if verb == "accept":
            word = "back_ordered" if more.get("days") else "accepted"
            return any(order.lines[number].word != word or more.get("days") for number in more["lines"])
        if verb == "overdue":
            return order.state in DRAWN and any(order.lines[n].word == "waiting" for n in more["lines"])
        return True

    def do_word(self: "Auditor", order: Kept, verb: str, *, more: dict[str, Any]) -> None:
        """Change the books by a word that takes effect."""
        if verb == "reroute":
            self.move_line(order, order.lines[more["line"]], sku=more["sku"])
            return
        for number in sorted(more["lines"]):
            line = order.lines[number]
            if verb == "extend":
                line.word = "waiting"
            elif verb == "accept":
                line.word = "back_ordered" if more.get("days") else "accepted"
            elif verb == "decline" and line.word != "refused":
                line.word = "refused"
                self._resolve(order, number, line)
            elif verb == "overdue" and line.word == "waiting":
                line.word = "overdue"
                self._resolve(order, number, line)

    def _resolve(self: "Auditor", order: Kept, number: int, line: Piece) -> None:
        """Do with a line nobody sends what was agreed with its shipper."""
        policy = self.suppliers[line.supplier].policy
        if policy == "ask":
            return
        first = line.former[0] if line.former else line.sku
        for sku, may_lose in self.articles[first].substitutes if policy == "reroute" else ():
            is_tried = sku == line.sku or sku in line.former
            if not is_tried and not self.substitute_fault(order, line, sku=sku, may_lose=may_lose):
                self.move_line(order, line, sku=sku)
                return
        name = base = f"unsupplied-{number}"
        place = 1
        while name in order.refunds:
            place += 1
            name = f"{base}-{place}"
        self.refund_unsent(order, pieces={number: line.open}, name=name)

    def move_line(self: "Auditor", order: Kept, line: Piece, *, sku: str) -> None:
        """Let what is open of a line go out by another SKU at the price the mall has agreed to."""
        buyer, article, left = self.parties[order.party], self.articles[sku], line.supplier
        pieces = line.open
        self.leave(line, pieces, is_shipped=False)
        if line.shipped:
            line = self._rest_of(order, line)
        line.former.append(line.sku)
        line.sku, line.supplier, line.is_own = sku, article.supplier, article.is_own
        line.supplier_price = article.supplier_price
        self.take(line, pieces, buyer=buyer)
        if self.suppliers[article.supplier].is_asked:
            line.word = "waiting"
        elif line.word:
            line.word = "accepted"
        joined = order.freights.setdefault(article.supplier, Freight())
        if not any(other.kept for other in order.of(left)):
            # Nothing is left for him to send, so whoever sends in his place is paid for sending.
            part = order.freights[left]
            joined.amount, part.amount = joined.amount + part.amount, 0
        self.settle_state(order)

    def _rest_of(self, order: Kept, line: Piece) -> Piece:
        """What is open of a line sent in part, as a line of its own; what was sent stays with who sent it."""
        rest = replace(
            line, qty=line.open, shipped=0, refunded=0, takes={}, is_sure=True, word="", former=[*line.former]
        )
        rest.back_qty = rest.back = rest.back_supplier = rest.back_fee = 0
        order.lines[max(order.lines) + 1] = rest
        line.qty -= rest.qty
        line.word = "accepted" if line.word else ""
        return rest
