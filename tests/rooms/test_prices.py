"""Rates of goods, price changes told beforehand, and the old prices that are honoured for a while."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone

from entrepot.base import scope
from entrepot.base.actors import staff
from entrepot.catalog.models import Sku
from entrepot.parties.models import Distributor
from entrepot.pricing import actions, jobs
from entrepot.pricing.actions import ChangeDraft
from entrepot.pricing.models import PriceChange
from entrepot.reports.shelf import live_skus, terms_of
from entrepot.reports.verify import verify
from entrepot.trade import terms
from tests.rooms.test_parties import refused
from tests.world import Article, World, rows, taken


@pytest.fixture(autouse=True)
def setting(committed: Any, admin: str) -> None:
    """An hour of notice, half an hour of grace."""
    actions.set_price_setting(notice_minutes=60, grace_minutes=30, actor=admin)


def expected(world: World, party: Distributor, article: Article, price_fen: int, *, qty: int = 1) -> terms.Answer:
    """The answer to an order that says what it expects."""
    ask = world.place_ask(party, (article, qty))
    return world.run(replace(ask, lines=[terms.AskLine(article.code, qty, price_fen)]))


def come(*changes: PriceChange, ago_s: int = 1) -> None:
    """Let the moment of changes have come, by the database's clock."""
    rows_of = [change.pk for change in changes]
    with scope.platform():
        PriceChange.objects.filter(pk__in=rows_of).update(effective_at=timezone.now() - timedelta(seconds=ago_s))


def applied() -> int:
    return jobs.apply_due(threading.Event())


def told(object_kind: str, object_id: int) -> list[tuple[Any, ...]]:
    return rows(
        "select data->>'field', data->>'state', (data->>'old')::bigint, (data->>'new')::bigint, distributor_id"
        " from events_event where type = 'price.changed' and object_kind = %s and object_id = %s order by id",
        object_kind,
        object_id,
    )


def price_of(article: Article) -> tuple[int, int | None, int | None]:
    with scope.platform():
        sku = Sku.objects.get(pk=article.sku_id)
    return sku.supplier_price_fen, sku.supply_price_fen, sku.suggested_price_fen


def test_goods_have_rates_of_their_own_for_a_tier_and_for_one_distributor(world: World, admin: str) -> None:
    tier = world.tier(fee_rate_bps=500)
    alice, bob = (world.distributor(funds_fen=10**6, tier=tier) for _ in range(2))
    article = world.article(stock=99)

    def agreed(party: Distributor) -> tuple[int | None, int, int]:
        with scope.distributor(party.pk, read_only=True):
            (live,) = live_skus(terms_of(party.pk), codes=[article.code])
        line = world.place(party, (article, 1)).lines[1]
        return live.agreed_price_fen, line.agreed_price_fen, line.fee_rate_bps

    actions.set_fee_rate(article.goods_id, rate_bps=300, tier_id=tier.pk, actor=admin, reason="活动")
    actions.set_fee_rate(article.goods_id, rate_bps=0, distributor_id=bob.pk, actor=admin)
    assert (agreed(alice), agreed(bob)) == ((1030, 1030, 300), (1000, 1000, 0))
    actions.set_fee_rate(article.goods_id, rate_bps=None, tier_id=tier.pk, actor=admin)
    assert (agreed(alice), agreed(bob)) == ((1050, 1050, 500), (1000, 1000, 0))
    assert [fact[1:] for fact in told("goods", article.goods_id)] == [
        ("applied", None, 300, None),
        ("applied", None, 0, bob.pk),
        ("applied", 300, None, None),
    ], "a tier's rate is one fact, not one for each of its malls"
    logged = rows(
        "select before->>'fee_rate_bps', after->>'fee_rate_bps', reason from events_operation"
        " where verb = 'goods.fee_rate' and object_id = %s order by id",
        str(article.goods_id),
    )
    assert logged == [(None, "300", "活动"), (None, "0", ""), ("300", None, "")]
    orders = rows("select id from orders_order where distributor_id = any(%s)", [alice.pk, bob.pk])
    wrong = {one["id"] for one in verify()["differences"] if one["table"] == "orders_line"}
    assert not wrong & {f"{number}/1" for (number,) in orders}


@pytest.mark.parametrize(
    ("change", "field"),
    [({"rate_bps": 10_001}, "rate_bps"), ({"rate_bps": -1}, "rate_bps"), ({"tier_id": 0}, ""), ({"tier_id": None}, "")],
)
def test_a_rate_that_makes_no_sense_is_refused(world: World, admin: str, change: dict[str, Any], field: str) -> None:
    article, tier = world.article(), world.tier()
    asked: dict[str, Any] = {"rate_bps": 100, "tier_id": tier.pk, "actor": admin} | change
    assert refused(actions.set_fee_rate, article.goods_id, **asked) == field
    assert rows("select 1 from pricing_feerate where goods_id = %s", article.goods_id) == []


