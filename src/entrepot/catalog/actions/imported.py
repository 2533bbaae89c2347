"""Writing judged goods down, many in a few statements, each whole or not at all."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from entrepot.base import scope
from entrepot.catalog import queries, rules
from entrepot.catalog.actions.history import name_of
from entrepot.catalog.actions.steps import tell_all
from entrepot.catalog.intake.judge import Group, Refused, Wanted
from entrepot.catalog.intake.sheet import COLUMNS
from entrepot.catalog.models import Goods, GoodsImport, GoodsState, GoodsVersion, Sku, VersionState
from entrepot.catalog.rules import bigrams
from entrepot.events.operations import record_each


def without_taken(groups: Sequence[Group]) -> tuple[list[Group], list[Refused]]:
    """Return the groups whose goods number and codes are free, and a refusal for each of the others.

    Numbers are there once for all suppliers, so this asks in the platform's scope; whose they are is not told.
    """
    wanted = [group.wanted for group in groups if group.wanted is not None]
    with scope.platform():
        numbers = set(
            Goods.objects.filter(goods_no__in=[one.goods_no for one in wanted]).values_list("goods_no", flat=True)
        )
        codes = set(
            Sku.objects.filter(code__in=[code for one in wanted for code in one.codes]).values_list("code", flat=True)
        )
    free, refused = [], []
    for group in groups:
        assert group.wanted is not None
        if group.wanted.goods_no in numbers:
            refused.append(Refused(group.rows[0], str(COLUMNS["goods_no"][0]), _("There are goods of that number.")))
        elif taken := codes.intersection(group.wanted.codes):
            reason = _("There is a SKU of the code “%(code)s”.") % {"code": min(taken)}
            refused.append(Refused(group.rows[0], str(COLUMNS["code"][0]), reason))
        else:
            free.append(group)
    return free, refused


_GOODS = """
insert into catalog_goods (goods_no, supplier_id, name, subtitle, kind, category_id, brand_id, state, min_quantity,
    images, detail_images, attributes, allowed_promotions, visible_tiers, visible_distributors, is_supplier_active,
    version, review_note, search_terms)
select x.goods_no, %(supplier_id)s, x.name, x.subtitle, 'physical', x.category_id, x.brand_id, %(state)s,
    x.min_quantity, x.images, x.detail_images, x.attributes, %(promotions)s, '{}', '{}', %(is_supplier_active)s,
    1, '', x.search_terms
from jsonb_to_recordset(%(rows)s) as x(goods_no text, name text, subtitle text, category_id bigint, brand_id bigint,
    min_quantity int, images text[], detail_images text[], attributes jsonb, search_terms text[])
returning goods_no, id
"""
_SKUS = """
insert into catalog_sku (goods_id, code, spec, supplier_price_fen, supply_price_fen, suggested_price_fen,
    price_floor_fen, price_ceiling_fen, weight_g, position, is_active)
select x.goods_id, x.code, x.spec, x.supplier_price_fen, case when %(is_priced)s then x.supplier_price_fen end,
    x.suggested_price_fen, x.price_floor_fen, x.price_ceiling_fen, x.weight_g, x.position, true
from jsonb_to_recordset(%(rows)s) as x(goods_id bigint, code text, spec text, supplier_price_fen bigint,
    suggested_price_fen bigint, price_floor_fen bigint, price_ceiling_fen bigint, weight_g int, position int)
returning code, id
"""
_COSTS = """
insert into catalog_skucost (sku_id, supplier_id, cost_fen)
select sku_id, %(supplier_id)s, cost_fen
from unnest(%(sku_ids)s::bigint[], %(costs_fen)s::bigint[]) as x(sku_id, cost_fen)
"""


def write(job: GoodsImport, *, wanted: Sequence[Wanted], is_own: bool, is_supplier_active: bool) -> None:
    """Write new goods with their SKUs and costs, the record of each, and what malls are told.

    A statement for each table, since rows one by one would take ten times as long. Pictures are paths by now. Raises
    IntegrityError, and writes nothing, when a number or code was taken meanwhile.
    """
    state = GoodsState.DRAFT.value
    if job.is_at_once:
        state = GoodsState.ON_SALE.value if is_own else GoodsState.SUBMITTED.value
    facts: dict[str, Any] = {
        "supplier_id": job.supplier_id,
        "state": state,
        "promotions": list(rules.ALLOWED_PROMOTIONS),
        "is_supplier_active": is_supplier_active,
        "is_priced": is_own and job.is_at_once,
    }
    with scope.platform(), connection.cursor() as cursor:
        cursor.execute(_GOODS, facts | {"rows": Jsonb([_row(one) for one in wanted])})
        ids = dict(cursor.fetchall())
        cursor.execute(_SKUS, facts | {"rows": Jsonb([row for one in wanted for row in _sku_rows(one, ids=ids)])})
        sku_ids = dict(cursor.fetchall())
        costs = {
            sku_ids[code]: draft.cost_fen
            for one in wanted
            for code, draft in zip(one.codes, one.skus, strict=True)
            if draft.cost_fen is not None
        }
        if costs:
            with scope.supplier(job.supplier_id):
                cursor.execute(
                    _COSTS,
                    {"supplier_id": job.supplier_id, "sku_ids": list(costs), "costs_fen": list(costs.values())},
                )
        record_each(
            (
                (ids[one.goods_no], f"{one.goods_no} {one.name}", {"state": state, "import": job.pk, "skus": one.codes})
                for one in wanted
            ),
            actor=job.actor,
            verb="goods.imported",
            object_kind="goods",
            address=job.address,
        )
        if is_own and job.is_at_once:
            _list(job, ids=list(ids.values()), wanted=wanted)


def _row(one: Wanted) -> dict[str, Any]:
    return {
        "goods_no": one.goods_no,
        "name": one.name,
        "subtitle": one.subtitle,
        "category_id": one.category_id,
        "brand_id": one.brand_id,
        "min_quantity": one.min_quantity,
        "images": one.images,
        "detail_images": one.detail_images,
        "attributes": one.attributes,
        "search_terms": bigrams(f"{one.name} {one.goods_no} {one.brand}"),
    }


def _sku_rows(one: Wanted, *, ids: dict[str, int]) -> list[dict[str, Any]]:
    goods_id = ids[one.goods_no]
    return [
        {
            "goods_id": goods_id,
            "code": code,
            "spec": draft.spec,
            "supplier_price_fen": draft.supplier_price_fen,
            "suggested_price_fen": draft.suggested_price_fen,
            "price_floor_fen": draft.price_floor_fen,
            "price_ceiling_fen": draft.price_ceiling_fen,
            "weight_g": draft.weight_g,
            "position": place,
        }
        for place, (code, draft) in enumerate(zip(one.codes, one.skus, strict=True))
    ]


def _content(goods: Goods, *, one: Wanted) -> dict[str, object]:
    skus = [
        {"code": code} | {name: getattr(draft, name) for name in rules.SKU_FIELDS}
        for code, draft in zip(one.codes, one.skus, strict=True)
    ]
    return queries.fields_of(goods) | {"skus": skus}


def _list(job: GoodsImport, *, ids: Sequence[int], wanted: Sequence[Wanted]) -> None:
    """Keep the first version of goods that went on sale at once, and tell the malls."""
    goods = {row.goods_no: row for row in Goods.objects.filter(pk__in=ids)}
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
