"""Requests made from the contract, signed and sent, and what every answer is checked for.

ENTREPOT_GENERATED_CASES sets how many in all, ENTREPOT_GENERATED_SEED repeats a run; `bin/fuzz` sets both.
"""

import json
import os
import re
import secrets
import time
from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from requests.auth import AuthBase
from schemathesis import checks
from schemathesis.specs.openapi import checks as contract_checks

from tests.doors.api.aftersales import Bought
from tests.doors.api.breaking import CONTRACT
from tests.doors.api.mall import Mall, order, signature_of
from tests.doors.api.serving import Served
from tests.doors.api.test_walls import drawn, papers
from tests.world import STAFF, World

ALL_CASES = int(os.environ.get("ENTREPOT_GENERATED_CASES", "20000"))
TO_CHAINS = 10  # one in so many is a step of a chain
# The same cases each time, so that a run says what has changed; `bin/fuzz` looks further, by a seed of its own.
SEED = int(os.environ.get("ENTREPOT_GENERATED_SEED") or 20261122)


def unsigned_contract(*, items: int | None = None) -> dict[str, Any]:
    """The committed contract without its signing headers: those are no generator's to make up, see `Signed`.

    Nor does it say that any other problem may come: what an operation answers with is to be named with it. `items`
    shortens lists, whose making takes most of the time.
    """
    text = CONTRACT.read_text()
    contract: dict[str, Any] = json.loads(re.sub(r'"maxItems": \d+', f'"maxItems": {items}', text) if items else text)
    for methods in contract["paths"].values():
        for operation in methods.values():
            operation["security"] = []
            del operation["responses"]["4XX"], operation["responses"]["5XX"]
    return contract


FREE = ("/api/v1/echo", "/api/v1/uploads")  # every body is one, or none that is made up is a picture
SCHEMA = schemathesis.openapi.from_dict(unsigned_contract())
SHORT = schemathesis.openapi.from_dict(unsigned_contract(items=3))
OPERATIONS = [result.ok() for result in SHORT.get_all_operations()]
BENDABLE = [
    operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
    if (operation.body or operation.query or operation.path_parameters) and operation.path not in FREE
]
PROBLEM = SCHEMA.raw_schema["components"]["schemas"]["ProblemBody"]["properties"]


def problems_have_no_other_members(ctx: Any, response: Any, case: Any) -> None:
    """A client generated from the contract loses nothing of a problem."""
    if response.status_code >= 400:
        assert response.json().keys() <= PROBLEM.keys(), response.json().keys() - PROBLEM.keys()


CHECKS = [
    checks.not_a_server_error,
    contract_checks.status_code_conformance,
    contract_checks.content_type_conformance,
    contract_checks.response_headers_conformance,
    contract_checks.response_schema_conformance,
    problems_have_no_other_members,
    contract_checks.negative_data_rejection,
]
SLOW = ("/api/v1/orders/batch", "/api/v1/products/query")  # making one of these takes as long as ten others
SHARE = 4
HELD_AT_MOST = 500


def _weight(operation: Any) -> int:
    """How many cases an operation gets, in fourths; what has nothing to vary is one case however often it is made."""
    if not (operation.body or operation.query or operation.path_parameters):
        return 0
    return 1 if operation.path in SLOW else SHARE


