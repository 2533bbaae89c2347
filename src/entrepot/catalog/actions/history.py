"""The versions of goods: which one is live, which waits."""

from typing import Any

from django.db.models import Max
from django.db.models.functions import Now

from entrepot.base.actors import staff_of
from entrepot.catalog import queries
from entrepot.catalog.models import Goods, GoodsVersion, VersionState


def keep_live(goods: Goods, *, actor: str) -> GoodsVersion:
    """Keep goods as they go on sale; the version that was on sale before them becomes an older one.

    Nothing is added when nothing has changed since. To be called under the goods' lock.
    """
    content = queries.content_of(goods)
    live = GoodsVersion.objects.filter(goods=goods, state=VersionState.LIVE).first()
    if live is not None and live.content == content:
        return live
    return add(goods, content=content, state=VersionState.LIVE, actor=actor)


def add(goods: Goods, *, content: dict[str, Any], state: str, actor: str) -> GoodsVersion:
    """Add a version of goods under their lock; a live one takes the place of the one before."""
    if state == VersionState.LIVE:
        retire(goods)
    last = GoodsVersion.objects.filter(goods=goods).aggregate(last=Max("number"))["last"] or 0
    return GoodsVersion.objects.create(
        goods=goods,
        supplier_id=goods.supplier_id,
        number=last + 1,
        state=state,
        content=content,
        made_by=name_of(actor),
    )


def retire(goods: Goods) -> None:
    """Make the version that is on sale an older one."""
    GoodsVersion.objects.filter(goods=goods, state=VersionState.LIVE).update(state=VersionState.REPLACED)


def withdraw_waiting(goods: Goods, *, actor: str) -> int:
    """Take back the change that waits for review, if there is one; return how many there were."""
    return GoodsVersion.objects.filter(goods=goods, state=VersionState.WAITING).update(
        state=VersionState.WITHDRAWN, decided_by=name_of(actor), decided_at=Now()
    )


def name_of(actor: str) -> str:
    """Return whose name a version shows."""
    person = staff_of(actor)
    return person.name[:80] if person is not None else ""
