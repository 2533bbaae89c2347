"""No mall sees another's object, and extra fields change nothing: matrices made from the contract."""

import copy
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from tests.doors.api.aftersales import Bought
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, Reply, order
from tests.world import STAFF, Article, World

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    """The contract."""
    from entrepot.doors.api.app import contract as made

    return made()


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """Method, path and description of every signed operation."""
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            if operation["security"]:
                yield method.upper(), path, operation


def plain(reply: Reply) -> Any:
    """The body of an answer without what differs each time."""
    return reply.json | {"request_id": ""}


# --- promise 21 ---


@dataclass
class Neighbours:
    """A stranger, and what belongs to somebody else: by the name of a path's parameter, in every state there is."""

    stranger: Mall
    owner: Mall
    foreign: dict[str, list[str]]
    missing: dict[str, str]
    marks: list[str]  # words that must not be in any answer to the stranger
    hidden_sku: str
    hidden_goods: str
    shown_sku: str


def brought(owner: Mall, world: World, *, article: Article, state: str) -> Any:
    """An order, brought into a state."""
    from entrepot.trade import terms

    placed = owner.post("/orders", order(article.code)).json
    if state == "expired":
        world.let_lapse(SimpleNamespace(id=int(placed["id"])))
        assert world.run(terms.Expire(int(placed["id"]))).is_accepted
    if state in ("confirmed", "shipped", "received"):
        assert owner.post(f"/orders/{placed['id']}/confirm").status == 200
    if state in ("shipped", "received"):
        ship = terms.Ship(int(placed["id"]), article.supplier_id, "sf", f"SF{placed['id']}", STAFF)
        assert world.run(ship).is_accepted
    if state == "received":
        assert owner.post(f"/orders/{placed['id']}/receipt").status == 200
    if state == "cancelled":
        assert owner.post(f"/orders/{placed['id']}/cancel").status == 200
    assert owner.get(f"/orders/{placed['id']}").json["state"] == state
    return placed


MISSING = {
    **dict.fromkeys(
        ("order_id", "product_id", "aftersale_id", "recharge_id", "statement_id", "upload_id", "entry_id"), "999999999"
    ),
    **dict.fromkeys(("out_order_no", "batch_no", "out_refund_no", "out_recharge_no"), "none"),
}


def drawn() -> bytes:
    """A picture."""
    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    return picture.getvalue()


def papers(owner: Mall) -> dict[str, list[str]]:
    """An upload, a top-up and a statement of a mall, by the names of the paths' parameters."""
    from entrepot.base import scope
    from entrepot.recharge.models import Statement

    upload = owner.post("/uploads", drawn()).json["id"]
    recharge = {"out_recharge_no": f"C-{owner.party.number}", "amount": 1, "voucher": upload}
    topped_up = owner.post("/recharges", recharge).json
    with scope.platform():
        month = Statement.objects.create(
            distributor_id=owner.party.pk, month=date(1997, 3, 1), opening_fen=0, closing_fen=0
        )
    return {
        "upload_id": [upload],
        "recharge_id": [topped_up["id"]],
        "out_recharge_no": [topped_up["out_recharge_no"]],
        "statement_id": [str(month.pk)],
        "month": ["1997-03"],
    }


@pytest.fixture
def neighbours(make_mall: MakeMall, world: World) -> Neighbours:
    """Two malls; one has orders in every state, batches, money, and goods that are shown to him alone."""
    owner, stranger = make_mall(funds_fen=10**7), make_mall(funds_fen=10**6)
    own = world.article(stock=99)
    hidden = world.article(stock=99, visible_distributors=[owner.party.pk])
    of_tier = world.article(stock=99, visible_tiers=[owner.party.tier_id])
    draft = world.article(stock=99, state="draft")
    ids: list[str] = []
    numbers: list[str] = []
    for state in ("held", "confirmed", "shipped", "received", "cancelled", "expired"):
        placed = brought(owner, world, article=hidden, state=state)
        ids.append(placed["id"])
        numbers.append(placed["out_order_no"])
    batch = {"out_batch_no": f"F-{world.mark}", "orders": [order(own.code)]}
    batched = owner.post("/orders/batch", batch).json["results"][0]["order"]
    bought = Bought(world, owner, own)
    asked = owner.post("/aftersales", bought.wish()).json
    written = papers(owner)
    picked = owner.post("/selection", {"products": [str(hidden.goods_id)]}).json
    return Neighbours(
        stranger=stranger,
        owner=owner,
        foreign={
            "order_id": ids,
            "out_order_no": [*numbers, batched["out_order_no"]],
            "batch_no": [batch["out_batch_no"]],
            "aftersale_id": [asked["id"]],
            "entry_id": [entry["id"] for entry in picked["items"]],
            "out_refund_no": [asked["out_refund_no"]],
            **{name: written[name] for name in written if name != "month"},
            "product_id": [str(hidden.goods_id), str(of_tier.goods_id), str(draft.goods_id)],
        },
        missing=MISSING,
        marks=[
            *written["out_recharge_no"],
            *written["month"],
            asked["out_refund_no"],
            bought.order["out_order_no"],
            *ids,
            *numbers,
            batched["id"],
            hidden.code,
            of_tier.code,
            owner.key,
            owner.party.number,
        ],
        hidden_sku=hidden.code,
        hidden_goods=str(hidden.goods_id),
        shown_sku=own.code,
    )