def test_an_announced_price_comes_at_its_moment_and_the_old_one_is_honoured_for_the_grace(
    world: World, admin: str
) -> None:
    party, article = world.distributor(funds_fen=10**6), world.article(stock=99, supplier_price_fen=800)
    drafts = [
        ChangeDraft(field="supply_price", new_value=1200, sku_id=article.sku_id),
        ChangeDraft(field="supplier_price", new_value=900, sku_id=article.sku_id),
        ChangeDraft(field="suggested_price", new_value=2000, sku_id=article.sku_id),
    ]
    at = timezone.now() + timedelta(hours=2)
    changes = actions.announce(drafts, actor=admin, effective_at=at, grace_minutes=30, reason="原料涨价")
    assert (applied(), price_of(article)) == (0, (800, 1000, None)), "not before its moment"
    assert told("sku", article.sku_id) == [
        ("supply_price", "announced", 1000, 1200, None),
        ("suggested_price", "announced", None, 2000, None),
    ], "what the supplier is paid is not the malls' business"
    come(*changes)
    assert (applied(), applied()) == (3, 0), "once"
    assert price_of(article) == (900, 1200, 2000)
    old = taken(expected(world, party, article, 1050, qty=2))
    new = world.place(party, (article, 2))
    assert [(o.lines[1].supplier_price_fen, o.total_fen) for o in (old, new)] == [(800, 2100), (900, 2520)]
    assert expected(world, party, article, 1049).faults[0].facts == {"sku": article.code, "old": 1049, "new": 1260}
    with scope.platform():
        Sku.objects.get(pk=article.sku_id).grace.__class__.objects.filter(sku_id=article.sku_id).update(
            until=timezone.now() - timedelta(seconds=1)
        )
    assert str(expected(world, party, article, 1050).refusal) == "Refusal.PRICE_CHANGED"
    assert taken(expected(world, party, article, 1260)).total_fen == 1260
    assert told("sku", article.sku_id)[2:] == [
        ("supply_price", "applied", 1000, 1200, None),
        ("suggested_price", "applied", None, 2000, None),
    ]
    logged = rows(
        "select verb, reason from events_operation where object_kind = 'price_change' and object_id = %s order by id",
        str(changes[0].pk),
    )
    assert logged == [("price.announced", "原料涨价"), ("price.applied", "原料涨价")]


def test_without_a_grace_the_old_price_is_gone_at_once(world: World, admin: str) -> None:
    party, article = world.distributor(funds_fen=10**6), world.article(stock=9)
    draft = ChangeDraft(field="supply_price", new_value=1200, sku_id=article.sku_id)
    come(*actions.announce([draft], actor=admin, grace_minutes=0))
    assert applied() == 1
    assert not expected(world, party, article, 1050).is_accepted


def test_a_tiers_rate_changes_at_its_moment(world: World, admin: str) -> None:
    tier = world.tier(fee_rate_bps=500)
    party, article = world.distributor(funds_fen=10**6, tier=tier), world.article(stock=9)
    (change,) = actions.announce([ChangeDraft(field="fee_rate", new_value=800, tier_id=tier.pk)], actor=admin)
    assert world.place(party, (article, 1)).total_fen == 1050
    come(change)
    assert applied() == 1
    taken_at = [world.place(party, (article, 1)), taken(expected(world, party, article, 1050))]
    assert [(o.total_fen, o.fee_rate_bps, o.lines[1].fee_rate_bps) for o in taken_at] == [
        (1080, 800, 800),
        (1050, 800, 500),
    ]
    assert [fact[:4] for fact in told("tier", tier.pk)] == [
        ("fee_rate", "announced", 500, 800),
        ("fee_rate", "applied", 500, 800),
    ]


def test_a_change_is_called_off_before_it_comes_and_not_after(world: World, admin: str) -> None:
    article = world.article()
    draft = ChangeDraft(field="supply_price", new_value=1200, sku_id=article.sku_id)
    (change,) = actions.announce([draft], actor=admin)
    assert refused(actions.announce, [draft], actor=admin) == "drafts.0", "one open change of a price"
    actions.cancel_change(change.pk, actor=admin, reason="算错了")
    come(change)
    assert (applied(), price_of(article)[1]) == (0, 1000)
    assert told("sku", article.sku_id)[-1][:2] == ("supply_price", "cancelled")
    (again,) = actions.announce([draft], actor=admin)
    come(again)
    applied()
    assert refused(actions.cancel_change, again.pk, actor=admin) == ""
    assert price_of(article)[1] == 1200


