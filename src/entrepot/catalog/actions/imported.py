"""Writing judged goods down, many in a few statements, each whole or not at all."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.catalog import queries, rules
from entrepot.catalog.actions.history import name_of
from entrepot.catalog.actions.steps import tell_all
from entrepot.catalog.intake.known import Group, Refused, Wanted
from entrepot.catalog.intake.sheet import COLUMNS
from entrepot.catalog.models import Goods, GoodsImport, GoodsState, GoodsVersion, VersionState
from entrepot.catalog.rules import bigrams
from entrepot.events.operations import record_selected

# Rows come in by COPY, which tables under row-level security do not take: so they stand in tables of this connection
# first, empty again after each transaction, and get their ids there. Suppliers' costs are in them, which nobody but the
# supplier's own scope reads.
_ENTRANCE = """
create temporary table entering_goods (id bigint not null default nextval('catalog_goods_id_seq'), place int, goods_no text,
    name text, subtitle text, category_id bigint, brand_id bigint, min_quantity int, images text[], detail_images text[],
    attributes jsonb, search_terms text[], codes text[]) on commit delete rows;
create temporary table entering_sku (id bigint not null default nextval('catalog_sku_id_seq'), place int, code text,
    spec text, supplier_price_fen bigint, cost_fen bigint, suggested_price_fen bigint, price_floor_fen bigint,
    price_ceiling_fen bigint, weight_g int, position int) on commit delete rows;
grant select, delete on entering_goods to entrepot_platform, entrepot_desk;
grant select (id, place, code, spec, supplier_price_fen, suggested_price_fen, price_floor_fen, price_ceiling_fen,
    weight_g, position), delete on entering_sku to entrepot_platform, entrepot_desk
"""
_COPY_GOODS = """
copy entering_goods (place, goods_no, name, subtitle, category_id, brand_id, min_quantity, images, detail_images,
    attributes, search_terms, codes) from stdin
"""
_COPY_SKUS = """
copy entering_sku (place, code, spec, supplier_price_fen, cost_fen, suggested_price_fen, price_floor_fen,
    price_ceiling_fen, weight_g, position) from stdin
"""
_TAKEN = """
select e.place, null from entering_goods e join catalog_goods g on g.goods_no = e.goods_no
union all
select e.place, e.code from entering_sku e join catalog_sku s on s.code = e.code
"""
_LEAVE_OUT = """
delete from entering_goods where place = any(%(places)s);
delete from entering_sku where place = any(%(places)s)
"""
_GOODS = """
insert into catalog_goods (id, goods_no, supplier_id, name, subtitle, kind, category_id, brand_id, state, min_quantity,
    images, detail_images, attributes, allowed_promotions, visible_tiers, visible_distributors, is_supplier_active,
    version, review_note, search_terms)
select id, goods_no, %(supplier_id)s, name, subtitle, 'physical', category_id, brand_id, %(state)s, min_quantity,
    images, detail_images, attributes, %(promotions)s, '{}', '{}', %(is_supplier_active)s, 1, '', search_terms
from entering_goods
"""
_SKUS = """
insert into catalog_sku (id, goods_id, code, spec, supplier_price_fen, supply_price_fen, suggested_price_fen,
    price_floor_fen, price_ceiling_fen, weight_g, position, is_active)
select s.id, g.id, s.code, s.spec, s.supplier_price_fen, case when %(is_priced)s then s.supplier_price_fen end,
    s.suggested_price_fen, s.price_floor_fen, s.price_ceiling_fen, s.weight_g, s.position, true
from entering_sku s join entering_goods g on g.place = s.place
"""
_COSTS = """
insert into catalog_skucost (sku_id, supplier_id, cost_fen)
select id, %(supplier_id)s, cost_fen from entering_sku where cost_fen is not null
"""
_RECORDS = """
select id::text as id, left(goods_no || ' ' || name, 120) as label,
    jsonb_build_object('state', %(state)s::text, 'import', %(import)s::bigint, 'skus', to_jsonb(codes)) as after
