"""500 buyers at once over HTTP, 100 pieces, money for 60: exactly 60 are served, and everybody else hears why not."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.audit import faults
from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import Mall, Reply, order
from tests.world import World

BUYERS = 500
AT_ONCE = 50


def test_500_submits_stock_100_money_for_60(world: World, make_mall: MakeMall) -> None:
    article = world.article(supply_price_fen=1_000, stock=100)
    mall = make_mall(funds_fen=60 * 1_050, fee_rate_bps=500)
    twins = [mall.twin() for _ in range(AT_ONCE)]

    def buy(lane: int) -> list[Reply]:
        return [_buy(twins[lane], article.code) for _ in range(BUYERS // AT_ONCE)]

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        replies = [reply for lane in crowd.map(buy, range(AT_ONCE)) for reply in lane]
    for twin in twins:
        twin.close()
    assert Counter(reply.status for reply in replies) == {201: 60, 409: 440}
    refused = [reply.json for reply in replies if reply.status == 409]
    assert {problem["code"] for problem in refused} == {"insufficient_balance"}
    assert {problem["retry"] for problem in refused} == {"after_action"}
    assert mall.get("/api/v1/balance").json["available"] == 0
    (live,) = mall.post("/api/v1/prices-stocks/query", {"skus": [article.code]}).json["items"]
    assert live["stock"] == 40
    assert faults(distributors=[mall.party.pk], skus=[article.sku_id]) == []


def _buy(mall: Mall, code: str) -> Reply:
    return mall.post("/api/v1/orders", order(code, mode="direct"))
