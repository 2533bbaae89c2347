"""The contract as an OpenAPI 3.1 document, from the handlers and the shapes they read and write."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from entrepot import VERSION
from entrepot.aftersale.rules import KINDS, STATES
from entrepot.doors.api import aftersale_shapes, examples, recharge_shapes, shapes
from entrepot.doors.api.operations import GENERAL, Operation
from entrepot.doors.api.problems import STATUSES, Problem, ProblemBody
from entrepot.doors.api.texts import TITLES
from entrepot.doors.api.told import FACTS, any_fact, callbacks

_REF = "#/components/schemas/{name}"
_BYTES = {"type": "string", "format": "binary"}
_ID = {"type": "string", "pattern": "^[0-9]{1,18}$"}
_NUMBER = {"type": "string", "pattern": "^[A-Za-z0-9._:\\-]{1,64}$"}
_QUERY: dict[str, dict[str, Any]] = {
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}, "example": 100},
    "cursor": {"schema": {"type": "string"}, "description": "`next_cursor` of the page before"},
    "state": {"schema": {"enum": list(shapes.State.__args__)}, "description": "Only orders in this state"},  # type: ignore[attr-defined]
    "aftersale_state": {
        "name": "state",
        "schema": {"enum": list(STATES)},
        "description": "Only after-sales in this state",
    },
    "aftersale_type": {"name": "type", "schema": {"enum": list(KINDS)}, "description": "Only after-sales of this type"},
    "out_order_no": {"schema": _NUMBER, "description": "Only those of this order of yours"},
    "recharge_state": {
        "name": "state",
        "schema": {"enum": ["pending", "approved", "rejected", "withdrawn"]},
        "description": "Only top-ups in this state",
    },
    "format": {
        "schema": {"enum": ["json", "csv"], "default": "json"},
        "description": "csv: all movements as one file",
        "example": "json",
    },
    "created_from": {"schema": {"type": "string", "format": "date-time"}, "description": "Not before; with time zone"},
    "created_until": {"schema": {"type": "string", "format": "date-time"}, "description": "Before; with time zone"},
    "category": {
        "schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
        "description": "Category id; those below it are included",
    },
    "brand": {"schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}, "description": "Brand id"},
    "feed_cursor": {
        "name": "cursor",
        "schema": {"type": "string"},
        "description": "`next_cursor` of the page before, or `changes_cursor` of the first page of products; "
        "without it the feed begins now",
    },
    "feed_limit": {
        "name": "limit",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1000},
        "example": 1000,
    },
    "scope": {
        "schema": {"enum": ["selection"]},
        "description": "Only what is in your selection; its cursors are its own",
        "example": "selection",
    },
    "kind": {"schema": {"enum": ["product", "category", "brand"]}, "description": "Only entries of this kind"},
    "types": {
        "schema": {"type": "string", "pattern": "^(product|price|stock)(,(product|price|stock))*$"},
        "description": "Any of product, price, stock, with commas; product,stock when left out",
        "example": "product,stock",
    },
    "wait": {
        "schema": {"type": "integer", "minimum": 0, "maximum": 25, "default": 0},
        "description": "Seconds to wait for news when there is none",
        "example": 0,
    },
}
_PATH: dict[str, tuple[str, dict[str, Any]]] = {
    "order_id": ("Our id of the order", _ID),
    "aftersale_id": ("Our id of the after-sale", _ID),
    "out_refund_no": ("Your number of the after-sale", _NUMBER),
    "recharge_id": ("Our id of the top-up", _ID),
    "out_recharge_no": ("Your number of the top-up", _NUMBER),
    "statement_id": ("Our id of the statement", _ID),
    "upload_id": ("Our id of the upload", _ID),
    "product_id": ("Our id of the product", _ID),
    "out_order_no": ("Your number of the order", _NUMBER),
    "entry_id": ("Our id of the entry", _ID),
    "batch_no": ("Your number of the batch", _NUMBER),
}
_SIGNING = {
    "EntrepotKey": ("Entrepot-Key", "Your key, ek_live_…"),
    "EntrepotTimestamp": ("Entrepot-Timestamp", "Unix seconds, ±300 s"),
    "EntrepotNonce": ("Entrepot-Nonce", "16–64 of A–Z a–z 0–9 _ -, new for every attempt"),
    "EntrepotSignature": (
        "Entrepot-Signature",
        "v1,<base64 of HMAC-SHA256 over {nonce}.{timestamp}.{METHOD} {path?query}\\n{body}>",
    ),
}
_HEADERS = {
    "Entrepot-Request-Id": "Names this exchange; quote it when you ask us",
    "RateLimit": "Calls left in this window (r) and seconds until there are more (t)",
    "RateLimit-Policy": "Calls that may come at once (q) and seconds in which they refill (w)",
    "Retry-After": "Seconds to wait before the same again",
    "Deprecation": "Only of an operation that will go: since when, @ and Unix seconds (RFC 9745)",
    "Sunset": "Only of an operation that will go: from then on it may be gone (RFC 8594)",
    "Idempotent-Replayed": "`true`: done before, this is the original",
}
# What an answer leads to: operation, and which of its parameters stands where in the answer.
_LINKS: dict[Any, dict[str, tuple[str, str]]] = {
    shapes.Order: {
        "get_order": ("order_id", "/id"),
        "get_order_by_number": ("out_order_no", "/out_order_no"),
        "confirm_order": ("order_id", "/id"),
        "cancel_order": ("order_id", "/id"),
        "receive_order": ("order_id", "/id"),
        "list_shipments": ("order_id", "/id"),
        "explain_order": ("order_id", "/id"),
        "change_order_address": ("order_id", "/id"),
    },
    aftersale_shapes.AfterSale: {
        "get_aftersale": ("aftersale_id", "/id"),
        "get_aftersale_by_number": ("out_refund_no", "/out_refund_no"),
        "send_return": ("aftersale_id", "/id"),
        "withdraw_aftersale": ("aftersale_id", "/id"),
        "accept_claim": ("aftersale_id", "/id"),
        "counter_claim": ("aftersale_id", "/id"),
    },
    recharge_shapes.Recharge: {
        "get_recharge": ("recharge_id", "/id"),
        "get_recharge_by_number": ("out_recharge_no", "/out_recharge_no"),
    },
    recharge_shapes.Statements: {"get_statement": ("statement_id", "/items/0/id")},
    recharge_shapes.Upload: {"get_upload": ("upload_id", "/id")},
    shapes.BatchAnswer: {"get_batch": ("batch_no", "/out_batch_no")},
    shapes.Products: {"get_product": ("product_id", "/items/0/id")},
}
GROUPS = {
    "account": "账户 Account",
    "catalogue": "商品目录 Catalogue",
    "selection": "选品库 Selection",
    "live": "实时查询 Live check",
    "orders": "订单 Orders",
    "shipping": "物流 Shipping",
    "aftersale": "售后 After-sale",
    "uploads": "上传 Uploads",
    "money": "货款 Money",
    "events": "事件与回调 Events",
    "machine": "系统 Machine",
}


def openapi_document(handlers: Iterable[Any]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the handlers; the same words as the code's."""
    found = [(handler, handler.opt["operation"]) for handler in handlers]
    types: list[Any] = [ProblemBody]
    for _, operation in found:
        types += [shape for shape in (operation.request, operation.answer) if shape is not None]
    types += FACTS
    _, components = msgspec.json.schema_components(list(dict.fromkeys(types)), ref_template=_REF)
    components["Event"]["properties"]["data"] = any_fact(_REF)
    for component in components.values():
        _leave_out_null_defaults(component)
    paths: dict[str, dict[str, Any]] = {}
    for handler, operation in found:
        for path in sorted(handler.paths):
            plain = "/api/v1" + re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                paths.setdefault(plain, {})[method.lower()] = _operation(handler, operation, path=plain)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Entrepot 集散 open API",
            "version": VERSION,
            "description": "Integer fen, strict bodies, signed by Standard Webhooks' primitive; errors are RFC 9457.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in GROUPS.items()],
        "paths": dict(sorted(paths.items())),
        "webhooks": callbacks(_REF),
        "components": {
            "schemas": dict(sorted(components.items())),
            "headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()},
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": header, "description": text}
                for name, (header, text) in _SIGNING.items()
            },
        },
    }