# Operations that name no object of a party in their address: what they are asked with, and why that shows nothing.
WITHOUT_ID: dict[str, Any] = {
    "get_me": None,
    "echo": {"a": 1},
    "list_categories": None,
    "list_brands": None,
    "list_carriers": None,
    "list_products": None,
    "list_changes": None,
    "get_digest": None,
    "export_products": None,
    "list_selection": None,
    "add_to_selection": "nested",
    "query_availability": "nested",
    "get_webhook": None,
    "put_webhook": {"url": ""},
    "test_webhook": None,
    "list_events": None,
    "replay_events": {},
    "list_orders": None,
    "check_aftersale": "nested",
    "create_aftersale": "nested",
    "list_aftersales": None,
    "create_upload": "nested",
    "create_recharge": "nested",
    "list_recharges": None,
    "list_statements": None,
    "get_balance": None,
    "list_ledger": None,
    "query_products": "nested",
    "query_prices_and_stocks": "nested",
    "quote_freight": "nested",
    "preview_order": "nested",
    "create_order": "nested",
    "create_batch": "nested",
}


def test_the_matrix_holds_every_operation(contract: dict[str, Any], neighbours: Neighbours) -> None:
    """A new operation must be put into the matrix: by a known parameter of its path, or by its name."""
    for method, path, operation in operations(contract):
        names = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"]
        if names:
            assert set(names) <= neighbours.foreign.keys(), f"{method} {path}"
            assert operation["operationId"] not in WITHOUT_ID
        else:
            assert operation["operationId"] in WITHOUT_ID, f"{method} {path} is outside the matrix"


def test_somebody_elses_object_is_answered_like_a_missing_one(
    contract: dict[str, Any], neighbours: Neighbours, world: World
) -> None:
    before = [neighbours.owner.get(f"/orders/{order_id}").json for order_id in neighbours.foreign["order_id"]]
    cells = 0
    for method, path, operation in operations(contract):
        names = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"]
        for name in names:
            body = {} if "requestBody" in operation else b""
            missing = neighbours.stranger.call(method, path.format(**{name: neighbours.missing[name]}), body)
            assert (missing.status, missing.code) == (404, "not_found"), path
            for value in neighbours.foreign[name]:
                reply = neighbours.stranger.call(method, path.format(**{name: value}), body)
                assert (reply.status, plain(reply)) == (404, plain(missing)), (method, path, value)
                assert {n for n in reply.headers if n != "date"} == {n for n in missing.headers if n != "date"}
                cells += 1
    assert cells > 35
    after = [neighbours.owner.get(f"/orders/{order_id}").json for order_id in neighbours.foreign["order_id"]]
    assert after == before, "and nothing happened to it"


def test_lists_and_answers_show_nothing_of_the_neighbour(contract: dict[str, Any], neighbours: Neighbours) -> None:
    for method, path, operation in operations(contract):
        body = WITHOUT_ID.get(operation["operationId"], "nested")
        if body == "nested":
            continue
        reply = neighbours.stranger.call(method, path, body if body is not None else b"")
        assert reply.status == 200, path
        text = reply.body.decode()
        assert [mark for mark in neighbours.marks if f'"{mark}"' in text] == [], path
        lists = ("/orders", "/ledger", "/aftersales", "/recharges", "/statements")
        has_list = path.endswith(lists) and "items" in reply.json
        own = neighbours.owner.call(method, path, body if body is not None else b"").body.decode()
        assert not has_list or any(f'"{mark}"' in own for mark in neighbours.marks), f"{path}: the owner sees his own"


