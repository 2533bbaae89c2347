"""Money, stock and the supplier's bill of a request: what the desk is asked for, and what is kept of its answer."""

from entrepot.aftersale.actions.steps import add_step, ask_desk, cell_of
from entrepot.aftersale.models import Request, RequestLine
from entrepot.aftersale.queries import lines_of
from entrepot.aftersale.rules import By
from entrepot.trade.terms import Answer, RefundBeforeShipping, Resend, ReturnGoods, ReturnMoney


def refund_unsent(request: Request, *, by: By) -> None:
    """Give back pieces that were not sent, with their stock."""
    lines = lines_of(request.pk)
    ask = RefundBeforeShipping(
        order_id=request.order_id,
        refund_no=f"AS{request.pk}",
        actor=by.actor,
        reason=request.out_refund_no,
        pieces={line.line_no: line.qty for line in lines},
    )
    (answer,) = ask_desk(request, ask)
    for line in lines:
        _settle(line, pieces=line.qty, amount_fen=line.amount_fen)
    _keep(request, answer=answer, by=by)


def return_whole_price(request: Request, *, pieces: dict[int, int], by: By) -> None:
    """Give back the agreed price of sent pieces as the table says: who bears it, and the freight."""
    cell = cell_of(request)
    lines = {line.line_no: line for line in lines_of(request.pk)}
    amounts = {number: (qty, lines[number].agreed_price_fen * qty) for number, qty in pieces.items() if qty}
    if amounts:
        ask = ReturnMoney(
            order_id=request.order_id,
            refund_no=f"AS{request.pk}",
            kind="after_sale",
            actor=by.actor,
            reason=request.out_refund_no,
            amounts=amounts,
            supplier_bps=cell.supplier_bps,
            freight_by=cell.freight_by,
        )
        _returned(request, ask=ask, lines=lines, by=by)


def pay_claim(request: Request, *, amounts: dict[int, tuple[int, int]], supplier_bps: int, by: By) -> Answer:
    """Give back what a claim was settled at: by line its pieces and fen."""
    lines = {line.line_no: line for line in lines_of(request.pk)}
    ask = ReturnMoney(
        order_id=request.order_id,
        refund_no=f"AS{request.pk}-C",
        kind="claim",
        actor=by.actor,
        reason=request.out_refund_no,
        amounts=amounts,
        supplier_bps=supplier_bps,
        freight_by=cell_of(request).freight_by,
    )
    return _returned(request, ask=ask, lines=lines, by=by)


def take_goods_back(request: Request, *, pieces: dict[int, tuple[int, int]], by: By) -> None:
    """Put what came back into stock: by line the pieces sold again and the pieces written off."""
    pieces = {number: counted for number, counted in pieces.items() if sum(counted)}
    if pieces:
        ask = ReturnGoods(request.order_id, f"aftersale:{request.pk}", by.actor, pieces, request.out_refund_no)
        ask_desk(request, ask)


def send_again(request: Request, *, by: By) -> None:
    """Take the pieces of an exchange or second parcel out of stock."""
    pieces = {line.line_no: line.qty for line in lines_of(request.pk)}
    ask_desk(request, Resend(request.order_id, f"aftersale:{request.pk}", by.actor, pieces, request.out_refund_no))


def _returned(request: Request, *, ask: ReturnMoney, lines: dict[int, RequestLine], by: By) -> Answer:
    (answer,) = ask_desk(request, ask)
    for number, (qty, amount_fen) in ask.amounts.items():
        _settle(lines[number], pieces=qty, amount_fen=amount_fen)
    request.supplier_fen += answer.facts.get("supplier", 0)
    _keep(request, answer=answer, by=by)
    return answer


def _settle(line: RequestLine, *, pieces: int, amount_fen: int) -> None:
    line.settled_qty += pieces
    line.refunded_fen += amount_fen
    line.save(update_fields=["settled_qty", "refunded_fen"])


def _keep(request: Request, *, answer: Answer, by: By) -> None:
    request.refunded_fen += answer.facts["refunded"]
    add_step(request, "money", by=by, amount_fen=answer.facts["refunded"], is_for_shipper=False)