def _leave_out_null_defaults(component: dict[str, Any]) -> None:
    """A field that may be left out is null then, as everybody expects; some generators make a field with a default
    one that must be given."""
    for field in component.get("properties", {}).values():
        if "default" in field and field["default"] is None:
            del field["default"]


def _operation(handler: HTTPRouteHandler, operation: Operation, *, path: str) -> dict[str, Any]:
    name = handler.fn.__name__
    chinese, _, english = (handler.fn.__doc__ or "").strip().partition(" | ")
    result: dict[str, Any] = {
        "operationId": name,
        "summary": chinese,
        "description": english,
        "tags": [operation.group],
        "parameters": _parameters(operation, path=path),
        "responses": _successes(operation, name=name) | _refusals(operation) | _any_other(operation),
        "security": [] if operation.is_open else [{scheme: [] for scheme in _SIGNING}],
    }
    if operation.deprecation is not None:
        result |= operation.deprecation.members() | {"description": english + operation.deprecation.words}
    if operation.request is not None or operation.is_free_body:
        schema = {} if operation.request is None else {"$ref": _REF.format(name=operation.request.__name__)}
        result["requestBody"] = {
            "required": not operation.is_body_optional and not operation.is_free_body,
            "content": {"application/json": {"schema": schema, "example": examples.request_example(name)}},
        }
    if operation.takes:
        content = {"schema": _BYTES, "example": examples.BARE["bytes"]}
        result["requestBody"] = {"required": True, "content": dict.fromkeys(operation.takes, content)}
    return result


