"""The demo's promotion slots: the front page, and what is new."""

from datetime import datetime, timedelta

from entrepot.base import scope
from entrepot.catalog.actions import put_in_slot, save_slot
from entrepot.catalog.models import Goods, GoodsState
from entrepot.doors.cli.demo.people import People
from entrepot.doors.cli.demo.shelf import STAPLE

_FRONT = ("阳光玫瑰葡萄", "阳澄湖大闸蟹", "空气炸锅", "316不锈钢保温杯", "每日坚果")


def put_forward(people: People, *, now: datetime) -> None:
    """Fill two slots: one that stays, and one for the goods that came last, until a day is over."""
    actor = people.actors["yunying"]
    with scope.platform():
        named = Goods.objects.filter(state=GoodsState.ON_SALE).order_by("id")
        found = [named.filter(name__startswith=name).values_list("goods_no", flat=True).first() for name in _FRONT]
        front = [number for number in (*found, named.get(name=STAPLE).goods_no) if number]
        newest = list(named.order_by("-id").values_list("goods_no", flat=True)[:4])
    stays = save_slot(None, name="首页推荐", position=1, actor=actor)
    put_in_slot(stays.pk, numbers=front, actor=actor)
    begins_at, ends_at = now - timedelta(days=5), now + timedelta(days=25)
    fresh = save_slot(None, name="新品首发", position=2, begins_at=begins_at, ends_at=ends_at, actor=actor)
    put_in_slot(fresh.pk, numbers=newest, actor=actor)
