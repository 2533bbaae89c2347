"""The platform's ruling on a line the supplier does not agree with."""

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.settlement.actions.steps import freeze, hand_over, locked, note, said
from entrepot.settlement.models import Bill, BillLine, BillState, Leaving, Ruling
from entrepot.settlement.queries import adjustment_of, open_disputes
from entrepot.settlement.rules import state_after_ruling
from entrepot.trade import desk
from entrepot.trade.terms import AdjustSupplier

ADJUSTMENT_AT_MOST_FEN = 10_000_000_00


def rule_line(
    bill_id: int,
    *,
    line_id: int,
    ruling: str,
    reason: str,
    actor: str,
    adjustment_fen: int = 0,
    address: str = "",
) -> Bill:
    """End the dispute over a line: `kept` as it is, `moved` to the next bill, or `adjusted` by a line beside it.

    An adjustment (fen, below 0: less is owed) is a transfer of its own against the adjustment account and stands on the
    same bill. After the last ruling the bill is sent again as a new revision, or carried over when nothing is left to
    pay. Refuses an empty reason, a line that is not in dispute, an adjustment of 0. Raises BillLine.DoesNotExist.
    """
    reason = said(reason)
    if ruling not in Ruling.values:
        raise Mistake("ruling", _("Say what becomes of the line."))
    if ruling == Ruling.ADJUSTED and not 0 < abs(adjustment_fen) <= ADJUSTMENT_AT_MOST_FEN:
        raise Mistake("adjustment_fen", _("The adjustment is not 0 and at most 10 million yuan."))
    with scope.platform():
        bill = locked(bill_id, step="rule")
        line = BillLine.objects.select_related("transfer").get(pk=line_id, bill_id=bill_id)
        if line.disputed_at is None or line.ruled_at is not None:
            raise Mistake("", _("This line is not in dispute any more."))
        line.ruling, line.ruling_note, line.ruled_at = ruling, reason, database_now()
        if ruling == Ruling.MOVED:
            line.left_by = Leaving.RULING
        line.save(update_fields=["ruling", "ruling_note", "ruled_at", "left_by"])
        if ruling == Ruling.ADJUSTED:
            _adjust(line, adjustment_fen, reason=reason, actor=actor)
        freeze(bill)
        bill.state = state_after_ruling(total_fen=bill.total_fen, open_disputes=open_disputes(bill_id).count())
        if bill.state == BillState.SENT:
            hand_over(bill)
        bill.save(
            update_fields=["total_fen", "line_count", "revision", "content_hash", "state", "sent_at", "answer_by"]
        )
        note(
            bill,
            "bill.ruled",
            actor=actor,
            before={"state": BillState.DISPUTED},
            reason=reason,
            address=address,
            ruling=ruling,
            transfer_id=line.transfer_id,
            adjustment_fen=adjustment_fen if ruling == Ruling.ADJUSTED else 0,
            content_hash=bill.content_hash,
        )
        return bill


def _adjust(line: BillLine, amount_fen: int, *, reason: str, actor: str) -> None:
    """Correct what is owed and put the transfer on the bill, in the ruling's own transaction."""
    ask = AdjustSupplier(line.supplier_id, amount_fen, f"bill:{line.bill_id}:{line.pk}", actor, reason)
    (answer,) = desk.run_within([ask])
    if not answer.is_accepted:
        raise Mistake("adjustment_fen", _("The desk refuses this amount."))
    BillLine.objects.create(
        bill_id=line.bill_id,
        supplier_id=line.supplier_id,
        transfer_id=adjustment_of(ask.cause),
        amount_fen=amount_fen,
        adjusts=line,
    )
