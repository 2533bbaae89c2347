"""The back offices of the service of `fake`: every deed as its auditor does it, and its books as rows."""

from collections.abc import Sequence
from typing import Any

from entrepot_sdk import RefusedError
from tests.sim.arranging import ON_TERMS
from tests.sim.backstage import Result
from tests.sim.deeds import Deed
from tests.sim.fake import Service
from tests.sim.model import OK, Auditor
from tests.sim.records import SHARED
from tests.sim.requests import Request
from tests.sim.settling import ON_PAPER, Bill, content_hash


class ServiceStaff:
    """Backstage of a service."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def act(self, deed: Deed) -> Result:
        """Carry out a deed, one at a time."""
        with self.service.turn():
            if deed.verb in ON_TERMS:
                return self._terms(deed)
            if deed.verb in ON_PAPER:
                return self._paper(deed)
            if deed.verb == "credit":
                return self.credit(deed.party, deed.amount, deed.name)
            if deed.verb == "restock":
                return self.restock(deed.sku, deed.amount, deed.name)
            return self._on_order(deed)

    def _on_order(self, deed: Deed) -> Result:
        kept = self.service.orders[deed.order_id]
        more = deed.more | ({"id": self._request_id(deed)} if deed.verb == "ask" else {})
        try:
            self.service.verb(kept, deed.verb, pieces=deed.pieces, name=deed.name, more=more)
        except RefusedError as refusal:
            return Result(code=refusal.code)
        return Result(facts={"id": more["id"]} if deed.verb == "ask" else {})

    def _request_id(self, deed: Deed) -> int:
        return self.service.request_ids.setdefault((deed.party, deed.name), len(self.service.request_ids) + 1)

    def _terms(self, deed: Deed) -> Result:
        auditor = self.service.auditor
        verdict = auditor.judge_terms(deed)
        if OK not in verdict:
            return Result(code=sorted(verdict)[0])
        if deed.verb == "allot":
            pool = auditor.open_pool(deed)
            pools = auditor.articles[deed.sku].pools
            known = next((int(name.split()[-1]) for name, one in pools.items() if one is pool), None)
            deed.facts["allotment"] = known or sum(len(one.pools) for one in auditor.articles.values())
        auditor.do_terms(deed)
        return Result(facts=dict(deed.facts))

    def _paper(self, deed: Deed) -> Result:
        auditor = self.service.auditor
        verdict = auditor.judge_paper(deed.verb, more=deed.more)
        if OK not in verdict:
            return Result(code=sorted(verdict)[0])
        made = auditor.do_paper(deed.verb, more=deed.more)
        return Result(facts={"bill": made})

    def credit(self, party: str, amount: int, cause: str) -> Result:
        """Top up, or lessen below 0."""
        auditor = self.service.auditor
        if cause not in auditor.causes and auditor.parties[party].available + amount < 0:
            return Result(code="insufficient_balance")
        auditor.credit(party, amount=amount, cause=cause)
        return Result()

    def restock(self, sku: str, qty: int, cause: str) -> Result:
        """More pieces, or fewer below 0."""
        auditor = self.service.auditor
        if cause not in auditor.causes and auditor.articles[sku].pools[SHARED].available + qty < 0:
            return Result(code="insufficient_stock")
        auditor.restock(sku, qty=qty, cause=cause)
        return Result()

    def turn(self) -> None:
        """Time is looked at in every turn."""
        with self.service.turn():
            pass

    def orders(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Words and requests of orders."""
        with self.service.turn():
            return {one: self._hidden(one) for one in ids}

    def _hidden(self, order_id: str) -> dict[str, Any]:
        kept = self.service.orders[order_id]
        return {
            "words": {number: line.word for number, line in kept.lines.items() if line.word},
            "requests": {name: _request_row(request) for name, request in kept.requests.items()},
        }

    def books(self, skus: Sequence[str]) -> Result:
        """The rows that `views.books` would read."""
        with self.service.turn():
            auditor = self.service.auditor
            lines = [
                {"bill_id": bill.id} | row for bill in auditor.bills.values() for row in _line_rows(self.service, bill)
            ]
            facts = {
                "accounts": _accounts(auditor),
                "levels": [row for sku in skus for row in _level_rows(auditor, sku)],
                "skus": [
                    {"sku": sku, "state": "on_sale" if auditor.articles[sku].is_listed else "unlisted"} for sku in skus
                ],
                "bills": [_bill_row(self.service, bill) for bill in auditor.bills.values()],
                "bill_lines": lines,
            }
            return Result(facts=facts)


