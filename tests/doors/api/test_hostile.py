"""Hostile input: every operation, every field, strange bytes, sizes and methods; a refusal, never a crash."""

import copy
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors.api.mall import Mall, Reply, order, raw_exchange, status_of
from tests.doors.api.serving import Served
from tests.world import World

LIMIT = 1_048_576


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    """The contract."""
    from entrepot.doors.api.app import contract as made

    return made()


def bodies(contract: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Path and example of every operation that reads a body of JSON; bare bytes have a corpus of their own."""
    for path, methods in contract["paths"].items():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content and operation["operationId"] != "echo":
                yield path, content["application/json"]["example"]


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the scalar values of a JSON value are."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from leaves(part, (*place, name))
    if not isinstance(value, dict | list):
        yield place


def with_value(example: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The example with one value replaced, under numbers of its own."""
    bent = copy.deepcopy(example)
    for name in ("out_order_no", "out_batch_no", "out_refund_no", "out_recharge_no"):
        if isinstance(bent, dict) and name in bent:
            bent[name] = secrets.token_hex(8)
    holder = bent
    for part in place[:-1]:
        holder = holder[part]
    holder[place[-1]] = value
    return bent


def is_clean(reply: Reply) -> bool:
    """Whether an answer is a proper one: no crash, problems as problems, named."""
    is_problem = reply.headers.get("content-type") == "application/problem+json"
    named = reply.headers.get("entrepot-request-id", "").startswith("req_")
    return reply.status < 500 and is_problem == (reply.status >= 400) and named


STRANGE: list[Any] = [
    *("", "\x00", "a\x00b", "\x1b[31m", "\x7f", "\u2028", "\ufeff", "\uffff", "a\n", "\r\n", "💣", "é" * 10_000, "0"),
    *("' or 1=1 --", '"}{', "\\", "{}", "%s%n", "../../etc/passwd", "$(id)", "{0.__class__}", "٣", "1e9", "-1"),
    *(0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**400, 1.0, 1.5, -0.0, 1e308, True, None),
    *([], {}, [[]], {"a": 1}, ["x"] * 600, [None]),
]


def test_no_value_of_any_field_crashes_an_operation(mall: Mall, world: World, contract: dict[str, Any]) -> None:
    placed = mall.post("/orders", order(world.article(stock=10).code)).json["id"]
    tried = 0
    for path, example in bodies(contract):
        places = list(leaves(example)) or [("reason",)]
        for place in places:
            for value in STRANGE:
                reply = mall.post(path.replace("{order_id}", placed), with_value(example, place, value))
                assert is_clean(reply), (path, place, value, reply)
                tried += 1
    assert tried > 2000


@pytest.mark.parametrize("value", ["\x00", "a\x00", "a\n", "\x1f", "\x7f"])
@pytest.mark.parametrize(
    "place", [("lines", 0, "sku"), ("lines", 0, "promotion"), ("consignee", "name"), ("consignee", "city")]
)
def test_what_no_line_of_text_holds_is_refused_with_its_place(mall: Mall, place: tuple[Any, ...], value: str) -> None:
    refusal = mall.post("/orders", with_value(order("x"), place, value))
    assert (refusal.status, refusal.code) == (422, "validation_failed")
    assert refusal.json["errors"][0]["pointer"] == "/" + "/".join(map(str, place))


def test_a_number_with_a_line_break_is_none(mall: Mall, world: World) -> None:
    code = world.article(stock=9).code
    for number in ("A\n", "A\r", "A B", "A/B", "", "A" * 65, "水"):
        refusal = mall.post("/orders", order(code) | {"out_order_no": number})
        assert (refusal.status, refusal.json["errors"][0]["pointer"]) == (422, "/out_order_no"), number


def test_a_remark_may_have_lines(mall: Mall, world: World) -> None:
    code = world.article(stock=9).code
    assert mall.post("/orders", order(code, remark="门口\r\n\t放 💐\n")).status == 201
    assert mall.post("/orders", order(code, remark="a\x00")).json["errors"][0]["pointer"] == "/remark"


BROKEN: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "spaces": (b"  \n", 400),
    "no JSON": (b"hello", 400),
    "half": (b'{"skus": ["A', 400),
    "more behind": (b'{"skus": ["a"]} {}', 400),
    "a byte order mark": (b'\xef\xbb\xbf{"skus": ["a"]}', 400),
    "UTF-16": ('{"skus": ["a"]}'.encode("utf-16"), 400),
    "not UTF-8": (b'{"skus": ["\xff"]}', 400),
    "an encoded surrogate": (b'{"skus": ["\xed\xa0\x80"]}', 400),
    "a lone surrogate": (b'{"skus": ["\\ud800"]}', 400),
    "surrogates turned round": (b'{"skus": ["\\udc00\\ud800"]}', 400),
    "a raw NUL": (b'{"skus": ["\x00"]}', 400),
    "an escaped NUL": (b'{"skus": ["\\u0000"]}', 422),
    "NaN": (b'{"skus": NaN}', 400),
    "Infinity": (b'{"skus": -Infinity}', 400),
    "a number without end": (b'{"skus": ' + b"9" * 100_000 + b"}", 422),
    "an exponent without end": (b'{"skus": 1e' + b"9" * 100 + b"}", 422),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "deep lists": (b'{"skus": ' + b"[" * 400_000, 422),
    "deep lists, closed": (b'{"skus": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", 422),
    "deep objects": (b'{"a": ' * 120_000 + b"1" + b"}" * 120_000, 422),
    "a single quote": (b"{'skus': ['a']}", 400),
    "a comma too many": (b'{"skus": ["a"],}', 400),
    "a comment": (b'{"skus": ["a"] /* x */}', 400),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_body_is_told_so(mall: Mall, what: str) -> None:
    body, status = BROKEN[what]
    for path in ("/prices-stocks/query", "/orders"):
        reply = mall.post(path, body)
        assert is_clean(reply)
        assert reply.status in ((status,) if path != "/orders" else (400, 422)), reply
        if reply.status == 400:
            assert reply.code == "bad_json"


def test_of_a_name_given_twice_the_last_counts(mall: Mall, world: World) -> None:
    code = world.article(stock=9).code
    wanted = json.dumps(order(code, qty=1)).replace('"qty": 1', '"qty": 7, "qty": 2').encode()
    placed = mall.post("/orders", wanted)
    assert placed.json["lines"][0]["qty"] == 2
    plain = wanted.replace(b'"qty": 7, ', b"")
    assert mall.post("/orders", plain).headers["idempotent-replayed"] == "true", "and it alone is the content"


# --- sizes ---


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (8 * LIMIT, 413)])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_mebibyte_is_the_most(mall: Mall, served: Served, size: int, status: int, is_chunked: bool) -> None:
    wire = mall.signed("POST", "/echo", b"x" * size).on_the_wire(is_closing=True)
    if is_chunked:
        head, _, body = wire.partition(b"\r\n\r\n")
        head = head.replace(f"Content-Length: {size}".encode(), b"Transfer-Encoding: chunked")
        pieces = [body[place : place + 65_536] for place in range(0, size, 65_536)]
        wire = head + b"\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    answer = raw_exchange(served.port, wire)
    assert status_of(answer) == status
    if status == 413:
        assert b'"code":"payload_too_large"' in answer


