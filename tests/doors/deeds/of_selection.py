"""What a distributor does to his selection in his office."""

from typing import Any

from entrepot.catalog.actions import pick
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage
from tests.world import STAFF

LIST, CHANGE = "/distributor/selection/", "/distributor/selection/change/"


@deed("distributor:selection-change", "selection.added")
def select_goods(stage: Stage) -> Any:
    article = stage.world.article(stock=1)
    return stage.distributor.fill(LIST, at=CHANGE, do="add", ids=[str(article.goods_id)])


@deed("distributor:selection-change", "selection.removed")
def take_goods_out(stage: Stage) -> Any:
    article = stage.world.article(stock=1)
    pick(stage.distributor_party.pk, goods_ids=[article.goods_id], actor=STAFF)
    return stage.distributor.fill(LIST, at=CHANGE, do="remove", ids=[str(article.goods_id)])
