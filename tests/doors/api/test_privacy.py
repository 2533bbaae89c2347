"""A buyer's name, phone and address are in no answer, no log line, no event and no column in clear."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from entrepot_launch import roles
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, Reply, order
from tests.doors.api.serving import Served
from tests.world import World

CANARY = {
    "name": "欧阳金丝雀",
    "phone": "19977665544",
    "province": "广东省",
    "city": "深圳市",
    "district": "南山区",
    "street": "鸣禽街道",
    "address": "金丝雀路 90471153 号",
}
WORDS = [CANARY["name"], CANARY["phone"], CANARY["street"], CANARY["address"], "90471153"]


def told(text: str) -> list[str]:
    """Which canaries are in a text, escaped or not."""
    return [word for word in WORDS if word in text or json.dumps(word)[1:-1] in text]


def canary(code: str, **more: Any) -> dict[str, Any]:
    """An order for the canary."""
    return order(code, **more) | {"consignee": dict(CANARY)}


def broken(wanted: dict[str, Any]) -> Iterator[Any]:
    """Bodies that are refused while the canary is in them, once at least in each of its fields."""
    for field in CANARY:
        for value in (CANARY["phone"] * 20, [CANARY["name"]], CANARY["name"] + "\x00", {CANARY["phone"]: 1}):
            bent = copy.deepcopy(wanted)
            bent["consignee"][field] = value
            yield bent
    for bend in (
        {"mode": CANARY["phone"]},
        {"hold_minutes": CANARY["phone"]},
        {"lines": [{"sku": "x", "qty": CANARY["phone"]}]},
        {"lines": [{"sku": "x", "qty": int(CANARY["phone"])}]},
        {"out_order_no": CANARY["name"]},
        {"remark": [CANARY["address"]]},
    ):
        yield wanted | bend
    text = json.dumps(wanted, ensure_ascii=False).encode()
    yield text[:-30]
    yield text + b"x"
    yield text.replace("金丝雀".encode(), b"\xff\xfe")


def answers(mall: Mall, world: World, poor: Mall) -> Iterator[Reply]:
    """Everything the door says about orders of the canary."""
    article = world.article(stock=50)
    wanted = canary(article.code)
    placed = mall.post("/orders", wanted)
    yield placed
    yield mall.post("/orders", wanted)
    other = copy.deepcopy(wanted)
    other["consignee"] |= {"name": "欧阳金丝雀二", "phone": "19977665545", "address": "另一条路"}
    yield mall.post("/orders", other)
    yield mall.post("/orders", canary(article.code, number=wanted["out_order_no"], qty=2))
    for path in ("/orders", "/orders/preview"):
        yield mall.post(path, canary(article.code))
        yield mall.post(path, canary(article.code, qty=10_000))
        yield mall.post(path, canary("no such"))
        yield poor.post(path, canary(article.code))
        for body in broken(canary(article.code)):
            yield mall.post(path, body)
    rows = [canary(article.code), other, canary("no such")]
    for is_atomic in (False, True):
        batch = {"out_batch_no": f"C-{world.mark}-{is_atomic}", "orders": rows, "atomic": is_atomic}
        yield mall.post("/orders/batch", batch)
        yield mall.get(f"/orders/batch/{batch['out_batch_no']}")
        yield mall.post("/orders/batch", batch | {"orders": rows[:1]})
    order_id = placed.json["id"]
    for verb in ("confirm", "confirm", "cancel", "receipt"):
        yield mall.post(f"/orders/{order_id}/{verb}")
    for path in ("/orders", f"/orders/{order_id}", f"/orders/by-out-no/{wanted['out_order_no']}", "/ledger"):
        yield mall.get(path)


@contextmanager
def fault_on_placing(access: roles.Access, distributor_id: int) -> Iterator[None]:
    """Let the database fail on a distributor's orders, with the row and the canary in its words."""
    with psycopg.connect(access.admin_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL(
                "create function canary_fault() returns trigger language plpgsql as $$ begin"
                " if new.distributor_id = {} then raise exception 'row % of %', new, {}"
                " using detail = new::text, hint = {}; end if; return new; end $$"
            ).format(sql.Literal(distributor_id), sql.Literal(CANARY["name"]), sql.Literal(CANARY["phone"]))
        )
        admin.execute(
            "create trigger canary before insert on orders_consignee for each row execute function canary_fault()"
        )
        try:
            yield
        finally:
            admin.execute("drop trigger canary on orders_consignee; drop function canary_fault()")


def test_no_answer_log_line_or_column_tells_of_the_buyer(
    mall: Mall, make_mall: MakeMall, world: World, served: Served, committed: roles.Access
) -> None:
    said = list(answers(mall, world, make_mall()))
    assert {reply.status for reply in said} >= {200, 201, 400, 409, 422}
    with fault_on_placing(committed, mall.party.pk):
        failed = mall.post("/orders", canary(world.article(stock=5).code))
        assert (failed.status, failed.code) == (500, "internal_error")
        said.append(failed)
    for reply in said:
        # A field's name is the caller's own word and is told back, its value never.
        body = reply.body.decode()
        if f"/{CANARY['phone']}" not in body:
            assert told(body) == [], body
    log = served.log.read_text()
    assert failed.json["request_id"] in log, "the fault is on record"
    assert "P0001" in log
    assert told(log) == []


def test_no_column_holds_the_buyer_in_clear(
    mall: Mall, make_mall: MakeMall, world: World, committed: roles.Access
) -> None:
    statuses = [reply.status for reply in answers(mall, world, make_mall())]
    assert statuses.count(201) >= 2
    with psycopg.connect(committed.admin_url) as admin:
        tables = admin.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        assert len(tables) > 25
        for (table,) in tables:
            for (row,) in admin.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(table))):
                assert told(row) == [], table
        masked = admin.execute(
            "select name_masked, phone_masked from orders_consignee where distributor_id = %s", [mall.party.pk]
        ).fetchall()
        assert set(masked) == {("欧*", "199****5544")}
        admin.execute("set search_path to pg_temp")
        admin.execute("create table planted as select %s::text as remark", [CANARY["address"]])
        found = admin.execute("select t::text from planted t").fetchone()
        assert found is not None
        assert told(found[0]), "a planted canary is found"
