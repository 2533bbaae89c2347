"""What every step of goods has in common: the lock, the state, the version, the fact and the record."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.expressions import Func
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.base.fields import TransactionId
from entrepot.base.mistakes import Mistake
from entrepot.catalog import rules
from entrepot.catalog.models import Goods, GoodsState
from entrepot.events.operations import record
from entrepot.events.outbox import note, note_each


def locked(goods_id: int, *, version: int | None = None) -> Goods:
    """Return goods locked for a change, as far as the open scope shows them.

    With `version`, refuses goods that somebody else has changed since. Raises Goods.DoesNotExist.
    """
    goods = Goods.objects.select_for_update(no_key=True, of=("self",)).get(pk=goods_id)
    if version is not None and goods.version != version:
        raise Mistake("", _("Somebody has changed these goods meanwhile. Look again before you decide."))
    return goods


def step(goods: Goods, *, name: str) -> tuple[str, str]:
    """Bring goods into the state a step leads to and return the states before and after; refuses a wrong state."""
    before = goods.state
    after = rules.next_state(before, step=name)
    if after is None:
        raise Mistake("", _("The state of the goods does not allow this."))
    goods.state = after
    return before, after


def keep(goods: Goods, *fields: str) -> None:
    """Write fields of goods and mark them as changed: the version goes up, the change feed sees it."""
    values = {field: getattr(goods, field) for field in fields}
    keep_all(Goods.objects.filter(pk=goods.pk), **values)
    goods.refresh_from_db(fields=["version", "changed_at"])


def keep_all(rows: QuerySet[Goods], **values: Any) -> None:
    """Write the same values to many goods and mark each as changed."""
    rows.update(
        **values,
        **_placed(values),
        version=F("version") + 1,
        changed_at=Now(),
        changed_xid=_this_transaction(),
    )


def _placed(values: dict[str, Any]) -> dict[str, Any]:
    """Return what marks goods that come into another category or brand: a mall that picked the old one must hear of it."""
    given = {
        name: values[key]
        for name in ("category_id", "brand_id")
        for key in (name, name.removesuffix("_id"))
        if key in values
    }
    if not given:
        return {}
    stays = Q()
    for name, value in given.items():
        key = getattr(value, "pk", value)
        stays &= Q(**{name: key}) if key is not None else Q(**{f"{name}__isnull": True})
    return {"placed_xid": Case(When(stays, then=F("placed_xid")), default=_this_transaction())}


def _this_transaction() -> Func:
    return Func(function="pg_current_xact_id", output_field=TransactionId())


def tell(goods: Goods, *, event_type: str, actor: str, reason: str = "") -> None:
    """Write down for the malls what became of goods."""
    note(
        event_type,
        object_kind="goods",
        object_id=goods.pk,
        data=_fact(goods, reason=reason),
        actor=actor,
        version=goods.version,
        reason=reason,
    )


def tell_all(goods: Iterable[Goods], *, event_type: str, actor: str, reason: str = "") -> None:
    """Write down for the malls what became of many goods at once."""
    facts = [(one.pk, one.version, _fact(one, reason=reason)) for one in goods]
    if facts:
        note_each(event_type, object_kind="goods", facts=facts, actor=actor, reason=reason)


def _fact(goods: Goods, *, reason: str) -> dict[str, Any]:
    is_shown = goods.is_supplier_active or goods.state != GoodsState.ON_SALE
    fact: dict[str, Any] = {
        "object": "product",
        "id": str(goods.pk),
        "goods_no": goods.goods_no,
        "version": goods.version,
        "state": goods.state if is_shown else GoodsState.UNLISTED.value,
    }
    return fact | {"reason": reason[:200]} if reason else fact


def log(
    goods: Goods,
    *,
    verb: str,
    actor: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    address: str = "",
) -> None:
    """Put a step on record."""
    record(
        actor=actor,
        verb=verb,
        object_kind="goods",
        object_id=goods.pk,
        label=f"{goods.goods_no} {goods.name}",
        before=before,
        after=after,
        reason=reason,
        address=address,
    )
