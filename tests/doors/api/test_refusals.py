"""What is really refused stands in the contract: its status, its code, every member of its body."""

import ast
import json
from typing import Any

from entrepot.stock import quotas
from tests.conftest import ROOT
from tests.doors.api.breaking import CONTRACT
from tests.doors.api.mall import Mall, Reply, order
from tests.doors.api.sandboxes import sandbox_mall
from tests.doors.api.serving import Served
from tests.doors.api.test_addresses import allow
from tests.doors.api.test_contract import schema_errors
from tests.world import STAFF, World

MEMBERS = json.loads(CONTRACT.read_text())["components"]["schemas"]["ProblemBody"]["properties"].keys()


def stands(reply: Reply, operation: str, *, code: str, member: str = "") -> None:
    """The refusal has this code, and the contract of the operation knows all of it."""
    contract = json.loads(CONTRACT.read_text())
    method, path = operation.split(" ")
    assert reply.code == code, reply.json
    answers = contract["paths"][f"/api/v1{path}"][method.lower()]["responses"]
    said = answers.get(str(reply.status)) or answers[f"{reply.status // 100}XX"]
    schema = said["content"][reply.headers["content-type"]]["schema"]
    assert schema_errors(contract, schema, reply.json) == []
    assert member in MEMBERS | {""} and reply.json.keys() <= MEMBERS
    assert not member or reply.json[member], reply.json


def batched(*orders: Any, **more: Any) -> dict[str, Any]:
    """A batch under a number of its own."""
    return {"out_batch_no": f"B-{orders[0]['out_order_no']}", "orders": list(orders), **more}


def test_a_quota_of_holds_is_refused_as_the_contract_says(mall: Mall, world: World, served: Served) -> None:
    article = world.article(stock=9)
    quotas.set_quota(mall.party.pk, limits=quotas.Limits(pieces_of_sku=3), actor=STAFF)
    code = "hold_quota_exceeded"
    stands(mall.post("/orders", order(article.code, qty=4)), "POST /orders", code=code)
    stands(mall.post("/orders/preview", order(article.code, qty=4)), "POST /orders/preview", code=code)
    assert mall.post("/orders", order(article.code, qty=4, mode="direct")).status == 201

    contract = json.loads(CONTRACT.read_text())
    schema = {"$ref": "#/components/schemas/BatchAnswer"}
    wanted = [order(article.code), order(article.code, qty=4), order("no such")]
    for more, codes in (
        ({}, ["", code, "validation_failed"]),
        ({"atomic": True}, ["batch_refused", code, "validation_failed"]),
    ):
        orders = [one | {"out_order_no": one["out_order_no"] + str(len(more))} for one in wanted]
        answer = mall.post("/orders/batch", batched(*orders, **more)).json
        assert schema_errors(contract, schema, answer) == []
        assert [one.get("problem", {"code": ""})["code"] for one in answer["results"]] == codes
        for one in answer["results"]:
            assert one.get("problem", {}).keys() <= MEMBERS
    answer["results"][0]["problem"]["code"] = "not_one_of_a_row"
    assert schema_errors(contract, schema, answer)

    trial = sandbox_mall(world, port=served.port)
    stands(trial.post("/orders", order("no such", number="A-QUOTA")), "POST /orders", code=code)


def test_the_members_that_only_some_problems_have_stand_there(mall: Mall, world: World) -> None:
    held = mall.post("/orders", order(world.article(stock=9).code)).json["id"]
    assert mall.post(f"/orders/{held}/cancel").status == 200
    gone = mall.post(f"/orders/{held}/confirm")
    stands(gone, "POST /orders/{order_id}/confirm", code="state_conflict", member="state")
    late = mall.get("/me", timestamp=1)
    stands(late, "GET /me", code="timestamp_out_of_window", member="server_time")
    bent = mall.get("/me", headers={"Entrepot-Signature": "v1,no"})
    stands(bent, "GET /me", code="bad_signature", member="signed")
    stands(mall.call("DELETE", "/me"), "GET /me", code="method_not_allowed")
    stands(mall.get("/orders?limt=5"), "GET /orders", code="unknown_field")
    allow(mall, "10.9.8.7")
    far = mall.get("/me")
    stands(far, "GET /me", code="ip_not_allowed", member="address")


def test_no_line_of_the_door_adds_a_member_the_contract_does_not_know() -> None:
    """Every `extra` of a problem, read in the source: literals only, so that they can be read."""
    added: set[str] = set()
    for file in (ROOT / "src" / "entrepot" / "doors" / "api").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.arg] if isinstance(node, ast.keyword) else []
            names += [target.attr for target in getattr(node, "targets", []) if isinstance(target, ast.Attribute)]
            if "extra" in names and isinstance(node, ast.keyword | ast.Assign):
                for inner in ast.walk(node.value):
                    if isinstance(inner, ast.Dict):
                        added |= {key.value for key in inner.keys if isinstance(key, ast.Constant)}
    assert added == {"server_time", "signed", "address", "state"} <= MEMBERS
