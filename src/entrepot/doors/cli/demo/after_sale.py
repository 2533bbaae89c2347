"""After-sale in the demo world: return addresses, and a request at every place of the way."""

from typing import Any

from django.db import connection

from entrepot.aftersale import actions
from entrepot.aftersale.rules import By, Result, Wish
from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.doors.cli.demo.people import People

_DESK = By(kind="system", actor=SYSTEM)
_ORDERS = """
select o.id, l.line_no, l.supplier_id, l.qty
from orders_order o
join orders_line l on l.order_id = o.id and l.shipped_qty = l.qty
join parties_supplier s on s.id = l.supplier_id
where o.distributor_id = %s and o.state = %s and s.is_platform = %s
order by o.id desc, l.line_no limit %s
"""
_WORDS = {
    "quality": "用了一次就坏了",
    "damaged": "外箱压坏，里面碎了",
    "changed_mind": "尺码不合适",
    "wrong_goods": "发错颜色",
}


def ask_back(people: People) -> None:
    """Let malls ask for what their buyers bring back, and bring each request as far as its story goes."""
    by_platform = By(kind="platform", actor=people.actors["kefu"])
    _addresses()
    for place, mall in enumerate(people.malls):
        by = By(kind="distributor", party_id=people.malls[mall].pk, actor=people.actors[mall])
        story = _Story(by=by, platform=by_platform, serial=place)
        story.claim_offered()
        story.return_under_way()
        story.exchange_to_send()
        story.intercepted()
        story.ruled()
        story.undecided()


class _Story:
    """The after-sale of one mall."""

    def __init__(self, *, by: By, platform: By, serial: int) -> None:
        self._by = by
        self._platform = platform
        self._serial = serial * 100

    def claim_offered(self) -> None:
        """A claim with an offer of the platform."""
        made = self._ask("received", is_own=False, kind="refund", reason="quality")
        if made is not None:
            half_fen = made[1] // 2
            _done(actions.offer(made[0], by=self._platform, amount_fen=half_fen, note="商品可正常使用，补偿一半"))

    def return_under_way(self) -> None:
        """A return whose parcel is on its way."""
        made = self._ask("received", is_own=True, kind="return", reason="changed_mind")
        if made is not None:
            _done(actions.return_sent(made[0], by=self._by, carrier="yto", tracking_no=f"YT88{made[0]:08d}"))

    def exchange_to_send(self) -> None:
        """An exchange whose old goods are back."""
        made = self._ask("completed", is_own=False, kind="exchange", reason="wrong_goods")
        if made is not None:
            _done(actions.return_sent(made[0], by=self._by, carrier="sf", tracking_no=f"SF66{made[0]:08d}"))
            _done(actions.inspect(made[0], by=self._platform, counted={made[2]: (1, 0)}, note="包装完好"))

    def intercepted(self) -> None:
        """A parcel that is called back."""
        self._ask("shipped", is_own=False, kind="refund", reason="changed_mind")

    def ruled(self) -> None:
        """A claim that was ruled on."""
        made = self._ask("completed", is_own=False, kind="refund", reason="damaged")
        if made is not None:
            _done(
                actions.rule(
                    made[0],
                    by=self._platform,
                    amount_fen=made[1] * 7 // 10,
                    supplier_bps=5000,
                    reason="包装与运输各担一半",
                )
            )

    def undecided(self) -> None:
        """A buyer's wish the mall has not answered."""
        self._ask("received", is_own=True, kind="refund", reason="quality", is_agreed=False)

    def _ask(self, state: str, *, is_own: bool, kind: str, reason: str, **more: Any) -> tuple[int, int, int] | None:
        """Make a request for one piece of an order in a state; None when the mall has no such order left."""
        for order_id, line_no, _supplier_id, _qty in self._lines(state, is_own=is_own):
            self._serial += 1
            number = f"SH{order_id}{self._serial:03d}"
            wish = Wish(
                order_id=order_id,
                out_refund_no=number,
                kind=kind,
                reason=reason,
                pieces={line_no: 1},
                remark=_WORDS[reason],
            )
            result = actions.ask(wish, by=self._by, **more)
            if result.is_accepted and result.request_id is not None:
                return result.request_id, self._price(order_id, line_no=line_no), line_no
        return None

    def _lines(self, state: str, *, is_own: bool) -> list[tuple[int, int, int, int]]:
        with scope.desk(), connection.cursor() as cursor:
            cursor.execute(_ORDERS, [self._by.party_id, state, is_own, 12])
            return cursor.fetchall()

    def _price(self, order_id: int, *, line_no: int) -> int:
        with scope.desk(), connection.cursor() as cursor:
            cursor.execute(
                "select agreed_price_fen from orders_line where order_id = %s and line_no = %s", [order_id, line_no]
            )
            return int(cursor.fetchone()[0])


def _addresses() -> None:
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute("select id, name from parties_supplier order by id")
        shippers = cursor.fetchall()
    for supplier_id, name in shippers:
        actions.save_address(
            supplier_id,
            by=_DESK,
            contact=f"{name}退货组"[:40],
            phone="0571-88880000",
            region="浙江省杭州市余杭区",
            street=f"文一西路 {supplier_id % 900 + 100} 号仓库",
            note="请附订单号",
        )


def _done(result: Result) -> None:
    if not result.is_accepted:
        raise AssertionError(f"the demo world's after-sale went wrong: {result.faults}")