from entering_goods
"""


def write(
    job: GoodsImport, *, groups: Sequence[Group], is_own: bool, is_supplier_active: bool, is_doubtful: bool
) -> tuple[int, list[Refused]]:
    """Write new goods with their SKUs and costs, the record of each, and what malls are told.

    Returns how many were made, and, with `is_doubtful`, a refusal for each whose goods number or code is taken; most files
    hold none, and the look costs as much as an index. Numbers are there once for all suppliers, so it is in the
    platform's scope; whose they are is not told. A statement for each table, since rows one by one would take ten times
    as long. Pictures are paths by now. Raises IntegrityError, and writes nothing, when a number or code is taken.
    """
    wanted = [group.wanted for group in groups if group.wanted is not None]
    refused: list[Refused] = []
    state = GoodsState.DRAFT.value
    if job.is_at_once:
        state = GoodsState.ON_SALE.value if is_own else GoodsState.SUBMITTED.value
    facts: dict[str, Any] = {
        "supplier_id": job.supplier_id,
        "state": state,
        "promotions": list(rules.ALLOWED_PROMOTIONS),
        "is_supplier_active": is_supplier_active,
        "is_priced": is_own and job.is_at_once,
        "import": job.pk,
    }
    with scope.supplier(job.supplier_id):
        _enter(wanted)
    with scope.platform(), connection.cursor() as cursor:
        if is_doubtful:
            wanted, refused = _without_taken(groups)
        cursor.execute(_GOODS, facts)
        cursor.execute(_SKUS, facts)
        if any(draft.cost_fen is not None for one in wanted for draft in one.skus):
            with scope.supplier(job.supplier_id):
                cursor.execute(_COSTS, facts)
        record_selected(
            _RECORDS, values=facts, actor=job.actor, verb="goods.imported", object_kind="goods", address=job.address
        )
        if is_own and job.is_at_once:
            _list(job, wanted=wanted)
    return len(wanted), refused


def _enter(wanted: Sequence[Wanted]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('pg_temp.entering_sku')")
        if cursor.fetchone() == (None,):
            cursor.execute(_ENTRANCE)
        for statement, rows in ((_COPY_GOODS, _goods_rows(wanted)), (_COPY_SKUS, _sku_rows(wanted))):
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)


def _without_taken(groups: Sequence[Group]) -> tuple[list[Wanted], list[Refused]]:
    """Take out what is taken, and return what stays and a refusal for each of the others."""
    ready = [(group.rows[0], group.wanted) for group in groups if group.wanted is not None]
    taken: dict[int, str | None] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN)
        for place, code in cursor.fetchall():
            # A goods number that is taken says more than its codes; of several codes the first is told.
            taken[place] = min(taken.get(place, code) or code, code) if code and taken.get(place, code) else None
        if taken:
            cursor.execute(_LEAVE_OUT, {"places": list(taken)})
    refused = []
    for place, code in sorted(taken.items()):
        row = ready[place][0]
        if code is None:
            refused.append(Refused(row, str(COLUMNS["goods_no"][0]), _("There are goods of that number.")))
        else:
            reason = _("There is a SKU of the code “%(code)s”.") % {"code": code}
            refused.append(Refused(row, str(COLUMNS["code"][0]), reason))
    return [one for place, (_row, one) in enumerate(ready) if place not in taken], refused


def _goods_rows(wanted: Sequence[Wanted]) -> Iterator[tuple[Any, ...]]:
    for place, one in enumerate(wanted):
        yield (
            place,
            one.goods_no,
            one.name,
            one.subtitle,
            one.category_id,
            one.brand_id,
            one.min_quantity,
            _array(one.images),
            _array(one.detail_images),
            json.dumps(one.attributes, ensure_ascii=False) if one.attributes else "{}",
            # Letters and digits alone, two at most: nothing in them needs quotes.
            "{" + ",".join(bigrams(f"{one.name} {one.goods_no} {one.brand}")) + "}",
            _array(one.codes),
        )


def _sku_rows(wanted: Sequence[Wanted]) -> Iterator[tuple[Any, ...]]:
    for place, one in enumerate(wanted):
        for position, (code, draft) in enumerate(zip(one.codes, one.skus, strict=True)):
            yield (
                place,
                code,
                draft.spec,
                draft.supplier_price_fen,
                draft.cost_fen,
                draft.suggested_price_fen,
                draft.price_floor_fen,
                draft.price_ceiling_fen,
                draft.weight_g,
                position,
            )


def _array(texts: Sequence[str]) -> str:
    """Return texts as PostgreSQL writes an array of them."""
    if not texts:
        return "{}"
    return '{"' + '","'.join([text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]) + '"}'


def _content(goods: Goods, *, one: Wanted) -> dict[str, object]:
    skus = [
        {"code": code} | {name: getattr(draft, name) for name in rules.SKU_FIELDS}
        for code, draft in zip(one.codes, one.skus, strict=True)
    ]
    return queries.fields_of(goods) | {"skus": skus}


def _list(job: GoodsImport, *, wanted: Sequence[Wanted]) -> None:
    """Keep the first version of goods that went on sale at once, and tell the malls."""
    numbers = [one.goods_no for one in wanted]
    goods = {row.goods_no: row for row in Goods.objects.filter(goods_no__in=numbers)}
    GoodsVersion.objects.bulk_create(
        [
            GoodsVersion(
                goods_id=goods[one.goods_no].pk,
                supplier_id=job.supplier_id,
                number=1,
                state=VersionState.LIVE,
                content=_content(goods[one.goods_no], one=one),
                made_by=name_of(job.actor),
            )
            for one in wanted
        ],
        batch_size=2_000,
    )
    tell_all(goods.values(), event_type="product.listed", actor=job.actor)
