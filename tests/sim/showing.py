"""Where orders as the service shows them differ from the auditor's."""

from typing import Any

from entrepot_sdk.shapes import Order
from tests.sim.records import Kept
from tests.sim.requests import Request

Fact = tuple[str, Any, Any]


def differences(kept: Kept, shown: Order) -> list[str]:
    """Where an order as the API shows it differs from the auditor's."""
    found = []
    facts = [("state", kept.state, shown.state), ("total", kept.total, shown.total)]
    facts += [("freight", kept.freight, shown.freight), ("number", kept.number, shown.out_order_no)]
    facts.append(("goods_amount", kept.total - kept.freight, shown.goods_amount))
    facts.append(("lines", sorted(kept.lines), sorted(line.line for line in shown.lines)))
    for line in shown.lines:
        mine = kept.lines.get(line.line)
        if mine is None:
            continue
        facts += [
            (f"line {line.line} sku", mine.former[0] if mine.former else mine.sku, line.sku),
            (f"line {line.line} qty", mine.qty, line.qty),
            (f"line {line.line} supply_price", mine.supply_price, line.supply_price),
            (f"line {line.line} fee", mine.fee, line.fee),
            (f"line {line.line} agreed_price", mine.agreed, line.agreed_price),
            (f"line {line.line} amount", mine.agreed * mine.qty, line.amount),
            (f"line {line.line} shipped_qty", mine.shipped, line.shipped_qty),
            (f"line {line.line} refunded_qty", mine.refunded, line.refunded_qty),
        ]
    facts += [("drawn", kept.drawn, shown.drawn), ("refunded", kept.refunded, shown.refunded)]
    facts.append(("refunds", sorted(kept.refunds.items()), sorted((r.refund_no, r.amount) for r in shown.refunds)))
    for name, mine_value, theirs in facts:
        if mine_value != theirs:
            found.append(f"{kept.party} {kept.number}: {name} is {theirs}, must be {mine_value}")
    return found


def hidden_differences(kept: Kept, hidden: dict[str, Any]) -> list[str]:
    """Where what the API does not show of an order differs: the words of its shippers, its requests and claims."""
    words = {number: line.word for number, line in kept.lines.items() if line.word}
    facts: list[Fact] = [("words", words, hidden["words"])]
    facts.append(("requests", sorted(kept.requests), sorted(hidden["requests"])))
    for number, request in kept.requests.items():
        shown = hidden["requests"].get(number)
        if shown is not None:
            facts += [(f"request {number} {name}", mine, theirs) for name, mine, theirs in _of_request(request, shown)]
    return [
        f"{kept.party} {kept.number}: {name} is {theirs}, must be {mine}"
        for name, mine, theirs in facts
        if mine != theirs
    ]


def _of_request(request: Request, shown: dict[str, Any]) -> list[Fact]:
    facts: list[Fact] = [
        ("stage", request.stage, shown["stage"]),
        ("state", request.state, shown["state"]),
        ("amount", request.amount, shown["amount_fen"]),
        ("refunded", request.refunded, shown["refunded_fen"]),
        ("borne by the supplier", request.supplier_fen, shown["supplier_fen"]),
    ]
    for number, qty in request.pieces.items():
        piece = shown["pieces"][number]
        counted = request.counted.get(number, (0, 0, 0))
        mine = (qty, *counted, request.settled.get(number, 0), request.paid.get(number, 0))
        names = ("qty", "good_qty", "damaged_qty", "missing_qty", "settled_qty", "refunded_fen")
        facts.append((f"line {number}", mine, tuple(piece[name] for name in names)))
    claim = request.claim
    facts.append(("claim", claim.state if claim else None, shown["claim_state"]))
    if claim is not None:
        mine_claim = (claim.at_most, claim.demand, claim.offer, claim.bps)
        facts.append(
            ("claim's figures", mine_claim, _figures(shown, "at_most_fen", "demand_fen", "offer_fen", "supplier_bps"))
        )
        ended = (claim.settled, claim.settled_supplier, claim.settled_by)
        facts.append(("claim's end", ended, _figures(shown, "settled_fen", "settled_supplier_fen", "settled_by")))
    return facts


def _figures(shown: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(shown[name] for name in names)