def _parameters(operation: Operation, *, path: str) -> list[dict[str, Any]]:
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH[name][0],
            "schema": _PATH[name][1],
            "example": examples.PATH[name],
        }
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    return in_path + [{"name": name, "in": "query", "required": False, **_QUERY[name]} for name in operation.query]


def _headers(operation: Operation, *more: str) -> dict[str, Any]:
    names = ["Entrepot-Request-Id", *([] if operation.is_open else ["RateLimit", "RateLimit-Policy"]), *more]
    names += [] if operation.deprecation is None else ["Deprecation", "Sunset"]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _successes(operation: Operation, *, name: str) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if operation.answer is not None:
        schema = {"$ref": _REF.format(name=operation.answer.__name__)}
        content["application/json"] = {"schema": schema, "example": examples.answer_example(name)}
    for kind in operation.also:
        if kind in examples.BARE:
            content[kind] = {"schema": {"type": "string"}, "example": examples.BARE[kind]}
        else:
            content[kind] = {"schema": _BYTES, "example": examples.BARE["bytes"]}
    links = {
        name: {"operationId": name, "parameters": {parameter: f"$response.body#{pointer}"}}
        for name, (parameter, pointer) in _LINKS.get(operation.answer, {}).items()
    }
    more = {"links": links} if links else {}
    done = {"description": "Done", "headers": _headers(operation), "content": content, **more}
    again = {
        "description": "Done before: the original, with `Idempotent-Replayed: true`",
        "headers": _headers(operation, "Idempotent-Replayed"),
        "content": content,
        **more,
    }
    if operation.status == 201:
        return {"200": again, "201": done}
    is_verb = "state_conflict" in operation.codes
    return {"200": again | {"description": "Done, now or before"} if is_verb else done}


def _refusals(operation: Operation) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in operation.all_codes():
        by_status.setdefault(STATUSES[code], []).append(code)
    return {
        str(status): {
            "description": "\n".join(f"- `{code}` {' · '.join(TITLES[code])}" for code in codes),
            "headers": _headers(operation, *(["Retry-After"] if status in (429, 503) else [])),
            "content": {"application/problem+json": _problem(codes)},
        }
        for status, codes in sorted(by_status.items())
    }


def _any_other(operation: Operation) -> dict[str, Any]:
    """Whatever else goes wrong is a problem too, so that a client needs one way to read what is no success."""
    content = {"schema": {"$ref": _REF.format(name="ProblemBody")}}
    return {
        f"{STATUSES[code] // 100}XX": {
            "description": f"Any other problem\n\n- `{code}` {STATUSES[code]} {' · '.join(TITLES[code])}",
            "headers": _headers(operation),
            "content": {"application/problem+json": content | {"example": _example(code)}},
        }
        for code in GENERAL
    }


def _problem(codes: list[str]) -> dict[str, Any]:
    return {
        "schema": {
            "allOf": [{"$ref": _REF.format(name="ProblemBody")}],
            "properties": {"code": {"enum": codes}},
        },
        "example": _example(codes[0]),
    }


def _example(code: str) -> dict[str, Any]:
    return Problem(code).body(language="en", request_id="req_0123456789abcdef")
