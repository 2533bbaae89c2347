"""What becomes of an order: when it lapses, when it is tried again, what the platform's word means for the buyer."""

import re
from datetime import datetime, timedelta

PAY_WITHIN = timedelta(minutes=30)
PASSING_AT_MOST = timedelta(minutes=2)
LOOK_AGAIN_AFTER = timedelta(minutes=10)
PIECES_AT_MOST = 99_999
LINES_AT_MOST = 200

# What may pass by itself: money comes, stock comes, a machine comes back. Everything else waits for a person.
_PASSES = frozenset(
    {
        "insufficient_balance",
        "insufficient_stock",
        "request_in_progress",
        "rate_limited",
        "busy",
        "hold_quota_exceeded",
        "outcome_unknown",
        "distributor_suspended",
    }
)
_WAITS_S = (5, 15, 30, 60, 120, 300, 600)
_LINE = re.compile(r"^([^\s,;，；]+)[\s,;，；]+(\d{1,5})$")
_FINAL = frozenset({"cancelled", "expired", "rejected"})


def is_tried_again(code: str) -> bool:
    """Whether an order that was refused with this code is passed on again by itself."""
    return code in _PASSES or code.startswith("http_5")


def next_try(attempts: int, *, now: datetime) -> datetime:
    """When an order is passed on again after so many attempts."""
    return now + timedelta(seconds=_WAITS_S[min(attempts, len(_WAITS_S)) - 1])


def state_after(state: str, *, platform_state: str) -> str:
    """The state of a paid order when the platform says where it stands there.

    What the platform gave up is the shop's again: paid, not passed on, to be refunded or passed on anew.
    """
    if state in ("unpaid", "cancelled", "refunded"):
        return state
    if platform_state in _FINAL:
        return "paid"
    if platform_state in ("partly_shipped", "shipped"):
        return "shipped"
    if platform_state in ("received", "completed"):
        return "done"
    return "passed"


def is_given_up(platform_state: str) -> bool:
    """Whether the platform will not send the order any more."""
    return platform_state in _FINAL


def may_refund(*, state: str, is_passing: bool, amount_fen: int, left_fen: int) -> str:
    """Why the shop may not give money back now, empty when it may."""
    if state in ("unpaid", "cancelled"):
        return "not_paid"
    if is_passing:
        return "being_passed_on"
    if not 0 < amount_fen <= left_fen:
        return "amount_out_of_range"
    return ""


def read_table(text: str) -> tuple[dict[str, int], list[str]]:
    """Codes and pieces of a pasted table, and the lines that are none; a code that comes twice is added up."""
    wanted: dict[str, int] = {}
    unread = []
    for line in text.splitlines():
        if not line.strip():
            continue
        match = _LINE.match(line.strip())
        if match is None:
            unread.append(line.strip()[:80])
        else:
            wanted[match[1]] = wanted.get(match[1], 0) + int(match[2])
    return wanted, unread
