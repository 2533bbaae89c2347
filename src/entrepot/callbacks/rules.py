"""Which events malls hear and when a callback is tried again: pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Everything else that is written down stays in the house.
TYPES = (
    *("product.listed", "product.updated", "product.delisted", "price.changed"),
    *("stock.changed", "stock.sold_out", "stock.restocked", "selection.added", "selection.removed"),
    *("order.held", "order.confirmed", "order.rejected", "order.expired", "order.cancelled", "order.split"),
    *("order.merged", "order.shipped", "order.delivered", "order.completed", "order.awaiting_funds"),
    "order.refunded",
    *("aftersale.updated", "claim.updated"),
    *("balance.credited", "balance.debited", "balance.low", "balance.refunded", "statement.ready"),
    *("tier.changed", "membership.expiring", "key.expiring", "endpoint.disabled", "digest.daily", "webhook.test"),
)
# Malls may ask for these, and nothing tells them yet.
RESERVED = ("order.rejected", "order.split", "order.merged")
VERIFY = "webhook.verify"
STOCK_CHANGED, SOLD_OUT, RESTOCKED = "stock.changed", "stock.sold_out", "stock.restocked"
STOCK_TYPES = (STOCK_CHANGED, SOLD_OUT, RESTOCKED)
FOLD_ABOVE = 20  # so many messages of a kind about goods a mall gets at once; of more, one that says: read the feed

# Seconds to wait before each attempt: at once, 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
WAITS_S = (0, 5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS = len(WAITS_S)
SPREAD = 10  # percent by which a wait is made shorter or longer, so that not everything comes back at once
LONGEST_ASKED_S = 86_400
FAILING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with a call: a code for programs, and the facts its words are made of where they are read."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def wait_before(attempt: int, *, chance: int, asked_s: int = 0) -> int | None:
    """Return the seconds before an attempt (the first is 1), None when there is none after the last.

    `chance`, a percentage from 0 to 100, spreads the wait by ±10 %. `asked_s` is what the receiver's Retry-After asks for: it is waited
    at least so long, and at most a day.
    """
    if attempt > ATTEMPTS:
        return None
    wait_s = WAITS_S[attempt - 1]
    spread_s = wait_s * SPREAD // 100
    return max(wait_s - spread_s + 2 * spread_s * chance // 100, min(asked_s, LONGEST_ASKED_S))


def is_success(status: int) -> bool:
    """Return whether an answer means that the mall has it: any 2xx. A redirect is a failure."""
    return 200 <= status < 300
