"""The contract and its page, served without the network."""

import mimetypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from entrepot.doors.api.problems import not_found

_PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>集散 Entrepot · 开放接口</title><link rel="icon" href="/static/kit/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css"><style>
body { margin: 0 }
#guide { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 12px 20px; background: #eaf0ff; font: 14px/1.7 sans-serif }
#guide span { display: flex; flex-wrap: wrap; gap: 4px 16px } #guide a { color: #1748cc }
@media (prefers-color-scheme: dark) {
body { background: #111318; color: #e6e8ee } #guide { background: #1b2233 } #guide a { color: #9db8ff }
.swagger-ui { filter: invert(.9) hue-rotate(180deg) } .swagger-ui .microlight { filter: invert(1) hue-rotate(180deg) } }
</style></head>
<body><nav id="guide" aria-label="接入指南 Guide"><b>接入指南</b> <a href="/guide/">分步接入</a>
<a href="/guide/reference/">签名与规则</a> <a href="/guide/clients/">PHP 与 Node 客户端</a> <a href="/guide/callbacks/">接收回调</a>
<span lang="en"><b>Guide</b> <a href="/guide/en/">Step by step</a> <a href="/guide/en/reference/">Signing and rules</a>
<a href="/guide/en/clients/">Clients in PHP and Node</a> <a href="/guide/en/callbacks/">Receive callbacks</a></span></nav>
<div id="contract"></div><script src="/api/docs/assets/swagger-ui-bundle.js"></script>
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


@get("/api/v1/openapi.json", sync_to_thread=False)
def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The contract."""
    return Response(request.app.state["contract"], media_type="application/json")


@get(["/api/docs", "/api/v1/docs"], sync_to_thread=False)
def docs_page() -> Response[str]:
    """The contract as a page."""
    return Response(_PAGE, media_type="text/html", headers=_SAFE)


@get(["/api/guide", "/api/guide/en"], sync_to_thread=False)
def guide_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The guide beside the contract: one of the pages, which speak both languages."""
    place = "/guide/en/" if request.url.path.endswith("/en") else "/guide/"
    return Response("", status_code=302, media_type="text/plain", headers={"location": place})


@get("/api/docs/start.js", sync_to_thread=False)
def docs_start() -> Response[str]:
    """The page's own script."""
    return Response(_START, media_type="text/javascript", headers=_SAFE)


@get("/api/docs/assets/{name:str}", sync_to_thread=False)
def docs_asset(name: FromPath[str]) -> Response[bytes]:
    """A file of the page."""
    if name not in ("swagger-ui.css", "swagger-ui-bundle.js"):
        raise not_found()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = _SAFE | {"cache-control": "public, max-age=86400"}
    return Response((_assets() / name).read_bytes(), media_type=kind, headers=headers)


DOCS_HANDLERS = [openapi_json, docs_page, guide_page, docs_start, docs_asset]