def test_two_workers_apply_a_change_once(world: World, admin: str) -> None:
    articles = [world.article() for _ in range(12)]
    drafts = [ChangeDraft(field="supply_price", new_value=1200, sku_id=one.sku_id) for one in articles]
    come(*actions.announce(drafts, actor=admin))

    def work() -> int:
        try:
            return applied()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as crew:
        assert sum(crew.map(lambda _: work(), range(4))) == 12
    for one in articles:
        assert [fact[1] for fact in told("sku", one.sku_id)] == ["announced", "applied"]


def soon() -> datetime:
    return timezone.now() + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("draft", "more", "field"),
    [
        ({"new_value": 0}, {}, "drafts.0"),
        ({"new_value": 1000}, {}, "drafts.0"),
        ({"new_value": 10**12}, {}, "drafts.0"),
        ({"new_value": None}, {}, "drafts.0"),
        ({}, {"effective_at": soon}, "effective_at"),
        ({}, {"effective_at": lambda: timezone.now() + timedelta(days=400)}, "effective_at"),
        ({}, {"grace_minutes": lambda: 1441}, "grace_minutes"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_with_all_that_came_with_it(
    world: World, admin: str, draft: dict[str, Any], more: dict[str, Any], field: str
) -> None:
    good, bad = world.article(), world.article()
    drafts = [
        ChangeDraft(**{"field": "supply_price", "new_value": 1200, "sku_id": bad.sku_id} | draft),
        ChangeDraft(field="supply_price", new_value=1300, sku_id=good.sku_id),
    ]
    given = {name: make() for name, make in more.items()}
    assert refused(actions.announce, drafts, actor=admin, **given) == field
    assert rows("select 1 from pricing_pricechange where sku_id = any(%s)", [good.sku_id, bad.sku_id]) == []


def test_a_supplier_proposes_and_the_platform_decides(world: World, admin: str) -> None:
    supplier = world.supplier()
    article, other = world.article(supplier=supplier, supplier_price_fen=800), world.article()
    actor = staff("supplier", party_id=supplier.pk, user_id=1, name="孙有田")

    def proposed(new_fen: int) -> PriceChange:
        return actions.propose(supplier.pk, sku_id=article.sku_id, new_fen=new_fen, actor=actor, reason="人工上涨")

    with pytest.raises(Sku.DoesNotExist):
        actions.propose(supplier.pk, sku_id=other.sku_id, new_fen=1, actor=actor, reason="x")
    assert refused(actions.propose, supplier.pk, sku_id=article.sku_id, new_fen=9, actor=actor) == "reason"
    first = proposed(850)
    come(first)
    assert applied() == 0, "a proposal does nothing by itself"
    assert refused(actions.refuse_proposal, first.pk, note=" ", actor=admin) == "note"
    actions.refuse_proposal(first.pk, note="太高", actor=admin)
    with pytest.raises(PriceChange.DoesNotExist):
        actions.cancel_change(proposed(860).pk, actor=actor, supplier_id=other.supplier_id)
    with scope.supplier(supplier.pk, read_only=True):
        assert [row.state for row in PriceChange.objects.order_by("id")] == ["refused", "proposed"]
        second = PriceChange.objects.get(state="proposed")
    actions.approve_proposal(second.pk, supply_price_fen=1060, actor=admin)
    assert refused(actions.cancel_change, second.pk, actor=actor, supplier_id=supplier.pk) == "", "it is decided"
    with scope.platform():
        open_changes = list(PriceChange.objects.filter(sku_id=article.sku_id, state="announced"))
    come(*open_changes)
    assert (applied(), price_of(article)[:2]) == (2, (860, 1060))


@pytest.mark.parametrize(("field", "value"), [("supply_price", None), ("supplier_price", -1), ("fee_rate", 10_001)])
def test_the_database_keeps_no_change_that_could_never_be_applied(
    world: World, admin: str, field: str, value: int | None
) -> None:
    """One such change would hold up every later one."""
    article, tier = world.article(), world.tier()
    of = (
        {"tier_id": tier.pk, "new_value": 700} if field == "fee_rate" else {"sku_id": article.sku_id, "new_value": 1234}
    )
    (change,) = actions.announce(
        [ChangeDraft(field=field, **of)], actor=admin, effective_at=timezone.now() + timedelta(hours=2)
    )
    with pytest.raises(IntegrityError, match="price_change_to_something_possible"), scope.platform():
        PriceChange.objects.filter(pk=change.pk).update(new_value=value)
    actions.cancel_change(change.pk, actor=admin)
