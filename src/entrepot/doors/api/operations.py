"""What the contract says of an operation besides its address."""

from dataclasses import dataclass
from typing import Any

from entrepot.doors.api.deprecations import Deprecation

UNSIGNED = ("payload_too_large", "busy")
SIGNED = (
    *("unknown_key", "bad_signature", "timestamp_out_of_window", "nonce_reused", "ip_not_allowed"),
    *("payload_too_large", "rate_limited", "busy"),
)
NDJSON = "application/x-ndjson"
BODY = ("bad_json", "validation_failed", "unknown_field")
QUERY = ("validation_failed", "unknown_field")
PLACING = (
    *("distributor_suspended", "number_reused_with_other_content", "product_delisted", "not_authorised_for_tier"),
    *("promotion_not_allowed", "below_min_quantity", "price_changed", "insufficient_stock", "insufficient_balance"),
    *("region_not_served", "hold_quota_exceeded", "request_in_progress"),
)
# Of one order of a batch: what it would have met alone, and what only a batch can do to it.
BATCHED = (*PLACING, "validation_failed", "batch_refused", "rate_limited", "busy", "internal_error")
# What a row of a batch is refused with: the same body as alone, under one of these codes.
PROBLEM_OF_A_ROW: dict[str, Any] = {
    "allOf": [{"$ref": "#/components/schemas/ProblemBody"}],
    "properties": {"code": {"enum": [*BATCHED]}},
    "description": "Why it was not placed. `batch_refused`: only because of another order of an atomic batch",
}
# No operation's own, so none lists them: the address with another method, and a fault of ours.
GENERAL = ("method_not_allowed", "internal_error")
# Stable names that nothing answers with: keys have no permissions of their own, each may do all that is here.
RESERVED = ("scope_missing",)


@dataclass(frozen=True, slots=True)
class Operation:
    """Request and answer shapes of an operation, its group, its query parameters and the codes that are its own.

    `takes` are the media types of a body of bare bytes, `also` those in which it answers besides JSON. An operation that
    is to go has a `deprecation` for twelve months first.
    """

    request: Any
    answer: Any
    group: str
    status: int = 200
    query: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    is_open: bool = False
    is_body_optional: bool = False
    is_free_body: bool = False
    takes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    deprecation: Deprecation | None = None

    def opt(self) -> dict[str, Any]:
        """Return the handler option under which the contract finds this."""
        return {"operation": self}

    def all_codes(self) -> list[str]:
        """Return every code the operation may answer with, those of all operations of its kind included."""
        codes = [*(UNSIGNED if self.is_open else SIGNED), *self.codes]
        codes += BODY if self.request is not None else ()
        codes += QUERY if self.query else ()
        return list(dict.fromkeys(codes))
