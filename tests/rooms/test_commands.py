"""The operator's commands, run in this process, and the demo world."""

import argparse
import io
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from entrepot.base import scope
from entrepot.catalog.models import Goods
from entrepot.doors.cli import bench_world, books, desk_lines, instance, staff
from entrepot.doors.cli.demo import past, world
from entrepot.doors.cli.demo.assortment import articles
from entrepot.doors.cli.fill import orders as filled_orders
from entrepot.doors.cli.fill.world import fill, partners_for
from entrepot.doors.kit import demo, second_factor
from entrepot.orders.consignees import open_consignee
from entrepot.parties.models import Distributor, User
from entrepot.reports.verify import verify
from entrepot.trade.terms import Credit
from entrepot_launch import roles
from tests import audit
from tests.filled import as_owner
from tests.world import CONSIGNEE, World, rows

NOTHING = argparse.Namespace()


@pytest.fixture
def in_demo(settings: Any, tmp_path: Path) -> Path:
    """A demo world's settings, with a data folder of its own."""
    settings.DEMO, settings.DATA_DIR, settings.MEDIA_ROOT = True, tmp_path, tmp_path / "media"
    return tmp_path


def test_a_demo_world_is_whole(fresh_database: roles.Access, in_demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.demo_world(argparse.Namespace(seed=20)) == 0
    assert verify()["differences"] == []
    states = dict(rows("select state, count(*) from orders_order group by state"))
    assert set(states) >= {"held", "awaiting_funds", "confirmed", "shipped", "received", "completed", "cancelled"}
    assert set(states) >= {"expired", "refunded"} and sum(states.values()) >= 280
    goods = dict(rows("select state, count(*) from catalog_goods group by state"))
    assert set(goods) == {"draft", "submitted", "on_sale", "unlisted", "rejected"} and sum(goods.values()) >= 190
    unkept = (
        "select count(*) from catalog_goods g where state = 'on_sale' and not exists (select from catalog_goodsversion"
    )
    assert rows(f"{unkept} where goods_id = g.id and number = 1)") == [(0,)]
    assert len(rows("select distinct kind from parties_distributor")) == 3
    days = rows("select count(distinct (created_at at time zone 'Asia/Shanghai')::date) from orders_order")
    assert days[0][0] >= 13
    with scope.platform():
        paths = {path for row in Goods.objects.all() for path in row.images}
    assert len(paths) >= 150 and all((in_demo / "media" / path).is_file() for path in paths)
    _check_accounts(in_demo)
    capsys.readouterr()
    _check_keys(capsys)
    assert world.demo_world(argparse.Namespace(seed=20)) == 0
    assert "inhabited" in capsys.readouterr().out
    assert sum(dict(rows("select state, count(*) from orders_order group by state")).values()) == sum(states.values())


def _check_accounts(data: Path) -> None:
    assert stat.S_IMODE((data / "demo-accounts.json").stat().st_mode) == 0o600
    accounts = demo.accounts()
    assert [account["username"] for account in accounts][:1] == ["admin"]
    for account in accounts:
        user = User.objects.get(username=account["username"])
        assert user.check_password(account["password"]) and user.kind == account["kind"]
        assert user.display_name != user.username
        assert bool(second_factor.demo_code(user)) == (user.kind == "platform")


def _check_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert instance.keys(argparse.Namespace(json=True)) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(row["tier"], row["fee_rate_bps"]) for row in found] == [("高级", 500), ("中级", 650), ("初级", 800)]
    assert all(row["key"].startswith("ek_live_") and row["secret"].startswith("whsec_") for row in found)
    with scope.platform():
        assert all(row.allow_list == ["127.0.0.1/32", "::1/128"] for row in Distributor.objects.all())