def _request_row(request: Request) -> dict[str, Any]:
    claim = request.claim
    pieces = {}
    for number, qty in request.pieces.items():
        good, damaged, missing = request.counted.get(number, (0, 0, 0))
        pieces[number] = {
            "qty": qty,
            "good_qty": good,
            "damaged_qty": damaged,
            "missing_qty": missing,
            "settled_qty": request.settled.get(number, 0),
            "refunded_fen": request.paid.get(number, 0),
        }
    row: dict[str, Any] = {
        "stage": request.stage,
        "state": request.state,
        "amount_fen": request.amount,
        "refunded_fen": request.refunded,
        "supplier_fen": request.supplier_fen,
        "pieces": pieces,
        "claim_state": claim.state if claim else None,
    }
    if claim is not None:
        row |= {"at_most_fen": claim.at_most, "demand_fen": claim.demand, "offer_fen": claim.offer}
        row |= {"supplier_bps": claim.bps, "settled_fen": claim.settled, "settled_by": claim.settled_by}
        row["settled_supplier_fen"] = claim.settled_supplier
    return row


def _level_rows(auditor: Auditor, sku: str) -> list[dict[str, Any]]:
    return [
        {
            "sku": sku,
            "allotment": int(name.split()[-1]) if name else None,
            "on_hand": pool.on_hand,
            "reserved": pool.reserved,
            "taken": pool.taken,
        }
        for name, pool in auditor.articles[sku].pools.items()
    ]


def _bill_row(service: Service, bill: Bill) -> dict[str, Any]:
    said = [
        (row["transfer_id"], row["kind"], row["order_id"], row["amount_fen"])
        for row in _line_rows(service, bill)
        if row["left_by"] in ("", "carried")
    ]
    head = {"number": f"ZD{bill.id}", "supplier_id": 1, "period_from": "a", "period_until": "b"}
    return head | {
        "id": bill.id,
        "supplier": bill.supplier,
        "state": bill.state,
        "revision": bill.revision,
        "total_fen": bill.total,
        "carried_to_id": 1 if bill.is_carried_on else None,
        "content_hash": content_hash("|".join(str(value) for value in head.values()), said),
    }


def _line_rows(service: Service, bill: Bill) -> list[dict[str, Any]]:
    rows = []
    for line in bill.lines:
        order = service.auditor.orders[line.movement.order] if line.movement.order else None
        rows.append(
            {
                "id": service.line_ids.setdefault(line, len(service.line_ids) + 1),
                "transfer_id": service.line_ids[line],
                "kind": line.movement.kind,
                "order_id": service.id_of(order) if order is not None else None,
                "amount_fen": line.movement.amount,
                "left_by": line.left_by,
                "is_open": line in bill.open_disputes,
            }
        )
    return rows


def _accounts(auditor: Auditor) -> list[dict[str, Any]]:
    owed = {number: auditor.referrer_owed(number) for number in auditor.rates}
    earned = sum(amount + auditor.paid_referrers.get(number, 0) for number, amount in owed.items())
    rows = [_account("goods_income", auditor.goods_income), _account("fee_income", auditor.fee_income)]
    rows.append(_account("referral_expense", -earned))
    rows += [_account("supplier_payable", amount, supplier=number) for number, amount in auditor.payable.items()]
    rows += [_account("referrer_payable", amount, referrer=number) for number, amount in owed.items()]
    for number, party in auditor.parties.items():
        mine = [kept for kept in auditor.orders.values() if kept.party == number and kept.state != "completed"]
        rows.append(_account("prepaid", party.balance, distributor=number))
        rows.append(_account("clearing", sum(kept.drawn - kept.refunded for kept in mine), distributor=number))
    return [*rows, _account("bank", -sum(row["balance_fen"] for row in rows))]


def _account(kind: str, balance_fen: int, **whose: str) -> dict[str, Any]:
    return {"kind": kind, "balance_fen": balance_fen} | whose
