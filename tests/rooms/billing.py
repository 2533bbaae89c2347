"""A supplier who is billed: the steps of his bills in few words."""

from typing import Any

from entrepot.base import scope
from entrepot.settlement import actions
from entrepot.settlement.models import Bill, BillLine
from entrepot.settlement.queries import lines_of
from entrepot.trade import terms
from tests.world import STAFF, World, rows, taken


class Room:
    """A supplier who sells at 8.00, and the steps of his bills in few words."""

    def __init__(self, world: World, *, rights_days: int = 0, **more: Any) -> None:
        self.world = world
        self.supplier = world.supplier()
        self.actor = f"supplier/{self.supplier.pk}/1/anna"
        self.article = world.article(supplier=self.supplier, stock=1000, supply_price_fen=1000, supplier_price_fen=800)
        self.mall = world.distributor(funds_fen=10**7)
        self.terms(rights_days=rights_days, **more)

    def terms(self, **changed: Any) -> None:
        values = {
            "cycle": "month",
            "rights_days": 0,
            "answer_days": 3,
            "is_silence_consent": False,
            "is_sent_at_once": False,
        } | changed
        actions.change_terms(self.supplier.pk, terms=actions.NewTerms(**values), actor=STAFF)

    def sell(self, *quantities: int) -> list[int]:
        """Orders completed now; returns their ids."""
        found = []
        for qty in quantities:
            order = self.world.place(self.mall, (self.article, qty), mode="direct")
            taken(self.world.ship(order))
            taken(self.world.receive(order))
            taken(self.world.complete(order))
            found.append(order.id)
        return found

    def adjust(self, amount_fen: int) -> None:
        """Another transfer on what is owed."""
        cause = self.world.name("adjust")
        assert self.world.run(terms.AdjustSupplier(self.supplier.pk, amount_fen, cause, STAFF, "proof")).is_accepted

    def bill(self) -> Bill:
        return actions.bill_now(self.supplier.pk, actor=STAFF)

    def sent(self) -> Bill:
        return actions.send_bill(self.bill().pk, actor=STAFF)

    def confirmed(self) -> Bill:
        bill = self.sent()
        return actions.confirm_bill(self.supplier.pk, bill_id=bill.pk, revision=bill.revision, actor=self.actor)

    def dispute(self, bill: Bill, *line_ids: int) -> Bill:
        return actions.dispute_lines(
            self.supplier.pk, bill_id=bill.pk, line_ids=line_ids, reason="少算了", actor=self.actor
        )

    def rule(self, bill: Bill, line_id: int, ruling: str, **more: Any) -> Bill:
        return actions.rule_line(bill.pk, line_id=line_id, ruling=ruling, reason="已核对", actor=STAFF, **more)

    def lines(self, bill: Bill) -> list[BillLine]:
        with scope.platform():
            return list(lines_of(bill.pk))

    def again(self, bill: Bill) -> Bill:
        with scope.platform():
            return Bill.objects.get(pk=bill.pk)

    def owed(self) -> int:
        ((balance,),) = rows(
            "select balance_fen from ledger_account where kind = 'supplier_payable' and supplier_id = %s",
            self.supplier.pk,
        )
        return int(balance)

    def on_live_lines(self) -> list[int]:
        return [
            amount
            for (amount,) in rows(
                "select amount_fen from settlement_billline where supplier_id = %s and left_by = '' order by id",
                self.supplier.pk,
            )
        ]
