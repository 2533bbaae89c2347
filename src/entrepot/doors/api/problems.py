"""Errors as RFC 9457 problems."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.base.refusals import Refusal
from entrepot.doors.api.texts import reason, title
from entrepot.trade.terms import Answer, Fault

_encode = msgspec.json.Encoder().encode
BASE = "https://entrepot.dev/problems/"

STATUSES = {
    "bad_json": 400,
    "unknown_key": 401,
    "bad_signature": 401,
    "timestamp_out_of_window": 401,
    "nonce_reused": 401,
    "ip_not_allowed": 403,
    "scope_missing": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "request_in_progress": 409,
    "cursor_expired": 410,
    "payload_too_large": 413,
    "validation_failed": 422,
    "unknown_field": 422,
    "rate_limited": 429,
    "internal_error": 500,
    "busy": 503,
} | {refusal.code: refusal.status for refusal in Refusal}

_RETRY_SAME = {"rate_limited", "busy", "request_in_progress", "timestamp_out_of_window", "internal_error"}
_RETRY_AFTER_ACTION = {"ip_not_allowed", "unknown_key", "distributor_suspended", "cursor_expired"}


Words = tuple[str, str]  # Chinese and English


@dataclass(frozen=True, slots=True)
class Wrong:
    """One fault before it is known in which language it is told."""

    pointer: str
    code: str
    detail: Words


Pointer = Annotated[str, Meta(description="JSON pointer into the body, `/name` in a query; empty for the whole")]
Code = Annotated[str, Meta(description="Stable: go by it. New ones may come, treat those by `retry`")]
Facts = Annotated[dict[str, Any], Meta(description="The numbers of the fault, by code: sku, wanted, available, old, …")]


class ErrorItem(msgspec.Struct, omit_defaults=True):
    """One fault: where, which code, in words, with its numbers."""

    pointer: Pointer
    code: Code
    detail: str
    facts: Facts = {}


class ProblemBody(msgspec.Struct):
    """The body of every error; the members behind `errors` come with some codes only."""

    type: str
    title: str
    status: Annotated[int, Meta(description="The HTTP status")]
    detail: Annotated[str, Meta(description="For people, in Chinese or English by Accept-Language")]
    code: Code
    retry: Annotated[
        str,
        Meta(description="never; same: send the same again, same number; after_action: act, then send the same number"),
    ]
    request_id: str
    errors: list[ErrorItem]
    server_time: (
        Annotated[int, Meta(description="timestamp_out_of_window: the platform's clock, Unix seconds")] | UnsetType
    ) = UNSET
    signed: Annotated[str, Meta(description="bad_signature: the string the platform signed")] | UnsetType = UNSET
    address: Annotated[str, Meta(description="ip_not_allowed: the address that was seen")] | UnsetType = UNSET
    state: Annotated[str, Meta(description="state_conflict: where the object stands now")] | UnsetType = UNSET


class Problem(Exception):
    """An error to answer with, its status by its code; `extra` adds members (those at the end of `ProblemBody`), `headers` adds headers."""

    def __init__(
        self,
        code: str,
        *,
        detail: Words | None = None,
        errors: list[Wrong] | None = None,
        facts: dict[str, Any] | None = None,
        retry: str = "",
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        faults: Answer | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUSES[code]
        self.detail = detail
        self.errors = errors or []
        self.facts = facts or {}
        self.retry = retry or _retry_of(code)
        self.extra = extra or {}
        self.headers = headers or {}
        self.answer = faults

    def body(self, *, language: str, request_id: str) -> dict[str, Any]:
        """Return the problem in the caller's language."""
        place = 1 if language == "en" else 0
        errors = [ErrorItem(wrong.pointer, wrong.code, wrong.detail[place]) for wrong in self.errors]
        detail = self.detail[place] if self.detail else ""
        if self.answer is not None:
            errors = error_items(self.answer.faults, language=language)
            detail = next((item.detail for item in errors if item.code == self.code), "")
        headline = title(self.code, language=language)
        return {
            "type": f"{BASE}{self.code}",
            "title": headline,
            "status": self.status,
            "detail": detail or reason(self.code, self.facts, language=language),
            "code": self.code,
            "retry": self.retry,
            "request_id": request_id,
            "errors": errors,
            **self.extra,
        }


def error_items(faults: list[Fault], *, language: str) -> list[ErrorItem]:
    """Return the faults of a refusal in the caller's language, each with its numbers."""
    return [
        ErrorItem(
            fault.pointer,
            fault.refusal.code,
            reason(fault.refusal.code, fault.facts, language=language),
            fault.facts,
        )
        for fault in faults
    ]


def encode_problem(problem: Problem, *, language: str, request_id: str) -> bytes:
    """Return the JSON of a problem."""
    return _encode(problem.body(language=language, request_id=request_id))


def _retry_of(code: str) -> str:
    if code in _RETRY_SAME:
        return "same"
    return "after_action" if code in _RETRY_AFTER_ACTION else "never"


def refused(answer: Answer, *, errors: list[Wrong] | None = None) -> Problem:
    """Return the problem of a refused ask; `errors` replaces the desk's faults where the door knows more."""
    refusal = answer.refusal
    if refusal is None:
        raise ValueError("the ask was accepted")
    if refusal is Refusal.NOT_FOUND:
        return not_found()
    return Problem(
        refusal.code,
        retry=str(refusal.retry.value),
        errors=errors,
        faults=None if errors else answer,
        extra={"state": answer.order.state} if refusal is Refusal.STATE_CONFLICT and answer.order else None,
    )


def not_found() -> Problem:
    """Return the one answer for what is missing and for what is somebody else's."""
    return Problem("not_found")


def invalid(*items: Wrong) -> Problem:
    """Return the problem of a request whose content does not validate."""
    code = "unknown_field" if any(item.code == "unknown_field" for item in items) else "validation_failed"
    detail = next((item.detail for item in items if item.code == code), None)
    return Problem(code, errors=list(items), detail=detail)
