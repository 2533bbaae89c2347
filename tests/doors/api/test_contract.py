"""The contract: committed, valid, complete in words, codes and examples, and it only grows."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from entrepot.doors.api.operations import RESERVED
from tests.conftest import ROOT
from tests.doors.api.breaking import CONTRACT, RELEASED, committed, differences, latest_release

Document = dict[str, Any]


@pytest.fixture(scope="module")
def contract() -> Document:
    """The contract as the code has it, through JSON as a reader gets it."""
    from entrepot.doors.api.app import contract as made

    return json.loads(json.dumps(made()))


def operations(contract: Document) -> Iterator[tuple[str, Document]]:
    """Every operation with its name for people."""
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_committed_file_is_the_contract(contract: Document) -> None:
    said = json.loads(CONTRACT.read_text())
    assert said == contract, "write it anew: python -m entrepot.doors.api > docs/reference/openapi.json"


def test_nothing_breaks_since_the_latest_release(contract: Document) -> None:
    kept = [json.loads(file.read_text()) for file in RELEASED]
    before = committed(latest_release()) if latest_release() else None
    assert differences(before or json.loads(CONTRACT.read_text()), contract, released=kept) == []
    assert kept, "the contract of each release stands beside the one that is being made"
    for file, document in zip(RELEASED, kept, strict=True):
        assert differences(document, contract, released=kept) == [], file.name


def test_it_is_openapi_3_1(contract: Document) -> None:
    OPENAPI_31_VALIDATOR.validate(contract)
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(contract)):
        place: Any = contract
        for part in reference.split("/"):
            place = place[part]
    names = [operation["operationId"] for _, operation in operations(contract)]
    assert len(names) == len(set(names)) >= 23


def test_every_operation_speaks_chinese_and_english(contract: Document) -> None:
    for name, operation in operations(contract):
        assert re.search(r"[一-鿿]", operation["summary"]), name
        assert re.fullmatch(r"[ -~–—]{10,}\.", operation["description"]), name
        assert operation["tags"][0] in [tag["name"] for tag in contract["tags"]], name
        for parameter in operation["parameters"]:
            assert parameter["in"] == "query" or parameter["description"], name


def schema_errors(contract: Document, schema: Document, value: Any) -> list[str]:
    """What a schema of the contract says against a value."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": contract["components"], **schema}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def test_every_example_keeps_to_its_schema(contract: Document) -> None:
    seen = 0
    for name, operation in operations(contract):
        holders = [
            *operation["responses"].values(),
            *([operation["requestBody"]] if "requestBody" in operation else []),
        ]
        for holder in holders:
            for kind, content in holder["content"].items():
                assert content["example"] is not None, (name, kind)
                assert schema_errors(contract, content["schema"], content["example"]) == [], name
                seen += 1
    assert seen > 150


def test_every_callback_says_what_it_holds(contract: Document) -> None:
    for name, methods in contract["webhooks"].items():
        content = methods["post"]["requestBody"]["content"]["application/json"]
        assert schema_errors(contract, content["schema"], content["example"]) == [], name
        for bend in (
            lambda example: example["data"].update(object="something"),
            lambda example: example["data"].pop("version"),
            lambda example: example["data"].pop("id"),
            lambda example: example.update(type="order.eaten"),
        ):
            bent = copy.deepcopy(content["example"])
            bend(bent)
            assert schema_errors(contract, content["schema"], bent), name
        folded = content["example"] | {"data": {"object": "feed", "id": "1", "version": 1, "hint": "changes"}}
        is_told = name.startswith(("product.", "price.", "stock."))
        assert (schema_errors(contract, content["schema"], folded) == []) == is_told, name


def test_a_wrong_example_would_be_seen(contract: Document) -> None:
    create = contract["paths"]["/api/v1/orders"]["post"]
    content = create["requestBody"]["content"]["application/json"]
    for bend in (
        lambda example: example.update(price=1),
        lambda example: example.pop("lines"),
        lambda example: example["lines"][0].update(qty="2"),
        lambda example: example["consignee"].update(name="a\nb"),
        lambda example: example.update(out_order_no="A\n"),
    ):
        example = copy.deepcopy(content["example"])
        bend(example)
        assert schema_errors(contract, content["schema"], example)


