"""Reads of freight templates; call them inside the reader's scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet

from entrepot.freight.models import GoodsTemplate, Template
from entrepot.freight.rules import TemplateRow, templates_of

_ZONES = """
select t.id, t.name, t.kind, z.regions, z.is_served, z.first, z.first_fen, z.step, z.step_fen, z.free_from_fen,
       z.free_from_pieces
from freight_template t left join freight_zone z on z.template_id = t.id
where t.id = any(%s) order by t.id, z.position
"""
_SKUS = """
select k.code, g.supplier_id, f.template_id, k.weight_g
from catalog_sku k join catalog_goods g on g.id = k.goods_id left join freight_goodstemplate f on f.goods_id = g.id
where k.code = any(%s)
"""


@dataclass(frozen=True, slots=True)
class Sending:
    """How a SKU is sent: by whom, under which template, and what it weighs."""

    shipper: int
    template_id: int | None
    weight_g: int


def templates(*, supplier_id: int | None = None) -> QuerySet[Template]:
    """Return the templates the scope shows, of one shipper or of all, with `goods_count` and `zone_count`."""
    rows = Template.objects.select_related("supplier")
    if supplier_id is not None:
        rows = rows.filter(supplier_id=supplier_id)
    return rows.annotate(goods_count=Count("goods", distinct=True), zone_count=Count("zones", distinct=True))


def template_rows(ids: Iterable[int]) -> dict[int, TemplateRow]:
    """Return templates with their zones, by id, as the rules take them."""
    with connection.cursor() as cursor:
        cursor.execute(_ZONES, [list(ids)])
        return templates_of(cursor.fetchall())


def template_of(goods_id: int) -> Template | None:
    """Return the template some goods are sent by, None when they are sent free."""
    row = GoodsTemplate.objects.filter(goods_id=goods_id).select_related("template").first()
    return row.template if row else None


def offered(goods_id: int, *, supplier_id: int) -> tuple[list[Template], Template | None]:
    """Return a shipper's templates, and which of them his goods are sent by, None when they are sent free."""
    chosen = Exists(GoodsTemplate.objects.filter(goods_id=goods_id, template_id=OuterRef("pk")))
    rows: list[Any] = list(Template.objects.filter(supplier_id=supplier_id).annotate(is_chosen=chosen))
    return rows, next((row for row in rows if row.is_chosen), None)


def sendings(codes: Iterable[str]) -> dict[str, Sending]:
    """Return how SKUs are sent, by code, as far as the scope shows their goods."""
    with connection.cursor() as cursor:
        cursor.execute(_SKUS, [list(codes)])
        return {code: Sending(*rest) for code, *rest in cursor.fetchall()}