def test_ids_nested_in_bodies_show_nothing_of_the_neighbour(neighbours: Neighbours) -> None:
    stranger, hidden, shown = neighbours.stranger, neighbours.hidden_sku, neighbours.shown_sku
    live = stranger.post("/prices-stocks/query", {"skus": [hidden, "no such", shown]}).json["items"]
    assert live[0] | {"sku": ""} == live[1] | {"sku": ""}
    assert (live[1]["state"], live[2]["state"]) == ("not_available", "on_sale")
    assert stranger.post("/products/query", {"ids": [neighbours.hidden_goods, "999999999"]}).json["items"] == []
    assert neighbours.owner.post("/products/query", {"ids": [neighbours.hidden_goods]}).json["items"] != []
    told = stranger.post("/selection", {"products": [neighbours.hidden_goods, "999999999"]}).json
    assert (told["items"], told["unknown"]["products"]) == ([], [neighbours.hidden_goods, "999999999"])
    to = {"province": "浙江省", "city": "杭州市"}
    sold = [
        stranger.post("/availability/query", {"lines": [{"sku": sku}], "destination": to}).body.decode()
        for sku in (hidden, "no such")
    ]
    assert sold[0].replace(hidden, "no such") == sold[1]
    codes = [
        stranger.post("/freight/quote", {"lines": [{"sku": sku, "qty": 1}], "destination": to}).code
        for sku in (hidden, "no such")
    ]
    assert codes == ["product_delisted"] * 2, "another's goods are quoted like none"
    for path in ("/orders", "/orders/preview"):
        refusal = stranger.post(path, order(hidden))
        assert (refusal.code, refusal.json["errors"][0]["facts"]) == ("not_authorised_for_tier", {"sku": hidden})
    number = neighbours.foreign["out_order_no"][0]
    taken = stranger.post("/orders", order(shown, number=number))
    assert taken.status == 201, "another's number is no number of mine"
    batch_no = neighbours.foreign["batch_no"][0]
    assert stranger.post("/orders/batch", {"out_batch_no": batch_no, "orders": [order(shown)]}).status == 200
    wish = {"type": "refund", "reason": "other", "lines": [{"line": 1, "qty": 1}]}
    for path, more in (("/aftersales/check", {}), ("/aftersales", {"out_refund_no": "N-1"})):
        theirs, nobodys = (
            stranger.post(path, wish | more | {"out_order_no": no})
            for no in (neighbours.foreign["out_order_no"][1], "none")
        )
        assert (theirs.status, plain(theirs)) == (404, plain(nobodys)), "another's order is asked about like none"


# --- promise 23 ---

ELSEWHERE = [
    *(
        "distributor_id",
        "distributor",
        "supplier_id",
        "tier_id",
        "fee_rate_bps",
        "fee_rate",
        "price",
        "agreed_price_fen",
    ),
    *("supplier_price", "supplier_price_fen", "cost", "discount", "content_hash", "actor", "held_fen", "drawn_fen"),
    *(
        "total_fen",
        "confirmed_at",
        "is_sandbox",
        "warehouse_id",
        "allotment_id",
        "reserved",
        "on_hand",
        "credit_limit_fen",
    ),
    *("__proto__", "constructor", "", " ", "SKU", "Qty", "out_order_no ", "a/b", "a~b", "ключ", "\x7f"),
]


def objects(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every object inside a JSON value with its place."""
    if isinstance(value, dict):
        yield place, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from objects(part, (*place, name))


def all_fields(contract: dict[str, Any]) -> set[str]:
    """Every name that any request or answer has."""
    return {name for schema in contract["components"]["schemas"].values() for name in schema.get("properties", {})}


def allowed(contract: dict[str, Any], operation: Operation, place: tuple[Any, ...]) -> set[str]:
    """The fields that the object at a place of a request's body may have."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    for part in (*place, None):
        while "$ref" in schema:
            schema = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if part is not None:
            schema = schema["items"] if isinstance(part, int) else schema["properties"][part]
    return set(schema["properties"])


def test_no_extra_field_is_taken_anywhere(contract: dict[str, Any], mall: Mall, world: World) -> None:
    article = world.article(stock=99)
    names = sorted(all_fields(contract) | set(ELSEWHERE))
    assert len(names) > 100
    placed = mall.post("/orders", order(article.code)).json["id"]
    bought = Bought(world, mall, article)
    asked = mall.post("/aftersales", bought.wish()).json
    own = {"order_id": placed, "aftersale_id": asked["id"]}
    tried = 0
    for method, path, operation in operations(contract):
        if "application/json" not in operation.get("requestBody", {"content": {}})["content"]:
            continue
        if operation["operationId"] == "echo":
            continue
        example = operation["requestBody"]["content"]["application/json"]["example"]
        for place, _ in list(objects(example)):
            for name in names:
                if name in allowed(contract, operation, place):
                    continue
                body = copy.deepcopy(example)
                holder = body
                for part in place:
                    holder = holder[part]
                holder[name] = 1
                reply = mall.call(method, path.format(**own), body)
                pointer = "/".join(["", *map(str, place), name.replace("~", "~0").replace("/", "~1")])
                assert (reply.status, reply.code) == (422, "unknown_field"), (path, place, name, reply)
                assert [error["pointer"] for error in reply.json["errors"]] == [pointer]
                tried += 1
    assert tried > 1500
    there = [found["id"] for found in mall.get("/orders").json["items"]]
    assert there == [bought.order["id"], placed], "nothing was placed"
    assert mall.get("/aftersales").json["items"] == [asked], "nothing was asked for"
    assert mall.get(f"/orders/{placed}").json["state"] == "held", "nothing was changed"


def test_an_extra_parameter_of_a_list_is_refused(contract: dict[str, Any], mall: Mall) -> None:
    for method, path, operation in operations(contract):
        if any(parameter["in"] == "query" for parameter in operation["parameters"]):
            for name in ("distributor_id", "offset", "order_by", "fields", "state[]", "limit ", "LIMIT"):
                reply = mall.call(method, f"{path}?{name.replace(' ', '%20')}=1")
                assert (reply.status, reply.code) == (422, "unknown_field"), (path, name)