MONEY = re.compile(
    r"(^|_)(price|fee|amount|freight|total|drawn|refunded|balance|held|credit_limit|available|demand|offer|settled|at_most"
    r"|opening|closing|top_up|draw|refund|adjustment|other|floor|ceiling|after)s?$"
)
COUNTS = re.compile(r"(^|_)(qty|stock|pieces|min_quantity|count|lines|skus|weight_g|size|seconds|minutes|ms|bps|time)$")
UNIT = re.compile(r"\b(pieces?|how many|grams|bytes|seconds|minutes|ms|basis points)\b", re.IGNORECASE)
TOLD = (
    "Order",
    "Product",
    "Sku",
    "Balance",
    "Ledger",
    "Shipment",
    "Refund",
    "AfterSale",
    "Claim",
    "Statement",
    "Recharge",
)


def fields_of(contract: Document) -> Iterator[tuple[str, str, Document, str]]:
    """Every field with its shape's name, and all that is said of it."""
    for name, schema in contract["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            options = [described, *described.get("anyOf", [])]
            yield name, field, described, " ".join(option.get("description", "") for option in options)


def test_money_and_counts_name_their_unit(contract: Document) -> None:
    seen = 0
    for name, field, described, said in fields_of(contract):
        if any(option.get("type") == "integer" for option in described.get("anyOf", [described])):
            if MONEY.search(field):
                assert re.search(r"\bfen\b", said), f"{name}.{field}: {said}"
                seen += 1
            elif COUNTS.search(field):
                assert UNIT.search(said), f"{name}.{field}: {said}"
                seen += 1
    assert seen > 90


def test_numbers_moments_and_ids_are_described(contract: Document) -> None:
    """In what a mall keeps for its books."""
    for name, field, described, said in fields_of(contract):
        kinds = {option.get("type") for option in described.get("anyOf", [described])}
        is_meant = "integer" in kinds or field in ("id", "at") or field.endswith(("_id", "_at", "_no", "_until"))
        if name.startswith(TOLD) and is_meant:
            assert said, f"{name}.{field}"
    product = contract["components"]["schemas"]["Product"]["properties"]
    assert all("host" in product[field]["description"] for field in ("images", "detail_images"))


def test_every_code_stands_where_it_can_come(contract: Document) -> None:
    from entrepot.doors.api.operations import BATCHED, GENERAL, PLACING
    from entrepot.doors.api.problems import STATUSES
    from entrepot.doors.api.texts import TITLES

    documented: dict[str, set[str]] = {}
    for _, operation in operations(contract):
        for status, answer in operation["responses"].items():
            problem = answer["content"].get("application/problem+json")
            for code in (
                problem["schema"]["properties"]["code"]["enum"] if problem and not status.endswith("XX") else []
            ):
                documented.setdefault(code, set()).add(status)
    answers = contract["paths"]["/api/v1/me"]["get"]["responses"]
    for code in GENERAL:
        assert f"`{code}` {STATUSES[code]}" in answers[f"{STATUSES[code] // 100}XX"]["description"]
    for code in BATCHED:
        documented.setdefault(code, {str(STATUSES[code])})
    assert all(statuses == {str(STATUSES[code])} for code, statuses in documented.items())
    assert STATUSES.keys() == TITLES.keys(), "every code has its words"
    assert STATUSES.keys() - documented.keys() == {*RESERVED} | {*GENERAL} - {*BATCHED}
    row = contract["components"]["schemas"]["BatchResult"]["properties"]["problem"]["anyOf"][0]
    assert row["properties"]["code"]["enum"] == [*BATCHED] and set(PLACING) <= set(BATCHED)
    for path in ("/api/v1/orders", "/api/v1/orders/preview"):
        answers = contract["paths"][path]["post"]["responses"]
        for code in PLACING:
            found = answers[str(STATUSES[code])]["content"]["application/problem+json"]["schema"]
            assert code in found["properties"]["code"]["enum"], (path, code)


def test_the_reserved_code_is_answered_by_nothing(contract: Document) -> None:
    """Keys have no permissions of their own: when they get some, the code stands in the operations, not here."""
    for code in RESERVED:
        users = [
            file.name
            for file in (ROOT / "src" / "entrepot" / "doors" / "api").glob("*.py")
            if f'"{code}"' in file.read_text()
        ]
        assert sorted(users) == ["operations.py", "problems.py", "texts.py"]
        assert code in (ROOT / "docs" / "reference" / "api.md").read_text()


def lacking(contract: Document) -> list[str]:
    """What the contract leaves unsaid: an operation without an example or without an error it can answer."""
    found: list[str] = []
    for name, operation in operations(contract):
        answers = operation["responses"]
        needed = {"413", "503"}
        if operation["security"]:
            needed |= {"401", "403", "429"}
        if any(parameter["in"] == "path" for parameter in operation["parameters"]):
            needed.add("404")
        body = operation.get("requestBody", {"content": {}})["content"]
        if any(parameter["in"] == "query" for parameter in operation["parameters"]) or body:
            needed.add("422")
        if "application/json" in body:
            needed.add("400")
        if "/echo" in name:
            needed -= {"400", "422"}  # whatever comes is sent back
        found += [f"{name}: no {status}" for status in sorted(needed - answers.keys())]
        if not any(status.startswith("2") for status in answers):
            found.append(f"{name}: no success")
        for holder in (*answers.values(), *([operation["requestBody"]] if body else [])):
            found += [
                f"{name}: no example of {kind}" for kind, said in holder["content"].items() if "example" not in said
            ]
        for parameter in operation["parameters"]:
            if parameter["in"] == "path" and "example" not in parameter:
                found.append(f"{name}: no example of {parameter['name']}")
    return found


def test_every_operation_has_its_examples_and_errors(contract: Document) -> None:
    assert lacking(contract) == []


@pytest.mark.parametrize("status", ["401", "404", "413", "422", "503", "200"])
def test_an_error_or_example_left_out_is_found(contract: Document, status: str) -> None:
    for kind in ("answer", "example"):
        bent = copy.deepcopy(contract)
        answers = bent["paths"]["/api/v1/aftersales/{aftersale_id}/withdraw"]["post"]["responses"]
        if kind == "answer":
            del answers[status]
        else:
            (content,) = answers[status]["content"].values()
            del content["example"]
        assert len(lacking(bent)) == 1, (status, kind)


def test_unsigned_operations_are_the_machines_only(contract: Document) -> None:
    unsigned = [name for name, operation in operations(contract) if not operation["security"]]
    assert unsigned == ["GET /api/v1/health", "GET /api/v1/status"]


# --- it only grows ---


def _order_post(document: Document) -> Document:
    return document["paths"]["/api/v1/orders"]["post"]


def _schema(document: Document, name: str) -> Document:
    return document["components"]["schemas"][name]


BREAKING: dict[str, Callable[[Document], Any]] = {
    "a path removed": lambda doc: doc["paths"].pop("/api/v1/balance"),
    "a method removed": lambda doc: doc["paths"]["/api/v1/orders"].pop("get"),
    "a parameter removed": lambda doc: doc["paths"]["/api/v1/orders"]["get"]["parameters"].pop(),
    "a parameter required": lambda doc: doc["paths"]["/api/v1/orders"]["get"]["parameters"][0].update(required=True),
    "a smaller page": lambda doc: doc["paths"]["/api/v1/orders"]["get"]["parameters"][0]["schema"].update(maximum=100),
    "a new required header": lambda doc: _order_post(doc)["parameters"].append(
        {"name": "X", "in": "header", "required": True, "schema": {"type": "string"}}
    ),
    "signed otherwise": lambda doc: _order_post(doc).update(security=[]),
    "a callback removed": lambda doc: doc["webhooks"].pop("aftersale.updated"),
    "a media type removed": lambda doc: doc["paths"]["/api/v1/uploads"]["post"]["requestBody"]["content"].pop(
        "image/png"
    ),
    "a file removed": lambda doc: doc["paths"]["/api/v1/statements/{statement_id}"]["get"]["responses"]["200"][
        "content"
    ].pop("text/csv"),
    "a body required": lambda doc: doc["paths"]["/api/v1/orders/{order_id}/confirm"]["post"]["requestBody"].update(
        required=True
    ),
    "a body removed": lambda doc: _order_post(doc).pop("requestBody"),
    "a field of a request removed": lambda doc: _schema(doc, "OrderRequest")["properties"].pop("remark"),
    "a new required field": lambda doc: _schema(doc, "OrderRequest")["required"].append("channel"),
    "a field now required": lambda doc: _schema(doc, "OrderRequest")["required"].append("mode"),
    "a nested field now required": lambda doc: _schema(doc, "ConsigneeRequest")["required"].append("street"),
    "a type of a request changed": lambda doc: _schema(doc, "OrderLineRequest")["properties"]["qty"].update(
        type="string"
    ),
    "null no longer taken": lambda doc: _schema(doc, "OrderRequest")["properties"].update(remark={"type": "string"}),
    "a shorter number": lambda doc: _schema(doc, "OrderRequest")["properties"]["out_order_no"].update(maxLength=32),
    "a bound where none was": lambda doc: _schema(doc, "SkusRequest")["properties"]["skus"]["items"].update(
        minLength=3
    ),
    "fewer lines": lambda doc: _schema(doc, "OrderRequest")["properties"]["lines"].update(maxItems=100),
    "another pattern": lambda doc: _schema(doc, "OrderRequest")["properties"]["out_order_no"].update(
        pattern="^[0-9]+$"
    ),
    "a choice removed": lambda doc: _schema(doc, "OrderRequest")["properties"]["mode"].update(enum=["hold"]),
    "an answer removed": lambda doc: _order_post(doc)["responses"].pop("201"),
    "a field of an answer removed": lambda doc: _schema(doc, "Order")["properties"].pop("total"),
    "a field of a nested answer removed": lambda doc: _schema(doc, "OrderLine")["properties"].pop("fee"),
    "a field of an answer may be missing": lambda doc: _schema(doc, "Balance")["required"].remove("held"),
    "a type of an answer changed": lambda doc: _schema(doc, "Order")["properties"]["total"].update(type="number"),
    "a field of an answer may be null": lambda doc: _schema(doc, "Order")["properties"].update(
        state={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
}
GROWING: dict[str, Callable[[Document], Any]] = {
    "a new path": lambda doc: doc["paths"].update({"/api/v1/new": doc["paths"]["/api/v1/me"]}),
    "a new field of an answer": lambda doc: _schema(doc, "Order")["properties"].update(channel={"type": "string"}),
    "a new optional field of a request": lambda doc: _schema(doc, "OrderRequest")["properties"].update(
        channel={"type": "string"}
    ),
    "more lines": lambda doc: _schema(doc, "OrderRequest")["properties"]["lines"].update(maxItems=1000),
    "a longer number": lambda doc: _schema(doc, "OrderRequest")["properties"]["out_order_no"].update(maxLength=128),
    "another choice": lambda doc: _schema(doc, "OrderRequest")["properties"]["mode"]["enum"].append("later"),
    "a field no longer required": lambda doc: _schema(doc, "ConsigneeRequest")["required"].remove("district"),
    "an answer's field always there": lambda doc: _schema(doc, "BatchResult")["required"].append("order"),
    "other words": lambda doc: doc["info"].update(description="x"),
}


@pytest.mark.parametrize("planted", BREAKING)
def test_a_planted_break_is_found(contract: Document, planted: str) -> None:
    broken = copy.deepcopy(contract)
    BREAKING[planted](broken)
    assert len(differences(contract, broken)) >= 1


@pytest.mark.parametrize("planted", GROWING)
def test_growth_is_no_break(contract: Document, planted: str) -> None:
    grown = copy.deepcopy(contract)
    GROWING[planted](grown)
    assert grown != contract
    assert differences(contract, grown) == []
