"""The contract as OpenAPI 3.1, and its page, served without the network."""

import mimetypes
import re
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from entrepot import VERSION
from entrepot.doors.api.operations import Operation
from entrepot.doors.api.problems import ProblemBody
from entrepot.doors.api.texts import TITLES

_REF = "#/components/schemas/{name}"
_QUERY_SCHEMAS: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50},
    "cursor": {"type": "string", "description": "next_cursor of the page before"},
    "state": {"type": "string", "description": "Only orders in this state"},
    "created_from": {"type": "string", "format": "date-time"},
    "created_until": {"type": "string", "format": "date-time"},
    "category": {"type": "integer", "minimum": 0, "description": "Category id; those below it are included"},
    "brand": {"type": "integer", "minimum": 0, "description": "Brand id"},
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
GROUPS = {
    "account": "账户 Account",
    "catalogue": "商品目录 Catalogue",
    "live": "实时查询 Live check",
    "orders": "订单 Orders",
    "shipping": "物流 Shipping",
    "money": "货款 Money",
    "machine": "系统 Machine",
}


def openapi_document(handlers: Iterable[Any]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the handlers; the same words as the code's."""
    found = [(handler, handler.opt["operation"]) for handler in handlers]
    types: list[Any] = [ProblemBody]
    for _, operation in found:
        types += [shape for shape in (operation.request, operation.answer) if shape is not None]
    _, components = msgspec.json.schema_components(list(dict.fromkeys(types)), ref_template=_REF)
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
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": header, "description": text}
                for name, (header, text) in _SIGNING.items()
            },
            "responses": {"Problem": _problem_response()},
        },
    }


def _problem_response() -> dict[str, Any]:
    codes = ", ".join(sorted(TITLES))
    return {
        "description": f"RFC 9457 problem; `code` is one of: {codes}",
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(name="ProblemBody")}}},
    }


def _operation(handler: HTTPRouteHandler, operation: Operation, *, path: str) -> dict[str, Any]:
    doc = (handler.fn.__doc__ or "").strip()
    chinese, _, english = doc.partition(" | ")
    ok = {
        "description": "Done",
        "content": {"application/json": {"schema": {"$ref": _REF.format(name=operation.answer.__name__)}}},
    }
    responses: dict[str, Any] = {str(operation.status): ok}
    if operation.status == 201:
        responses["200"] = {**ok, "description": "Done before: the original, with Idempotent-Replayed: true"}
    refusals = ["503"] if operation.is_open else ["401", "403", "404", "409", "413", "422", "429", "503"]
    if operation.request is not None or operation.is_body_optional:
        refusals.insert(0, "400")
    responses |= {status: {"$ref": "#/components/responses/Problem"} for status in refusals}
    result: dict[str, Any] = {
        "operationId": handler.fn.__name__,
        "summary": chinese,
        "description": english,
        "tags": [operation.group],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in re.findall(r"\{(\w+)\}", path)
        ]
        + [
            {"name": name, "in": "query", "required": False, "schema": _QUERY_SCHEMAS[name]} for name in operation.query
        ],
        "responses": responses,
        "security": [] if operation.is_open else [{name: [] for name in _SIGNING}],
    }
    if operation.request is not None:
        schema: dict[str, Any] = {"$ref": _REF.format(name=operation.request.__name__)}
        result["requestBody"] = {
            "required": not operation.is_body_optional,
            "content": {"application/json": {"schema": schema}},
        }
    elif operation.is_free_body:
        result["requestBody"] = {"required": False, "content": {"application/json": {"schema": {}}}}
    return result


_PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>集散 Entrepot · 开放接口</title><link rel="icon" href="/static/kit/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css"></head>
<body><div id="contract"></div><script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script></body></html>
"""
_START = """SwaggerUIBundle({url: "/api/v1/openapi.json", dom_id: "#contract", deepLinking: true,
  docExpansion: "list", defaultModelsExpandDepth: 0, supportedSubmitMethods: [], validatorUrl: null});
"""
_DOCS_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SAFE = {"content-security-policy": _DOCS_CSP, "x-content-type-options": "nosniff", "referrer-policy": "same-origin"}


@cache
def _assets() -> Path:
    spec = find_spec("drf_spectacular_sidecar")
    if spec is None or spec.origin is None:
        raise RuntimeError("the documentation page's files are not installed")
    return Path(spec.origin).parent / "static" / "drf_spectacular_sidecar" / "swagger-ui-dist"


@cache
def _contract() -> bytes:
    from entrepot.doors.api.app import contract

    return msgspec.json.encode(contract())


@get("/api/v1/openapi.json", sync_to_thread=False)
def openapi_json() -> Response[bytes]:
    """The contract."""
    return Response(_contract(), media_type="application/json")


@get(["/api/docs", "/api/v1/docs"], sync_to_thread=False)
def docs_page() -> Response[str]:
    """The contract as a page."""
    return Response(_PAGE, media_type="text/html", headers=_SAFE)


@get("/api/docs/start.js", sync_to_thread=False)
def docs_start() -> Response[str]:
    """The page's own script."""
    return Response(_START, media_type="text/javascript", headers=_SAFE)


@get("/api/docs/assets/{name:str}", sync_to_thread=False)
def docs_asset(name: str) -> Response[bytes]:
    """A file of the page."""
    if name not in ("swagger-ui.css", "swagger-ui-bundle.js"):
        return Response(b"", status_code=404, media_type="text/plain")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = _SAFE | {"cache-control": "public, max-age=86400"}
    return Response((_assets() / name).read_bytes(), media_type=kind, headers=headers)


DOCS_HANDLERS = [openapi_json, docs_page, docs_start, docs_asset]