def test_a_broken_off_demo_leaves_nothing_behind(
    fresh_database: roles.Access, in_demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    def unpainted(wanted: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
        return dict.fromkeys(wanted, "goods/00/none.webp")

    monkeypatch.setattr(world, "store_all", unpainted)
    monkeypatch.setattr(world, "_pay_in", fail)
    monkeypatch.setattr("entrepot.catalog.pictures.is_kept", lambda path: path == "goods/00/none.webp")
    with pytest.raises(KeyboardInterrupt):
        world.demo_world(argparse.Namespace(seed=20))
    for table in ("parties_user", "parties_distributor", "catalog_goods", "orders_order", "ledger_transfer"):
        assert rows(f"select count(*) from {table}") == [(0,)]
    assert not (in_demo / "demo-accounts.json").exists()


def test_the_assortment_is_sound() -> None:
    found = articles()
    assert len({article.number for article in found}) == len(found) == len({article.name for article in found})
    assert {article.owner for article in found} == {"platform", "farm", "factory"}
    assert all(price_fen > 0 for article in found for _spec, price_fen in article.skus)


def test_outside_a_demo_world_there_is_no_past_no_key_and_no_desk(
    committed: roles.Access, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO = False
    with pytest.raises(RuntimeError, match="demo"):
        past.run_at(None, asks=[Credit(1, 1, "x", "system")])  # type: ignore[arg-type]
    assert world.demo_world(argparse.Namespace(seed=1)) == 1
    assert instance.keys(argparse.Namespace(json=True)) == 1
    assert instance.accounts(NOTHING) == 1
    assert desk_lines.desk(NOTHING) == 1
    assert capsys.readouterr().out == ""


def test_a_bench_does_not_touch_a_real_network(world: World, settings: Any) -> None:
    settings.DEMO = False
    world.distributor()
    assert bench_world.bench_world(argparse.Namespace(skus=1, distributors=1, json=True)) == 1


def test_a_bench_world_has_stock_money_and_keys(
    fresh_database: roles.Access, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO = False
    for _ in range(2):
        assert bench_world.bench_world(argparse.Namespace(skus=3, distributors=2, json=True)) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(made["skus"]) == 3 and len(made["distributors"]) == 2
    assert rows("select min(on_hand), count(*) from stock_level") == [(bench_world.PIECES, 6)]
    assert rows("select min(balance_fen), count(*) from ledger_account where kind = 'prepaid'") == [
        (bench_world.FUNDS_FEN, 4)
    ]
    assert verify()["differences"] == []


def test_verify_tells_by_its_exit_code(fresh_database: roles.Access, capsys: pytest.CaptureFixture[str]) -> None:
    World().distributor(funds_fen=5)
    assert books.verify(argparse.Namespace(json=True)) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []
    with scope.desk():
        from django.db import connection

        connection.cursor().execute("update ledger_account set balance_fen = 6 where kind = 'prepaid'")
    assert books.verify(argparse.Namespace(json=True)) == 1
    (row,) = json.loads(capsys.readouterr().out)["differences"]
    assert (row["table"], row["field"], row["expected"], row["found"]) == ("ledger_account", "balance_fen", 5, 6)


@pytest.mark.parametrize(("password", "code"), [("weakpass", 1), ("", 1), ("Gh7-quite-long-word", 0)])
def test_the_first_user_needs_a_strong_password(
    fresh_database: roles.Access, monkeypatch: pytest.MonkeyPatch, password: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    assert staff.create_staff(argparse.Namespace(username="boss", name="老板")) == code
    found = User.objects.filter(username="boss").first()
    assert (found is None) == bool(code)
    assert found is None or (found.check_password(password) and found.roles.get().name == "超级管理员")


def ask(verb: str, **arguments: Any) -> dict[str, Any]:
    return json.loads(json.dumps(desk_lines._answer(json.dumps({"verb": verb} | arguments))))


def test_desk_lines_do_what_staff_do(world: World, in_demo: Path) -> None:
    mall, article = world.distributor(funds_fen=100_000, fee_rate_bps=0), world.article(stock=10)
    order = str(world.place(mall, (article, 5), mode="direct").id)
    assert ask("ship", order_id=order, lines={"1": 2}, tracking_no="T1")["state"] == "partly_shipped"
    assert ask("ship", order_id=order, lines={"1": 2}, tracking_no="T1")["replayed"] is True
    assert ask("ship", order_id=order, lines={"1": 9}, tracking_no="T2")["code"] == "validation_failed"
    assert ask("refund", order_id=order, lines={"1": 1}, refund_no="R")["refunded"] == 1_000
    assert ask("ship", order_id=order, lines={}, tracking_no="T3")["state"] == "shipped"
    assert ask("receive", order_id=order)["ok"] and ask("complete", order_id=order)["state"] == "completed"
    assert ask("credit", distributor=mall.number, amount_fen=-10, cause=world.name("c"))["balance"] == 95_990
    assert ask("credit_limit", distributor=mall.number, limit_fen=7)["credit_limit"] == 7
    assert ask("restock", sku=article.code, qty=-6, cause=world.name("r"))["available"] == 0
    assert ask("restock", sku=article.code, qty=-1, cause=world.name("r"))["code"] == "insufficient_stock"
    assert ask("suspend", distributor=mall.number)["state"] == "suspended"
    assert ask("activate", distributor=mall.number)["state"] == "active"


def test_desk_lines_answer_nonsense_with_a_code(world: World, in_demo: Path) -> None:
    assert desk_lines._answer("nonsense")["code"] == "unknown_verb"
    assert desk_lines._answer("[1]")["code"] == "unknown_verb"
    assert ask("fly")["code"] == "unknown_verb"
    assert ask("ship")["code"] == "validation_failed"
    assert ask("receive", order_id="x")["code"] == "validation_failed"
    assert ask("receive", order_id="999999999")["code"] == "not_found"
    assert ask("ship", order_id="999999999", lines={}, tracking_no="x")["code"] == "not_found"
    assert ask("credit", distributor="nobody", amount_fen=1, cause="x")["code"] == "not_found"
    assert ask("restock", sku="nothing", qty=1, cause="x")["code"] == "not_found"


def test_the_books_of_the_desk_lines(world: World, in_demo: Path) -> None:
    mall, article = world.distributor(funds_fen=100_000, fee_rate_bps=500), world.article(stock=10)
    world.allotment(article, distributor=mall, pieces=4, cap=6, buffer=1)
    world.place(mall, (article, 2), mode="direct")
    found = ask("books", skus=[article.code])
    accounts = {(row["kind"], row["distributor"]): row for row in found["accounts"]}
    assert accounts["prepaid", mall.number]["balance_fen"] == 100_000 - 2_100
    assert accounts["prepaid", mall.number]["funds_policy"] == "hold"
    assert accounts["clearing", mall.number]["balance_fen"] == 2_100
    assert accounts["bank", None]["balance_fen"] < 0
    shared, own = found["levels"]
    assert (shared["distributor"], shared["on_hand"], shared["reserved"]) == (None, 6, 0)
    assert [own[name] for name in ("distributor", "on_hand", "reserved", "cap", "buffer", "taken")] == [
        *(mall.number, 4, 2, 6, 1, 2)
    ]
    assert found["skus"][0]["supply_price_fen"] == 1_000
    assert CONSIGNEE.phone_masked not in json.dumps(found)


def test_a_filled_world_has_partners_for_its_size() -> None:
    sizes = [(1_000, 10_000), (300_000, 1_000_000), (1_000_000, 10_000_000), (5_000_000, 50_000_000)]
    assert [partners_for(skus, orders=orders) for skus, orders in sizes] == [
        (40, 20),
        (500, 60),
        (5_000, 200),
        (5_000, 200),
    ]


def test_a_filled_world_is_large_and_verifies(
    fresh_database: roles.Access, settings: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filled_orders, "BLOCK", 250)
    monkeypatch.setattr(filled_orders, "_SEALED_AT_ONCE", 300)
    before = _shape_of_tables()
    asked = argparse.Namespace(skus=60, orders=2_000, distributors=5, suppliers=3, yes=False)
    with as_owner(fresh_database):
        assert fill(asked) == 0
    assert "2,000 of 2,000 orders" in capsys.readouterr().out
    assert _shape_of_tables() == before, "what was taken off for the while is back"
    assert rows("select count(*) from orders_order where out_order_no like 'F%%'") == [(2_000,)]
    states = dict(rows("select state, count(*) from orders_order group by state"))
    assert states.keys() >= {"completed", "received", "shipped", "confirmed", "cancelled", "expired", "refunded"}
    assert verify()["differences"] == []
    parties = [party for (party,) in rows("select id from parties_distributor")]
    assert audit.faults(distributors=parties, skus=[sku for (sku,) in rows("select id from catalog_sku")]) == []
    ((sealed,),) = rows("select sealed from orders_consignee limit 1")
    assert open_consignee(sealed).address
    assert rows("select count(*) from catalog_goods where cardinality(search_terms) < 5") == [(0,)]
    before_it = "select at, lag(at) over (order by id) as before from ledger_transfer where order_id is not null"
    assert rows(f"select count(*) from ({before_it}) t where at < before") == [(0,)], "the ledger goes on with the time"
    slices = [pieces for (pieces,) in rows("select count(*) from ledger_transfer group by xid")]
    assert len(slices) > 20 and max(slices) < 700, "a seal takes steps of a usual size"
    settings.DEMO = False
    real = World()
    real.place(real.distributor(funds_fen=10_000), (real.article(stock=1), 1))
    with as_owner(fresh_database):
        assert fill(asked) == 1, "real orders are traded here"


def _shape_of_tables() -> list[tuple[Any, ...]]:
    """Return every constraint, index and guard of the database.

    An index on a list of texts, made once more from what it says of itself, says its casts in another place.
    """
    index = "replace(replace(pg_get_indexdef(indexrelid), '::character varying', ''), '::text', '')"
    return rows(
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint where conrelid > 0"
        f" union all select indrelid::regclass::text, indexrelid::regclass::text, translate({index}, '()[]', '') from pg_index"
        " union all select oid::regclass::text, relrowsecurity::text, relforcerowsecurity::text from pg_class"
        " where relkind = 'r' order by 1, 2, 3"
    )