_PARTS = sum(_weight(operation) for operation in (*OPERATIONS, *BENDABLE))
# Chains end early now and then, and some operations have fewer cases to make: a little too many rather than too few.
_PART = -(-ALL_CASES // _PARTS)


def cases_for(operation: Any) -> int:
    """The cases of an operation in one direction, so that together they are as many as were asked for."""
    return max(1, _PART * _weight(operation))


QUIET = settings(
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Signed(AuthBase):
    """Signs what requests has prepared, byte for byte."""

    def __init__(self, mall: Mall) -> None:
        self.mall = mall

    def __call__(self, request: Any) -> Any:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        nonce, timestamp = secrets.token_hex(16), int(time.time())  # hypothesis holds `random` still
        payload = f"{request.method} {request.path_url}\n".encode() + body
        request.headers["Entrepot-Key"] = self.mall.key
        request.headers["Entrepot-Timestamp"] = str(timestamp)
        request.headers["Entrepot-Nonce"] = nonce
        request.headers["Entrepot-Signature"] = signature_of(self.mall.secret, nonce, timestamp, payload)
        return request


class Real:
    """What exists: generated requests are turned to it, so that they get further than to `not found`."""

    def __init__(self, mall: Mall, world: World) -> None:
        from entrepot.stock import quotas
        from entrepot.trade import terms

        self.mall = mall
        article = world.article(stock=10**6, allowed_promotions=["coupon"])
        self.sku, self.product = article.code, str(article.goods_id)
        placed = [mall.post("/orders", order(self.sku)).json for _ in range(3)]
        for found in placed[1:]:
            mall.post(f"/orders/{found['id']}/confirm")
        shipped = terms.Ship(int(placed[2]["id"]), article.supplier_id, "sf", f"SF{placed[2]['id']}", STAFF)
        assert world.run(shipped).is_accepted
        self.batch = f"G-{world.mark}"
        mall.post("/orders/batch", {"out_batch_no": self.batch, "orders": [order(self.sku)]})
        self.orders = [found["id"] for found in placed]
        self.numbers = [found["out_order_no"] for found in placed]
        self.bought = Bought(world, mall, article, qty=1000)
        self.aftersales = [
            mall.post("/aftersales", self.bought.wish("return")).json,
            self.bought.offered(500),
            mall.post("/aftersales", self.bought.wish("reship", "lost")).json,
        ]
        self.picture = drawn()
        # What is kept on hold has a bound, so that orders of many pieces meet it too.
        quotas.set_quota(mall.party.pk, limits=quotas.Limits(pieces_of_sku=HELD_AT_MOST), actor=STAFF)
        self.papers = {name: values[0] for name, values in papers(mall).items()}

    def turn(self, case: Any, *, place: int) -> None:
        """Put existing things into a case where it names some."""
        known = {
            "order_id": self.orders[place % 3],
            "out_order_no": self.numbers[place % 3],
            "batch_no": self.batch,
            "product_id": self.product,
            "aftersale_id": self.aftersales[place % 3]["id"],
            "out_refund_no": self.aftersales[place % 3]["out_refund_no"],
            **self.papers,
        }
        if case.path_parameters:
            if "entry_id" in case.path_parameters:  # the case before took it out
                picked = self.mall.post("/selection", {"products": [self.product]}).json
                known["entry_id"] = picked["items"][0]["id"]
            case.path_parameters = {name: known[name] for name in case.path_parameters}
        body = case.body
        if isinstance(body, bytes):
            case.body = self.picture
        if isinstance(body, dict):
            for name in ("voucher", "evidence"):
                if body.get(name):
                    body = body | {name: self.papers["upload_id"] if name == "voucher" else [self.papers["upload_id"]]}
            body = json.loads(json.dumps(body))
            for wanted in [body, *body.get("orders", [])]:
                for line in wanted.get("lines", []) if isinstance(wanted, dict) else []:
                    if "sku" in line:
                        line["sku"] = self.sku
                    line.pop("expected_price", None)
                    line.pop("promotion", None)
            if "reason" in body and "out_order_no" in body:
                body["out_order_no"] = self.bought.order["out_order_no"]
                body["lines"] = [{"line": 1, "qty": 1}]
                body.pop("demand", None)
            if "skus" in body:
                body["skus"][0] = self.sku
            if body.get("url"):
                body["url"] = "http://127.0.0.1:9/hook"  # no callback shall go astray
            if "ids" in body:
                body["ids"][0] = self.product
            case.body = body


def hurry(case: Any) -> None:
    """Let a long poll that would wait for long wait for a second."""
    if case.operation.label == "GET /api/v1/changes" and str((case.query or {}).get("wait", "")).isdigit():
        case.query["wait"] = min(int(case.query["wait"]), 1) if int(case.query["wait"]) <= 25 else case.query["wait"]


def count(cases: int, *, label: str) -> None:
    """Note how many requests were really sent, for who counts them together."""
    log = os.environ.get("ENTREPOT_GENERATED_LOG")
    if log:
        with Path(log).open("a") as lines:
            lines.write(f"{cases} {label}\n")


def tried(
    operation: Any, mode: Any, *, served: Served, mall: Mall, session: requests.Session, real: Real | None
) -> Any:
    """Send generated cases of one operation, check every answer, return how many had which status."""
    seen: Counter[int] = Counter()

    @hypothesis.seed(SEED)
    @settings(QUIET, max_examples=cases_for(operation))
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        hurry(case)
        if real is not None:
            real.turn(case, place=sum(seen.values()))
        response = case.call(base_url=served.url, session=session, auth=Signed(mall))
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS if real is None else CHECKS[:-1])

    print(f"ENTREPOT_GENERATED_SEED={SEED}")
    run()
    count(sum(seen.values()), label=operation.label)
    return seen
