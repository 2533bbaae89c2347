"""Every refusal the desk can answer with; the order of the members is their precedence."""

from enum import Enum, StrEnum


class Retry(StrEnum):
    """What the caller may do with the same number after a refusal."""

    NEVER = "never"
    SAME = "same"
    AFTER_ACTION = "after_action"


class Refusal(Enum):
    """A refusal: its stable code, the HTTP status doors give it, and whether a repeat can help.

    When several apply, the first of this list is the answer's code; the others are still named line by line.
    """

    NOT_FOUND = ("not_found", 404, Retry.NEVER)
    DISTRIBUTOR_SUSPENDED = ("distributor_suspended", 403, Retry.AFTER_ACTION)
    NUMBER_REUSED = ("number_reused_with_other_content", 422, Retry.NEVER)
    STATE_CONFLICT = ("state_conflict", 409, Retry.NEVER)
    VALIDATION_FAILED = ("validation_failed", 422, Retry.NEVER)
    PRODUCT_DELISTED = ("product_delisted", 409, Retry.NEVER)
    NOT_AUTHORISED_FOR_TIER = ("not_authorised_for_tier", 409, Retry.NEVER)
    PROMOTION_NOT_ALLOWED = ("promotion_not_allowed", 409, Retry.NEVER)
    REGION_NOT_SERVED = ("region_not_served", 409, Retry.NEVER)
    FREIGHT_CHANGED = ("freight_changed", 409, Retry.AFTER_ACTION)
    BELOW_MIN_QUANTITY = ("below_min_quantity", 409, Retry.NEVER)
    PRICE_CHANGED = ("price_changed", 409, Retry.AFTER_ACTION)
    HOLD_QUOTA_EXCEEDED = ("hold_quota_exceeded", 409, Retry.AFTER_ACTION)
    INSUFFICIENT_STOCK = ("insufficient_stock", 409, Retry.AFTER_ACTION)
    INSUFFICIENT_BALANCE = ("insufficient_balance", 409, Retry.AFTER_ACTION)
    ATOMIC_BATCH_REFUSED = ("batch_refused", 409, Retry.AFTER_ACTION)

    def __init__(self, code: str, status: int, retry: Retry) -> None:
        self.code = code
        self.status = status
        self.retry = retry

    @property
    def precedence(self) -> int:
        """Return the place in the list: 0 is the gravest."""
        return _PRECEDENCE[self]


_PRECEDENCE = {refusal: place for place, refusal in enumerate(Refusal)}
