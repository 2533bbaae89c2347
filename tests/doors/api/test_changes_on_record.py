"""What the operator changes by a page takes effect at once, and stands on the log with what was before and after."""

import json
import threading
from datetime import timedelta
from typing import Any

from django.utils import timezone

from entrepot.aftersale import actions
from entrepot.aftersale.rules import By, Wish
from entrepot.base import scope
from entrepot.pricing import jobs
from entrepot.pricing.models import PriceChange
from entrepot.stock.models import Allotment
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, order
from tests.doors.deeds.stage import Stage
from tests.world import STAFF, Article, World, rows, taken

CELL = "/platform/aftersale-table/received:supplier:refund:any/"
PLATFORM = By(kind="platform", actor=STAFF)


def written(verb: str) -> tuple[dict[str, Any], dict[str, Any], str, str]:
    """Before, after, reason and person of the last line of a verb."""
    found = rows("select before, after, reason, actor from events_operation where verb = %s order by id desc", verb)
    before, after, reason, actor = found[0]
    return json.loads(before), json.loads(after), reason, actor


def shown_on_log(stage: Stage, verb: str) -> str:
    """The page of the last line of a verb, as the operator reads it."""
    ((line_id,),) = rows("select max(id) from events_operation where verb = %s", verb)
    answer = stage.platform.browser.get(f"/platform/log/{line_id}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def price(mall: Mall, article: Article) -> int:
    """The agreed price a mall is told over the API, in fen."""
    (told,) = mall.post("/prices-stocks/query", {"skus": [article.code]}).json["items"]
    return int(told["agreed_price"])


def stock(mall: Mall, article: Article) -> int:
    """The pieces a mall is told it can sell."""
    (told,) = mall.post("/prices-stocks/query", {"skus": [article.code]}).json["items"]
    return int(told["stock"])


def came_back(world: World, *, number: str) -> tuple[str, int]:
    """A buyer asks for the money of one received piece at 10.50: state of the request, and what came back by itself."""
    party, article = world.distributor(funds_fen=100_000), world.article(stock=9, supplier_price_fen=700)
    placed = world.place(party, (article, 1), mode="direct")
    taken(world.ship(placed))
    taken(world.receive(placed))
    before_fen = world.money(party)[0]
    wish = Wish(order_id=placed.id, out_refund_no=number, kind="refund", reason="quality", pieces={1: 1})
    result = actions.ask(wish, by=PLATFORM)
    return result.state, world.money(party)[0] - before_fen


def test_a_cell_of_the_after_sale_table_is_changed(world: World) -> None:
    stage = Stage(world)
    assert came_back(world, number=world.name("A")) == ("claim", 0), "as delivered, what was received is claimed"
    try:
        assert stage.platform.fill(CELL, returns="always", reason="大促期间先行退款").status_code == 302
        assert came_back(world, number=world.name("A")) == ("done", 1050), "another ruling by default"
        before, after, reason, actor = written("aftersale.rule")
        assert (before["returns"], after["returns"], reason) == ("claim", "always", "大促期间先行退款")
        assert actor.endswith(stage.platform.who.user.username)
        assert "大促期间先行退款" in shown_on_log(stage, "aftersale.rule")
    finally:
        stage.platform.post(f"{CELL}reset/", reason="大促结束")
    assert came_back(world, number=world.name("A")) == ("claim", 0)
    before, after, reason, _actor = written("aftersale.rule_reset")
    assert (before["returns"], after["returns"], reason) == ("always", "claim", "大促结束")


def test_the_rate_of_a_tier_is_changed(world: World, make_mall: MakeMall) -> None:
    tier = world.tier(fee_rate_bps=500)
    mall, other = make_mall(tier=tier, funds_fen=1_000_000), make_mall(funds_fen=1_000_000)
    article, stage = world.article(stock=20, supply_price_fen=1000, supplier_price_fen=800), Stage(world)
    assert (price(mall, article), price(other, article)) == (1050, 1050)
    page = f"/platform/tiers/{tier.pk}/"
    asked = stage.platform.fill(page, fee_rate_bps="7.25")
    assert asked.status_code == 200 and "10.73" in asked.content.decode(), "old and new are shown before it is saved"
    assert price(mall, article) == 1050
    assert stage.platform.fill(page, fee_rate_bps="7.25", confirmed="1").status_code == 302
    # 10.00 × 7.25 % is 0.725, half up 0.73 a piece.
    assert (price(mall, article), price(other, article)) == (1073, 1050)
    drawn = mall.post("/orders", order(article.code, qty=2, mode="direct")).json
    assert drawn["total"] == 2 * 1073
    assert world.money(mall.party)[0] == 1_000_000 - 2146
    before, after, _reason, actor = written("tier.changed")
    assert (before["fee_rate_bps"], after["fee_rate_bps"]) == (500, 725)
    assert actor.endswith(stage.platform.who.user.username)
    shown = shown_on_log(stage, "tier.changed")
    assert "5%" in shown and "7.25%" in shown


def test_the_floor_of_an_allotment_is_changed(world: World, make_mall: MakeMall) -> None:
    favoured, other = make_mall(funds_fen=1_000_000), make_mall(funds_fen=1_000_000)
    article, stage = world.article(stock=10), Stage(world)
    new = f"/platform/stock/{article.sku_id}/allotment/"
    asked = {"party": f"d{favoured.party.pk}", "reason": "首发"}
    assert stage.platform.fill(new, floor="3", **asked).status_code == 302
    assert (stock(favoured, article), stock(other, article)) == (10, 7)
    with scope.platform(read_only=True):
        made = Allotment.objects.get(sku_id=article.sku_id, is_open=True)
    page = f"/platform/allotments/{made.pk}/"
    assert stage.platform.fill(page, floor="6", reason="追加备货").status_code == 302
    assert (stock(favoured, article), stock(other, article)) == (10, 4)
    before, after, reason, actor = written("allotment.changed")
    assert (before["floor"], after["floor"], reason) == (3, 6, "追加备货")
    assert actor.endswith(stage.platform.who.user.username)
    assert "追加备货" in shown_on_log(stage, "allotment.changed")
    # The other is sold out at four pieces, not at ten; what was set apart is still there for the one.
    assert other.post("/orders", order(article.code, qty=4, mode="direct")).status == 201
    refused = other.post("/orders", order(article.code, mode="direct"))
    assert (refused.status, refused.code, stock(other, article)) == (409, "insufficient_stock", 0)
    assert favoured.post("/orders", order(article.code, qty=6, mode="direct")).status == 201


def test_a_price_is_changed(world: World, make_mall: MakeMall) -> None:
    mall = make_mall(funds_fen=1_000_000)
    article, stage = world.article(stock=9, supply_price_fen=1000, supplier_price_fen=800), Stage(world)
    page = f"/platform/goods/{article.goods_id}/prices/"
    typed = {f"supply_price_{article.sku_id}": "12.00", "grace_minutes": "0", "reason": "原料上涨"}
    assert stage.platform.fill(page, at=f"{page}announce/", **typed).status_code == 302
    before, after, reason, actor = written("price.announced")
    assert (before["supply_price_fen"], after["supply_price_fen"], reason) == (1000, 1200, "原料上涨")
    assert actor.endswith(stage.platform.who.user.username)
    assert price(mall, article) == 1050, "it is announced and holds from its moment on"
    with scope.platform():
        PriceChange.objects.filter(sku_id=article.sku_id).update(effective_at=timezone.now() - timedelta(seconds=1))
    assert jobs.apply_due(threading.Event()) >= 1
    assert price(mall, article) == 1260
    assert mall.post("/orders", order(article.code, mode="direct")).json["total"] == 1260
    before, after, reason, actor = written("price.applied")
    assert (before["state"], after["state"], reason, actor) == ("announced", "applied", "原料上涨", "system")
    assert (before["supply_price_fen"], after["supply_price_fen"]) == (1000, 1200)
    shown = shown_on_log(stage, "price.applied")
    assert "10.00" in shown and "12.00" in shown