def test_a_body_that_breaks_off_does_not_hurt(mall: Mall, served: Served) -> None:
    wire = mall.signed("POST", "/echo", b"x" * 1000).on_the_wire()
    for cut in (len(wire) - 1, len(wire) - 999, 60, 3):
        import socket

        with socket.create_connection(("127.0.0.1", served.port)) as plug:
            plug.sendall(wire[:cut])
    assert mall.get("/me").status == 200


@pytest.mark.parametrize("first", [None, {"type": "http.request", "body": b"{", "more_body": True}])
def test_a_body_that_never_comes_is_waited_for_half_a_minute(monkeypatch: pytest.MonkeyPatch, first: Any) -> None:
    """Tried in this process with a shorter patience."""
    import asyncio

    from entrepot.doors.api import guard

    monkeypatch.setattr(guard, "BODY_TIMEOUT_S", 0.05)
    said: list[dict[str, Any]] = []
    pieces = [first] if first is not None else []

    async def receive() -> Any:
        return pieces.pop() if pieces else await asyncio.Event().wait()

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    asgi = {"type": "http", "method": "POST", "path": "/api/v1/orders", "query_string": b"", "headers": []}
    asyncio.run(guard.Guard(None)(asgi, receive, send))
    assert said[0]["status"] == 400
    assert json.loads(said[1]["body"])["code"] == "bad_json"


