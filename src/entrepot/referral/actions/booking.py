"""Follow the ledger: owe referrers their shares of what was earned, and take back those of what was given back."""

from django.db import connection, transaction

from entrepot.base import scope
from entrepot.referral import rules, trail
from entrepot.referral.actions.grades import promote
from entrepot.referral.models import EntryKind
from entrepot.trade import desk
from entrepot.trade.referrals import AccrueReferral, ReverseReferral

TRANSFERS_AT_MOST = 1000
_ENTRY = """
insert into referral_entry (referrer_id, kind, amount_fen, cause, order_id, side, attachment_id)
values (%s, %s, %s, %s, %s, %s, %s) returning id
"""
_LINES = """
insert into referral_entryline (entry_id, line_no, base_fen, rate_bps, amount_fen)
select %s, * from unnest(%s::smallint[], %s::bigint[], %s::int[], %s::bigint[])
"""


def follow(limit: int = TRANSFERS_AT_MOST) -> int | None:
    """Book what the next run of the ledger gives to referrers; return how many entries, None when nothing was new.

    Entries, transfers and the mark up to which the ledger was followed stand or fall together, so that a run that is
    broken off is followed again from its start and nothing is booked twice. Whoever follows at the same time waits.
    """
    with scope.desk(read_only=True):
        if not trail.has_news():
            return None
    with transaction.atomic(durable=True), scope.desk():
        window = trail.next_window(limit)
        if window.rows == 0:
            return None
        last_by_order = trail.touched(window)
        lines = trail.earned_lines(last_by_order)
        due = rules.due(lines, booked=trail.booked(last_by_order)) if lines else []
        causes = [rules.cause_of(booking, after_id=last_by_order[booking.order_id]) for booking in due]
        if due:
            _book(due, causes=causes)
            promote(sorted({booking.right.referrer_id for booking in due}))
        trail.mark(window)
    return len(due)


def _book(due: list[rules.Due], *, causes: list[str]) -> None:
    asks = [
        (AccrueReferral if booking.amount_fen > 0 else ReverseReferral)(
            booking.right.referrer_id, booking.order_id, abs(booking.amount_fen), cause
        )
        for booking, cause in zip(due, causes, strict=True)
    ]
    for ask, answer in zip(asks, desk.run_within(asks), strict=True):
        if not answer.is_accepted or answer.is_replay:
            raise AssertionError(f"{ask.cause} of referrer {ask.referrer_id} was {answer.refusal or 'booked before'}")
    with scope.desk(), connection.cursor() as cursor:
        for booking, cause in zip(due, causes, strict=True):
            right, amount_fen = booking.right, booking.amount_fen
            kind = EntryKind.ACCRUAL if amount_fen > 0 else EntryKind.REVERSAL
            cursor.execute(
                _ENTRY,
                [right.referrer_id, kind, amount_fen, cause, booking.order_id, booking.side, right.attachment_id],
            )
            changes = sorted(booking.lines.items())
            cursor.execute(
                _LINES,
                [
                    cursor.fetchone()[0],
                    [line_no for line_no, _ in changes],
                    [change.base_fen for _, change in changes],
                    [right.rate_bps] * len(changes),
                    [change.amount_fen for _, change in changes],
                ],
            )
