"""Why the figures of an order are what they are, as its mall may read it."""

from tests.doors.api.conftest import MakeMall
from tests.doors.api.mall import order
from tests.world import World


def test_a_mall_reads_how_its_order_comes_to_what_it_does(make_mall: MakeMall, world: World) -> None:
    mall, stranger = make_mall(funds_fen=10**6), make_mall(funds_fen=10**6)
    article = world.article(stock=9, supply_price_fen=1000, supplier_price_fen=777)
    placed = mall.post("/orders", order(article.code, qty=3) | {"mode": "direct"}).json
    world.refund(type("Placed", (), {"id": int(placed["id"])})(), pieces={1: 1}, number="R-1")
    answer = mall.get(f"/orders/{placed['id']}/explanation")
    assert answer.status == 200
    figures = answer.json["figures"]
    assert figures[0]["name"] == f"{article.code} · 10.50 × 3" and figures[0]["figure"] == "¥31.50"
    assert "5%" in figures[0]["reason"] and "0.50" in figures[0]["reason"]
    assert [one["figure"] for one in figures if "R-1" in one["name"]] == ["-¥10.50"]
    assert b"7.77" not in answer.body
    english = mall.get(f"/orders/{placed['id']}/explanation", headers={"Accept-Language": "en"}).json["figures"]
    assert "rounded per piece" in english[0]["reason"]
    assert stranger.get(f"/orders/{placed['id']}/explanation").status == 404