def test_a_suspended_distributor_places_nothing_but_sees_and_settles_what_he_has(mall: Mall, world: World) -> None:
    from entrepot.base import scope
    from entrepot.parties.models import Distributor

    article = world.article(stock=9)
    held = mall.post("/orders", order(article.code)).json
    with scope.platform():
        Distributor.objects.filter(pk=mall.party.pk).update(state="suspended")
    for path in ("/orders", "/orders/preview"):
        refusal = mall.post(path, order(article.code))
        assert (refusal.status, refusal.code, refusal.retry) == (403, "distributor_suspended", "after_action")
    batch = mall.post("/orders/batch", {"out_batch_no": "S", "orders": [order(article.code)]}).json
    assert batch["results"][0]["problem"]["code"] == "distributor_suspended"
    assert mall.get("/me").json["state"] == "suspended"
    assert mall.get(f"/orders/{held['id']}").json == held
    assert mall.post(f"/orders/{held['id']}/confirm").json["state"] == "confirmed", "a buyer who paid is not dropped"
    assert world.stock(article) == (9, 1)


# --- methods and addresses ---


def test_methods_that_are_not_there(mall: Mall) -> None:
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "HEAD", "PROPFIND", "get"):
        reply = mall.call(method, "/orders")
        assert reply.status == 405, method
        assert {"GET", "POST"} <= set(reply.headers["allow"].split(", "))
        assert method == "HEAD" or reply.code == "method_not_allowed"
        assert mall.send(mall.signed(method, "/orders", headers={"Entrepot-Signature": "v1,AAAA"})).status == 401
    options = mall.call("OPTIONS", "/orders")
    assert (options.status, options.body) == (204, b"")


PATHS = [
    "%00",
    "%ff",
    "a%00b",
    "..",
    "%2e%2e",
    "0",
    "-1",
    "1e3",
    "9" * 18,
    "9" * 19,
    "9" * 400,
    "%D9%A3",
    "x" * 4000,
    "+",
    "%0a",
]


@pytest.mark.parametrize(
    "path", ["/orders/{}", "/orders/{}/shipments", "/orders/by-out-no/{}", "/orders/batch/{}", "/products/{}"]
)
def test_an_address_of_nothing_is_not_found(mall: Mall, path: str) -> None:
    missing = mall.get("/orders/1").json | {"request_id": ""}
    for strange in PATHS:
        reply = mall.get(path.format(strange))
        assert (reply.status, reply.json | {"request_id": ""}) == (404, missing), (path, strange)


@pytest.mark.parametrize("verb", ["confirm", "cancel", "receipt"])
def test_a_verb_on_nothing_is_not_found(mall: Mall, verb: str) -> None:
    for strange in PATHS:
        assert mall.post(f"/orders/{strange}/{verb}").status == 404, strange


def test_a_body_with_a_get_is_only_signed(mall: Mall) -> None:
    assert mall.call("GET", "/me", b'{"number": "D1"}').status == 200


# --- lists ---

