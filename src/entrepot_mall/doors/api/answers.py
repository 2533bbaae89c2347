"""Answers of the front API: bare objects, problems with stable codes, sign-in by token."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from entrepot_mall.base.refusals import RefusedError
from entrepot_mall.doors.kit import words
from entrepot_mall.doors.kit.visitors import shop_of
from entrepot_mall.members.actions import buyer_of_token
from entrepot_mall.members.models import Buyer

View = Callable[..., HttpResponse]
LONGEST_BODY = 64_000
STATUS = {"not_found": 404, "unauthorised": 401, "bad_json": 400, "method_not_allowed": 405}


def answered(*methods: str) -> Callable[[View], View]:
    """Read the body as JSON, and turn refusals into problems. No cookie is looked at, so none can be misused."""

    def wrap(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise RefusedError("method_not_allowed")
                return view(request, *args, **named)
            except RefusedError as refused:
                return problem(refused)

        return answer

    return wrap


def problem(refused: RefusedError) -> HttpResponse:
    """A refusal as `application/problem+json`."""
    refusal = refused.refusal
    status = STATUS.get(refusal.code, 422 if refusal.code in ("validation_failed", "no_lines") else 409)
    told = {
        "type": "about:blank",
        "title": refusal.code,
        "status": status,
        "code": refusal.code,
        "detail": words.refusal_text(refusal),
        "facts": dict(refusal.facts),
    }
    return JsonResponse(told, status=status, content_type="application/problem+json")


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent."""
    if len(request.body) > LONGEST_BODY:
        raise RefusedError("bad_json")
    try:
        given = json.loads(request.body)
    except ValueError:
        raise RefusedError("bad_json") from None
    if not isinstance(given, dict):
        raise RefusedError("bad_json")
    return given


def text_of(given: dict[str, Any], name: str, *, longest: int, is_needed: bool = True) -> str:
    """A field that is a text."""
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > longest or (is_needed and not value.strip()):
        raise RefusedError("validation_failed", field=name)
    return value.strip()


def buyer_by_token(request: HttpRequest) -> Buyer:
    """The buyer whose token came with the request."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    buyer = buyer_of_token(shop_of(request), token=token, now=timezone.now()) if kind == "Bearer" and token else None
    if buyer is None:
        raise RefusedError("unauthorised")
    return buyer
