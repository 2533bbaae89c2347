"""What comes after an order by the client, against the served API: both clients, every method."""

import asyncio
import inspect
from typing import Any

import pytest

from entrepot_sdk import (
    AfterSaleQuestion,
    AsyncEntrepot,
    Consignee,
    Entrepot,
    LinePart,
    NewAfterSale,
    NewRecharge,
    RefusedError,
)
from entrepot_sdk.paper_methods import Papers
from tests.doors.api.aftersales import PLATFORM, Bought
from tests.doors.api.mall import CONSIGNEE, Mall, order
from tests.doors.api.serving import Served
from tests.doors.api.test_walls import drawn, papers
from tests.world import World


class Both:
    """Calls a method of both clients and expects one answer; `called` are the methods that were."""

    def __init__(self, url: str, mall: Mall) -> None:
        self.url, self.mall = url, mall
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.called.add(name)
            with Entrepot(self.url, key=self.mall.key, secret=self.mall.secret) as client:
                first = getattr(client, name)(*arguments, **named)
            second = asyncio.run(self._awaited(name, *arguments, **named))
            if hasattr(first, "replayed"):
                assert second.replayed or not name.startswith(("create", "upload"))
                second.replayed = first.replayed
            assert first == second, name
            return first

        return call

    async def _awaited(self, name: str, *arguments: Any, **named: Any) -> Any:
        async with AsyncEntrepot(self.url, key=self.mall.key, secret=self.mall.secret) as client:
            return await getattr(client, name)(*arguments, **named)


def test_everything_after_an_order(served: Served, mall: Mall, world: World) -> None:
    both, article = Both(served.url, mall), world.article(stock=50)
    upload = both.upload(drawn(), media_type="image/png")
    assert (upload.media_type, both.picture(upload.id)[:4]) == ("image/webp", b"RIFF")
    bought = Bought(world, mall, article)
    wish: dict[str, Any] = {"out_order_no": bought.order["out_order_no"], "reason": "damaged"}
    wish["lines"] = [LinePart(line=1, qty=1)]
    outlook = both.check_aftersale(AfterSaleQuestion(type="return", **wish))
    assert (outlook.allowed, outlook.money, outlook.goods_back, outlook.amount) == (True, "claim", True, 1050)
    asked = both.create_aftersale(NewAfterSale(out_refund_no="S-1", type="return", evidence=[upload.id], **wish))
    assert (asked.state, asked.evidence, asked.replayed) == ("waiting_return", [upload.id], False)
    assert both.return_shipment(asked.id, carrier="sf", tracking_no="SF9").state == "returning"
    assert both.aftersale(asked.id) == both.aftersale_by_out_no("S-1")
    assert [row.id for row in both.aftersales_page(kind="return").items] == [asked.id]
    claim = bought.offered(300)
    countered = both.counter_offer(claim["id"], amount=900, version=claim["claim"]["version"])
    assert countered.claim.demand == 900
    from entrepot.aftersale import actions

    assert actions.offer(int(claim["id"]), by=PLATFORM, amount_fen=800).is_accepted
    settled = both.accept_offer(claim["id"], version=countered.claim.version + 1)
    assert (settled.state, settled.refunded) == ("done", 800)
    second = mall.post("/aftersales", bought.wish("reship", "lost")).json
    assert both.withdraw_aftersale(second["id"]).state == "withdrawn"
    recharge = both.create_recharge(NewRecharge(out_recharge_no="C-1", amount=100, voucher=upload.id))
    assert both.recharge(recharge.id) == both.recharge_by_out_no("C-1")
    assert [row.id for row in both.recharges_page(state="pending").items] == [recharge.id]
    papers(mall)
    (month,) = both.statements_page().items
    assert (month.month, both.statement(month.id).items) == ("1997-03", [])
    assert both.statement_csv(month.id).decode("utf-8-sig").startswith("id,at,kind")
    assert "顺丰速运" in {carrier.name for carrier in both.carriers()}
    placed = mall.post("/orders", order(article.code)).json
    assert both.change_address(placed["id"], Consignee(**CONSIGNEE | {"name": "黄蓉"})).version == 2
    with pytest.raises(RefusedError, match="not_found"):
        both.aftersale("999999999")
    methods = {name for name, _ in inspect.getmembers(Papers, inspect.isfunction) if not name.startswith("_")}
    assert methods - {"send"} == both.called