LISTS = ("/orders", "/ledger", "/products")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        *(
            ("limit=0", "/limit"),
            ("limit=501", "/limit"),
            ("limit=-1", "/limit"),
            ("limit=1.5", "/limit"),
            ("limit=", "/limit"),
        ),
        *(
            ("limit=%D9%A3", "/limit"),
            ("limit=" + "9" * 5000, "/limit"),
            ("limit=0x10", "/limit"),
            ("limit=%ff", "/limit"),
        ),
        *(("cursor=", "/cursor"), ("cursor=x", "/cursor"), ("cursor=%00", "/cursor"), ("cursor=MQ", "/cursor")),
        *(("cursor=" + "A" * 5000, "/cursor"), ("cursor=%F0%9F%92%A3", "/cursor"), ("cursor=b3JkZXJzOi0x", "/cursor")),
        *(("offset=10", "/offset"), ("page=2", "/page"), ("limit=1&limit=2", "/limit"), ("Limit=1", "/Limit")),
        ("cursor=MQ&cursor=MQ", "/cursor"),
    ],
)
def test_a_wrong_question_to_a_list_is_refused(mall: Mall, path: str, query: str, pointer: str) -> None:
    refusal = mall.get(f"{path}?{query}")
    assert refusal.status == 422, refusal
    assert refusal.json["errors"][0]["pointer"] == pointer


def test_a_cursor_belongs_to_its_list(mall: Mall, world: World) -> None:
    code = world.article(stock=99).code
    world.article(stock=1)
    for _ in range(3):
        assert mall.post("/orders", order(code, mode="direct")).status == 201
    cursors = {path: mall.get(f"{path}?limit=1").json["next_cursor"] for path in LISTS}
    for path in LISTS:
        for owner, cursor in cursors.items():
            reply = mall.get(f"{path}?limit=1&cursor={cursor}")
            assert reply.status == (200 if owner == path else 422), (path, owner)


@pytest.mark.parametrize("path", LISTS)
def test_pages_join_without_gap_or_double(mall: Mall, world: World, path: str) -> None:
    article = world.article(stock=99)
    code = article.code
    for _ in range(7):
        mall.post("/orders", order(code, mode="direct"))
        world.article(stock=1)
    category = mall.get(f"/products/{article.goods_id}").json["category_id"]
    own = f"&category={category}" if path == "/products" else ""
    whole = [item["id"] for item in mall.get(f"{path}?limit=500{own}").json["items"]]
    assert 7 <= len(whole) < 500
    for limit in (1, 3, 7, len(whole)):
        walked: list[str] = []
        cursor = ""
        while True:
            page = mall.get(f"{path}?limit={limit}{own}{cursor}").json
            assert len(page["items"]) <= limit
            walked += [item["id"] for item in page["items"]]
            assert page["has_more"] == (page["next_cursor"] is not None)
            if not page["has_more"]:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert walked == whole


@pytest.mark.parametrize(
    "moment",
    [
        *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B14:00", "2026-01-01", "2026-01-01T00:00:00", "now", ""),
        *("2026-01-01T00:00:00+08:00", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00%2B25:00", "%00", "1767232800"),
    ],
)
def test_a_moment_without_zone_or_beyond_the_calendar_is_refused(mall: Mall, moment: str) -> None:
    for name in ("created_from", "created_until"):
        refusal = mall.get(f"/orders?{name}={moment}")
        assert (refusal.status, refusal.json["errors"][0]["pointer"]) == (422, f"/{name}")


def test_orders_are_found_by_state_and_time(mall: Mall, world: World) -> None:
    code = world.article(stock=99).code
    first = mall.post("/orders", order(code)).json
    second = mall.post("/orders", order(code, mode="direct")).json
    at = second["created_at"].replace("+", "%2B")

    def ids(query: str) -> list[str]:
        return [found["id"] for found in mall.get(f"/orders?{query}").json["items"]]

    assert ids("state=held") == [first["id"]]
    assert ids("state=confirmed") == [second["id"]]
    assert ids(f"created_from={at}") == [second["id"]]
    assert ids(f"created_until={at}") == [first["id"]]
    for zone in ("-23:59", "%2B23:59", "%2B00:00:00.000001", "Z"):
        assert ids(f"created_until=2020-01-01T00:00:00{zone}") == []
        assert len(ids(f"created_from=2020-01-01T00:00:00{zone}")) == 2
    assert mall.get("/orders?state=lost").json["errors"][0]["pointer"] == "/state"
