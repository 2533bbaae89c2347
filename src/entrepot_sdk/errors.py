"""Refusals of the platform as typed exceptions, one class per code that a mall handles differently."""

from typing import Any

import msgspec

from entrepot_sdk.shapes import FieldProblem, Problem


class EntrepotError(Exception):
    """Everything this package raises about a call."""


class OutcomeUnknownError(EntrepotError):
    """The connection failed on every attempt: send the same number again, or ask for it by `order_by_out_no`."""


class RefusedError(EntrepotError):
    """The platform refused; `retry`: never, same (send the same number again), after_action (act, then send it)."""

    def __init__(self, problem: Problem, *, status: int, extra: dict[str, Any], retry_after_s: float | None) -> None:
        super().__init__(f"{status} {problem.code}: {problem.detail or problem.title}")
        self.status = status
        self.code = problem.code
        self.retry = problem.retry
        self.title = problem.title
        self.detail = problem.detail
        self.request_id = problem.request_id
        self.errors = [_field_problem(error) for error in problem.errors]
        self.extra = extra
        self.retry_after_s = retry_after_s


class AuthenticationError(RefusedError):
    """401: unknown key, bad signature (`extra` has what the server signed), used nonce."""


class ClockError(AuthenticationError):
    """401 timestamp_out_of_window; `extra["server_time"]` is the platform's clock."""


class ForbiddenError(RefusedError):
    """403: address not on the allow-list, scope missing, distributor suspended."""


class NotFoundError(RefusedError):
    """404: missing, or someone else's."""


class InsufficientBalanceError(RefusedError):
    """409: top up, then send the same number again."""


class InsufficientStockError(RefusedError):
    """409: `errors` names each line, with numbers."""


class PriceChangedError(RefusedError):
    """409: `errors` names each line with the old and the new price."""


class DelistedError(RefusedError):
    """409: a product is off the shelf or not open to this distributor's tier."""


class BelowMinimumError(RefusedError):
    """409: fewer pieces than the product's minimum quantity."""


class StateConflictError(RefusedError):
    """409: the order is in another state than the call needs."""


class InProgressError(RefusedError):
    """409: the same number is being worked on; send again."""


class HoldQuotaError(RefusedError):
    """409: too many open holds."""


class NumberReusedError(RefusedError):
    """422: the number was used with other content; `errors` names the fields."""


class CursorExpiredError(RefusedError):
    """410: the cursor of the change feed is of another epoch; walk the products again."""


class ValidationError(RefusedError):
    """400 or 422: the request itself is wrong."""


class RateLimitedError(RefusedError):
    """429: wait `retry_after_s`."""


class UnavailableError(RefusedError):
    """5xx: busy or restarting; `retry_after_s` when it says."""


_BY_CODE: dict[str, type[RefusedError]] = {
    "timestamp_out_of_window": ClockError,
    "insufficient_balance": InsufficientBalanceError,
    "insufficient_stock": InsufficientStockError,
    "price_changed": PriceChangedError,
    "product_delisted": DelistedError,
    "not_authorised_for_tier": DelistedError,
    "below_min_quantity": BelowMinimumError,
    "state_conflict": StateConflictError,
    "request_in_progress": InProgressError,
    "hold_quota_exceeded": HoldQuotaError,
    "number_reused_with_other_content": NumberReusedError,
    "cursor_expired": CursorExpiredError,
}
_BY_STATUS: dict[int, type[RefusedError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    413: ValidationError,
    422: ValidationError,
    429: RateLimitedError,
}
_KNOWN = {"type", "title", "status", "detail", "code", "retry", "request_id", "errors"}


def _field_problem(error: dict[str, Any]) -> FieldProblem:
    named = {name: str(error[name]) for name in ("code", "pointer", "detail") if name in error}
    facts = error.get("facts")
    return FieldProblem(more=facts if isinstance(facts, dict) else {}, **named)


def refusal_from(problem: Problem, *, status: int, extra: dict[str, Any] | None = None) -> RefusedError:
    """The exception for a problem, as found in a batch result."""
    return _class_for(problem.code, status=status)(problem, status=status, extra=extra or {}, retry_after_s=None)


def refusal_from_body(body: bytes, *, status: int, request_id: str, retry_after_s: float | None) -> RefusedError:
    """The exception for an answer that is not a success; a body that is no problem (a proxy's page) is kept short."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
        problem = msgspec.convert(fields, type=Problem)
    except msgspec.MsgspecError:
        text = body[:200].decode(errors="replace")
        # Not the platform's own words: a gateway in between. Sending again is safe because of the number.
        retry = "same" if status >= 500 else "never"
        problem = Problem(code=f"http_{status}", status=status, detail=text, retry=retry, request_id=request_id)
        fields = {}
    extra = {name: value for name, value in fields.items() if name not in _KNOWN}
    return _class_for(problem.code, status=status)(problem, status=status, extra=extra, retry_after_s=retry_after_s)


def _class_for(code: str, *, status: int) -> type[RefusedError]:
    if code in _BY_CODE:
        return _BY_CODE[code]
    return _BY_STATUS.get(status, UnavailableError if status >= 500 else RefusedError)
