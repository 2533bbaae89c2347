"""An order on its way to an after-sale, as a mall and its supplier bring it there."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from entrepot.aftersale import actions
from entrepot.aftersale.rules import By
from entrepot.trade import terms
from tests.doors.api.mall import Mall, order
from tests.world import STAFF, Article, World

PLATFORM = By(kind="platform", actor=STAFF)


@dataclass
class Bought:
    """Pieces a mall has bought: 10.50 a piece for it, of which the supplier is owed what `world.article` says."""

    world: World
    mall: Mall
    article: Article
    stage: str = "received"
    qty: int = 3
    order: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.order = self.mall.post("/orders", order(self.article.code, qty=self.qty, mode="direct")).json
        order_id = int(self.order["id"])
        if self.stage != "before_shipping":
            ship = terms.Ship(order_id, self.article.supplier_id, "sf", f"SF{order_id}", STAFF)
            assert self.world.run(ship).is_accepted
        if self.stage == "received":
            assert self.mall.post(f"/orders/{order_id}/receipt").status == 200

    def wish(self, kind: str = "refund", reason: str = "quality", *, qty: int = 1, **more: Any) -> dict[str, Any]:
        """A request for pieces of the one line, under a number of its own."""
        number = more.pop("number", "") or f"R-{secrets.token_hex(8)}"
        lines = [{"line": 1, "qty": qty}]
        return {
            "out_refund_no": number,
            "out_order_no": self.order["out_order_no"],
            "type": kind,
            "reason": reason,
            "lines": lines,
        } | more

    def offered(self, amount_fen: int, **more: Any) -> dict[str, Any]:
        """A claim for which the platform has offered an amount."""
        asked = self.mall.post("/aftersales", self.wish(**more)).json
        assert actions.offer(int(asked["id"]), by=PLATFORM, amount_fen=amount_fen).is_accepted
        return dict(self.mall.get(f"/aftersales/{asked['id']}").json)
