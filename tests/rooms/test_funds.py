"""Foresight of funds, statements, quotas, switches of the shelf and allotments, against the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from entrepot.base import scope
from entrepot.base.days import ZONE, day_of
from entrepot.base.mistakes import Mistake
from entrepot.catalog.models import Goods
from entrepot.recharge import foresight, statements
from entrepot.recharge.models import CountedDay, DayTotal, Foresight, Statement
from entrepot.stock import quotas, rules, shelving
from entrepot.stock.models import HoldRecord, SoldOut
from entrepot.stock.queries import all_allotments, allotments_to_tend
from entrepot.trade import desk, postings, terms
from tests import audit
from tests.mutants import wrong_rules
from tests.world import STAFF, World, codes, rows


def test_versions_of_stock_and_balance_rise_under_concurrency(world: World) -> None:
    party = world.distributor(funds_fen=10**6)
    article = world.article(stock=1)

    def churn(number: int) -> None:
        try:
            for step in range(6):
                answer = world.run(world.place_ask(party, (article, 1)))
                if answer.order is not None and answer.is_accepted:
                    world.cancel(answer.order)
                world.credit(party, 1, cause=f"{world.mark}-{number}-{step}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(churn, range(4)))
    for kind, object_id in (("sku", article.sku_id), ("balance", None)):
        found = rows(
            "select version, (data->>'version')::bigint from events_event where object_kind = %s"
            " and (object_id = %s or distributor_id = %s) order by id",
            *(kind, object_id, party.pk if kind == "balance" else None),
        )
        versions = [version for version, _ in found]
        assert len(versions) > 10
        assert sorted(set(versions)) == versions, "each higher than the one before it"
        assert [told for _, told in found] == versions


def test_a_quota_holds_under_a_storm_and_its_refusal_names_the_figures(world: World) -> None:
    party, other = world.distributor(funds_fen=10**7), world.distributor(funds_fen=10**7)
    article = world.article(stock=1000)
    quotas.set_quota(party.pk, limits=quotas.Limits(pieces_of_sku=10, holds=8), actor=STAFF)
    start = threading.Barrier(6)

    def rush(_number: int) -> list[str]:
        try:
            start.wait()
            return codes([world.run(world.place_ask(party, (article, 1))) for _ in range(4)])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        answers = [code for found in pool.map(rush, range(6)) for code in found]
    assert (answers.count("ok"), answers.count("hold_quota_exceeded")) == (8, 16)
    assert world.states(party) == {"held": 8}
    answer = world.run(world.place_ask(party, (article, 3)))
    assert [(fault.facts["quota"], fault.facts["held"]) for fault in answer.faults] == [
        ("holds", 8),
        ("pieces_of_sku", 8),
    ]
    assert world.place(party, (article, 50), mode="direct").state == "confirmed"
    assert world.place(other, (article, 50)).state == "held", "another distributor's limits are his own"
    with pytest.raises(Mistake):
        quotas.set_quota(party.pk, limits=quotas.Limits(holds=0), actor=STAFF)
    quotas.set_quota(party.pk, limits=None, actor=STAFF, reason="proof")
    assert world.place(party, (article, 50)).state == "held"
    logged = rows(
        "select before->>'is_limited', after->>'is_limited' from events_operation where verb = 'quota.changed' and object_id = %s",
        str(party.pk),
    )
    assert logged == [("false", "true"), ("true", "false")]
    assert audit.faults(distributors=[party.pk], skus=[article.sku_id]) == []


def test_holds_that_lapse_grow_shorter_within_the_bounds(world: World) -> None:
    party = world.distributor(funds_fen=10**7)
    article = world.article(stock=1000)
    limits = quotas.Limits(is_adaptive=True, floor_s=180, ceiling_s=900)
    quotas.set_quota(party.pk, limits=limits, actor=STAFF)
    orders = [world.place(party, (article, 1)) for _ in range(20)]
    world.let_lapse(*orders)
    for order in orders:
        world.expire(order)
    quotas.reckon_lapses(Event())
    with scope.platform(read_only=True):
        record = HoldRecord.objects.get(distributor=party)
    assert (record.ended, record.lapsed, record.lapse_s) == (20, 20, 180)
    order = world.place(party, (article, 1), hold_minutes=30)
    assert order.held_until - order.created_at == timedelta(seconds=180)


def test_sold_out_goods_leave_the_shelf_and_come_back(world: World) -> None:
    party = world.distributor(funds_fen=10**7)
    switched, plain, kept = (world.article(stock=2) for _ in range(3))
    for article in (switched, kept):
        shelving.set_switch(article.goods_id, unlists=True, relists=True, actor=STAFF)
    world.allotment(kept, distributor=party, pieces=1)
    shelving.sweep(Event())
    world.place(party, (switched, 2), (plain, 2), mode="direct")
    world.place(world.distributor(funds_fen=10**6), (kept, 1), mode="direct")
    assert states(switched, plain, kept) == ["on_sale", "on_sale", "on_sale"], (
        "nothing happens while an order is placed"
    )
    shelving.sweep(Event())
    assert states(switched, plain, kept) == ["unlisted", "on_sale", "on_sale"], (
        "what an allotment holds is still for sale"
    )
    world.restock(switched, 5)
    shelving.sweep(Event())
    assert states(switched) == ["on_sale"]
    told = rows(
        "select type, reason from events_event where object_kind = 'goods' and object_id = %s order by id",
        switched.goods_id,
    )
    assert told == [("product.delisted", "sold out"), ("product.listed", "back in stock")]
    world.place(party, (switched, 5), mode="direct")
    shelving.sweep(Event())
    with scope.platform():
        Goods.objects.filter(pk=switched.goods_id).update(version=99)
    world.restock(switched, 5)
    shelving.sweep(Event())
    assert states(switched) == ["unlisted"], "what somebody has decided since stays"
    with scope.platform(read_only=True):
        assert not SoldOut.objects.filter(goods_id=switched.goods_id).exists()


def test_goods_that_stay_on_the_shelf_cost_no_lock_however_many_orders_change_them(world: World) -> None:
    party = world.distributor(funds_fen=10**7)
    sold_out, selling, spared = (world.article(stock=3) for _ in range(3))
    shelving.set_switch(None, unlists=True, relists=False, actor=STAFF)
    shelving.set_switch(spared.goods_id, unlists=False, relists=False, actor=STAFF)
    try:
        shelving.sweep(Event())
        world.place(party, (selling, 1), (spared, 3), mode="direct")
        with CaptureQueriesContext(connection) as asked:
            assert shelving.sweep(Event()) == 0
        assert not [query["sql"] for query in asked if "FOR NO KEY UPDATE" in query["sql"]]
        world.place(party, (sold_out, 3), (selling, 1), mode="direct")
        with CaptureQueriesContext(connection) as asked:
            assert shelving.sweep(Event()) == 1
        assert len([query["sql"] for query in asked if "FOR NO KEY UPDATE" in query["sql"]]) == 2, (
            "and once more after it"
        )
        assert states(sold_out, selling, spared) == ["unlisted", "on_sale", "on_sale"], (
            "the switch for all holds but for goods with one of their own"
        )
    finally:
        shelving.set_switch(None, unlists=None, relists=False, actor=STAFF)


def test_stock_that_comes_back_while_goods_are_taken_off_the_shelf_brings_them_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, article = world.distributor(funds_fen=10**7), world.article(stock=3)
    shelving.set_switch(article.goods_id, unlists=True, relists=True, actor=STAFF)
    shelving.sweep(Event())
    world.place(party, (article, 3), mode="direct")
    told, has_begun, may_end = shelving.tell, Event(), Event()

    def come_back() -> None:
        try:
            with scope.desk():
                desk.run_within([terms.Restock(article.code, article.warehouse_id, 5, world.name("stock"), STAFF)])
                has_begun.set()
                assert may_end.wait(30)
            shelving.sweep(Event())  # another worker's, which cannot see yet what is being done to the goods
        finally:
            connection.close()

    def late(*args: Any, **kwargs: Any) -> None:
        told(*args, **kwargs)
        may_end.set()
        coming.result(30)
        monkeypatch.setattr(shelving, "tell", told)

    monkeypatch.setattr(shelving, "tell", late)
    with ThreadPoolExecutor(1) as other:
        coming = other.submit(come_back)
        assert has_begun.wait(30)
        shelving.sweep(Event())
    shelving.sweep(Event())
    assert states(article) == ["on_sale"]


def states(*articles: Any) -> list[str]:
    """The states of goods."""
    with scope.platform(read_only=True):
        found = dict(Goods.objects.filter(pk__in=[a.goods_id for a in articles]).values_list("pk", "state"))
    return [found[article.goods_id] for article in articles]


def test_a_cap_below_what_is_taken_bounds_what_comes_and_takes_nothing_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    article, party = world.article(stock=20), world.distributor(funds_fen=10**7)

    def set_cap(pieces: int) -> terms.Answer:
        return world.run(terms.SetAllotment(article.code, world.name("A"), STAFF, distributor_id=party.pk, cap=pieces))

    assert set_cap(5).is_accepted
    order = world.place(party, (article, 4))
    assert set_cap(2).is_accepted
    refused = world.run(world.place_ask(party, (article, 1)))
    assert codes([refused]) == ["insufficient_stock"] and refused.faults[0].facts["available"] == 0
    assert audit.faults(distributors=[party.pk], skus=[article.sku_id]) == [], "four are taken, and that is in order"
    world.cancel(order)
    world.place(party, (article, 2))
    assert audit.faults(distributors=[party.pk], skus=[article.sku_id]) == []
    for place in (rules, postings):
        monkeypatch.setattr(place, "sellable", wrong_rules.without_cap)
    world.place(party, (article, 1))
    (found,) = audit.faults(distributors=[party.pk], skus=[article.sku_id])
    assert "3 taken" in found, "whoever passes a cap that was lowered is found all the same"


def test_an_allotment_over_two_warehouses_is_opened_changed_ended_and_on_record(world: World) -> None:
    party = world.distributor(funds_fen=10**7)
    article = world.article(stock=6)
    world.restock(article, 6, warehouse_id=world.warehouse(article))

    def ask(**values: Any) -> terms.Answer:
        return world.run(terms.SetAllotment(article.code, world.name("A"), STAFF, distributor_id=party.pk, **values))

    assert codes([ask(floor=13)]) == ["insufficient_stock"]
    with scope.platform(read_only=True):
        assert not all_allotments().filter(sku_id=article.sku_id).exists(), "a refused one is nowhere to be seen"
    answer = ask(floor=8, cap=20, buffer=1, reason="flash sale")
    assert answer.facts["moved"] == 8
    assert ask(floor=8, cap=20, buffer=1).facts == {"allotment": answer.facts["allotment"], "moved": 0, "shortage": 0}
    ask(floor=10, cap=20, buffer=1, is_partial=True)
    assert (
        world.run(world.place_ask(world.distributor(funds_fen=10**6), (article, 3))).faults[0].facts["available"] == 2
    )
    log = rows(
        "select verb, before->>'floor', before->>'given', after->>'floor', reason from events_operation where object_kind = 'allotment'"
        " and object_id = %s order by id",
        str(answer.facts["allotment"]),
    )
    assert log == [
        ("allotment.opened", None, None, "8", "flash sale"),
        ("allotment.changed", "8", "8", "10", ""),
    ]
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "update stock_allotment set ends_at = clock_timestamp() - interval '1 s' where id = %s",
            [answer.facts["allotment"]],
        )
        due = [found for found in allotments_to_tend(1000) if found[0] == answer.facts["allotment"]]
    assert due == [(answer.facts["allotment"], article.code)]
    assert world.run(terms.TendAllotment(article.code, due[0][0])).facts["moved"] == -10
    assert world.place(world.distributor(funds_fen=10**6), (article, 12)).state == "held"
    assert audit.faults(skus=[article.sku_id]) == []


def test_funds_are_foreseen_and_the_warning_comes_before_the_refusal(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At noon: a day is counted ten minutes after its end.
    noon = foresight.database_now().astimezone(ZONE).replace(hour=12)
    monkeypatch.setattr(foresight, "_now", lambda: noon)
    party = world.distributor(funds_fen=100_000, fee_rate_bps=0)
    article = world.article(stock=1000, supply_price_fen=10_000)
    today = noon.date()
    foresight.foresee(Event())
    with scope.platform():
        CountedDay.objects.get(day=today - timedelta(days=1))
        for back in range(1, 8):
            DayTotal.objects.create(
                distributor=party, day=today - timedelta(days=back), kind="draw", count=1, amount_fen=-10_000
            )
    foresight.change_setting(is_automatic=True, warn_days=3, actor=STAFF, reason="proof")
    foresight.foresee(Event())
    with scope.platform(read_only=True):
        row = Foresight.objects.get(distributor=party)
        outlook = foresight.outlooks([party.pk], today=today)[party.pk]
    assert (row.pace_fen, row.days_left, row.runs_out_on) == (10_000, 10, today + timedelta(days=10))
    assert (outlook.days_left, outlook.warn_below_fen, outlook.is_low) == (10, 30_000, False)
    for _order in range(8):
        world.place(party, (article, 1))
    low = rows(
        "select (data->>'available')::int from events_event where type = 'balance.low' and distributor_id = %s",
        party.pk,
    )
    assert low == [(20_000,)]
    foresight.foresee(Event())
    assert len(rows("select 1 from events_event where type = 'balance.low' and distributor_id = %s", party.pk)) == 1


def test_a_statement_adds_up_to_the_balance_and_is_made_once(world: World) -> None:
    party = world.distributor(funds_fen=50_000, fee_rate_bps=0)
    article = world.article(stock=100, supply_price_fen=1_000)
    order = world.place(party, (article, 5), mode="direct")
    world.refund(order, pieces={1: 2})
    world.credit(party, -500)
    with scope.platform(read_only=True):
        today = day_of(foresight.database_now())
    statements._make(party.pk, month=today.replace(day=1))
    assert statements._make(party.pk, month=today.replace(day=1)) == 0
    with scope.distributor(party.pk, read_only=True):
        (row,) = statements.statements()
        lines = [(line.kind, line.signed_fen) for line in statements.lines_of(row)]
    assert (row.opening_fen, row.top_up_fen, row.draw_fen, row.refund_fen, row.adjustment_fen, row.other_fen) == (
        *(0, 50_000, -5_000, 2_000, -500),
        0,
    )
    assert row.closing_fen == world.money(party)[0] == 46_500
    assert lines == [("top_up", 50_000), ("draw", -5_000), ("refund", 2_000), ("adjustment", -500)]
    assert rows("select type from events_event where object_kind = 'statement' and object_id = %s", row.pk) == [
        ("statement.ready",)
    ]
    with scope.distributor(world.distributor().pk, read_only=True):
        assert not Statement.objects.exists()
