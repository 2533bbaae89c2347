"""What a distributor picks for his mall: goods, categories, brands, many at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog.models import Pick, PickState
from entrepot.events.operations import record
from entrepot.events.outbox import note

PICKS_AT_MOST = 200_000
AT_ONCE = 5_000
NAMED_AT_MOST = 100  # a callback is no longer than 20 kB

# What cannot be seen is not there: goods are looked for in the distributor's own scope.
_PICK = """
insert into catalog_pick (distributor_id, {column}, state)
select %(distributor_id)s, x.id, %(state)s from {table} x where x.id = any(%(ids)s) order by x.id
on conflict (distributor_id, {column}) do update
    set state = excluded.state, changed_xid = pg_current_xact_id(), picked_at = now()
    where catalog_pick.state <> excluded.state
returning {column}
"""
_KNOWN = "select id from {table} where id = any(%s)"
_TABLES = {"goods": "catalog_goods", "category": "catalog_category", "brand": "catalog_brand"}
_NAMES = {"goods": "products", "category": "categories", "brand": "brands"}


@dataclass(slots=True)
class Picked:
    """What became of a wish: the picks as they stand, how many of them are new, and the ids there are not."""

    picks: list[Pick] = field(default_factory=list)
    changed: int = 0
    unknown: dict[str, list[int]] = field(default_factory=dict)


def pick(
    distributor_id: int,
    *,
    goods_ids: Sequence[int] = (),
    category_ids: Sequence[int] = (),
    brand_ids: Sequence[int] = (),
    left_out_ids: Sequence[int] = (),
    actor: str,
    address: str = "",
) -> Picked:
    """Take goods, categories with all below them, and brands into a distributor's selection (选品), or leave goods out.

    What he cannot see is told as unknown, and the rest is picked; what is picked already stays as it is. Refuses more
    than 5,000 at once and more than 200,000 picks in all.
    """
    wishes = (
        ("goods", PickState.PICKED, list(dict.fromkeys(goods_ids))),
        ("category", PickState.PICKED, list(dict.fromkeys(category_ids))),
        ("brand", PickState.PICKED, list(dict.fromkeys(brand_ids))),
        ("goods", PickState.LEFT_OUT, [one for one in dict.fromkeys(left_out_ids) if one not in set(goods_ids)]),
    )
    if sum(len(ids) for _, _, ids in wishes) > AT_ONCE:
        raise Mistake("", _("At most %(count)d at once.") % {"count": AT_ONCE})
    found = Picked()
    with scope.distributor(distributor_id):
        if Pick.objects.exclude(state=PickState.REMOVED).count() > PICKS_AT_MOST - AT_ONCE:
            raise Mistake("", _("A selection holds at most %(count)d picks.") % {"count": PICKS_AT_MOST})
        added: dict[str, list[int]] = {}
        left: dict[str, list[int]] = {}
        for kind, state, ids in wishes:
            known, changed = _write(distributor_id, kind=kind, state=state, ids=ids)
            (left if state == PickState.LEFT_OUT else added).setdefault(_NAMES[kind], []).extend(changed)
            if unknown := [one for one in ids if one not in known]:
                found.unknown.setdefault(_NAMES[kind], []).extend(unknown)
            found.picks += Pick.objects.filter(**{f"{kind}_id__in": known}).order_by("id")
            found.changed += len(changed)
        _tell("selection.added", distributor_id, named=added, actor=actor, address=address)
        _tell("selection.removed", distributor_id, named=left, actor=actor, address=address)
    return found


def drop(distributor_id: int, *, pick_ids: Sequence[int], actor: str, address: str = "") -> list[Pick]:
    """Take picks out of a distributor's selection and return those there are; one taken out already stays so."""
    with scope.distributor(distributor_id):
        picks = list(Pick.objects.filter(pk__in=pick_ids).select_for_update(no_key=True, of=("self",)).order_by("id"))
        live = [one for one in picks if one.state != PickState.REMOVED]
        removed: dict[str, list[int]] = {}
        added: dict[str, list[int]] = {}
        for one in live:
            for kind, name in _NAMES.items():
                if (key := getattr(one, f"{kind}_id")) is not None:
                    # Goods that were left out come back with their category or brand.
                    (added if one.state == PickState.LEFT_OUT else removed).setdefault(name, []).append(key)
            one.state = PickState.REMOVED
        with connection.cursor() as cursor:
            cursor.execute(
                "update catalog_pick set state = 'removed', changed_xid = pg_current_xact_id() where id = any(%s)",
                [[one.pk for one in live]],
            )
        _tell("selection.removed", distributor_id, named=removed, actor=actor, address=address)
        _tell("selection.added", distributor_id, named=added, actor=actor, address=address)
    return picks


def _write(distributor_id: int, *, kind: str, state: str, ids: list[int]) -> tuple[list[int], list[int]]:
    """Write picks of one kind; return the ids there are and those of which it was not said yet."""
    if not ids:
        return [], []
    values: dict[str, Any] = {"distributor_id": distributor_id, "state": str(state), "ids": ids}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN.format(table=_TABLES[kind]), [ids])
        known = sorted(row[0] for row in cursor.fetchall())
        cursor.execute(_PICK.format(table=_TABLES[kind], column=f"{kind}_id"), values)
        return known, sorted(row[0] for row in cursor.fetchall())


def _tell(event_type: str, distributor_id: int, *, named: dict[str, list[int]], actor: str, address: str) -> None:
    """Write one fact and one line of the log for a whole wish, which names the first hundred."""
    count = sum(len(ids) for ids in named.values())
    if not count:
        return
    data: dict[str, Any] = {"object": "selection", "count": count}
    room = NAMED_AT_MOST
    for name in _NAMES.values():
        ids = named.get(name, [])[:room]
        room -= len(ids)
        if ids:
            data[name] = [str(one) for one in ids]
    if count > NAMED_AT_MOST:
        data["hint"] = "changes"
    note(
        event_type,
        object_kind="selection",
        object_id=distributor_id,
        data=data | {"id": str(distributor_id)},
        actor=actor,
        distributor_ids=[distributor_id],
    )
    before, after = (data, None) if event_type == "selection.removed" else (None, data)
    record(
        actor=actor,
        verb=event_type,
        object_kind="selection",
        object_id=distributor_id,
        before=before,
        after=after,
        address=address,
    )
