"""Reads of the room that others share: the tree, bounds of suppliers, attributes, what a version holds."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from entrepot.catalog.models import (
    Attribute,
    Brand,
    CatalogSetting,
    Category,
    EditMode,
    Goods,
    GoodsVersion,
    SupplierBounds,
    VersionState,
)
from entrepot.catalog.rules import (
    CONTENT_FIELDS,
    SKU_FIELDS,
    UNBOUNDED,
    AttributeRow,
    Bounds,
    Conflict,
    below,
)
from entrepot.catalog.rules import rebased as rebased_content
from entrepot.parties.models import Supplier

_CHOICES = """
select is_brand, id, parent_id, name from (
    select false as is_brand, id, parent_id, name, position, '' as word from catalog_category
    union all select true, id, null, name, 0, name from catalog_brand
) as choices order by is_brand, position, word, id
"""


def parents() -> dict[int, int | None]:
    """Return each category's parent."""
    return dict(Category.objects.values_list("pk", "parent_id"))


def category_names() -> dict[int, str]:
    """Return the categories by their full names, `trunk / branch / leaf`, in the order of the tree."""
    return _full_names(Category.objects.values_list("pk", "parent_id", "name"))


def _full_names(categories: Iterable[tuple[int, int | None, str]]) -> dict[int, str]:
    rows = {pk: (parent_id, name) for pk, parent_id, name in categories}
    children: dict[int | None, list[int]] = {}
    for pk, (parent_id, _name) in rows.items():
        children.setdefault(parent_id, []).append(pk)
    found: dict[int, str] = {}

    def walk(parent_id: int | None, path: str) -> None:
        for pk in children.get(parent_id, ()):
            found[pk] = f"{path}{rows[pk][1]}"
            walk(pk, f"{found[pk]} / ")

    walk(None, "")
    return found


def bounds_of(supplier_id: int) -> Bounds:
    """Return what a supplier may offer (供货范围); the platform's own goods know no bounds.

    To be called in his scope or the platform's.
    """
    supplier = Supplier.objects.select_related("bounds").filter(pk=supplier_id).first()
    row: SupplierBounds | None = getattr(supplier, "bounds", None)
    if row is None:
        if supplier is not None and supplier.is_platform:
            return UNBOUNDED
        return Bounds(category_ids=frozenset(), brand_ids=frozenset())
    return Bounds(
        category_ids=None if row.has_all_categories else below(parents(), ids=row.category_ids),
        brand_ids=None if row.has_all_brands else frozenset(row.brand_ids),
    )


def category_choices(bounds: Bounds) -> list[tuple[int, str]]:
    """Return the categories a supplier may offer, with their full names."""
    return [(pk, name) for pk, name in category_names().items() if bounds.has_category(pk)]


def brand_choices(bounds: Bounds) -> list[tuple[int, str]]:
    """Return the brands a supplier may offer."""
    rows = Brand.objects.order_by("name").values_list("pk", "name")
    return [(pk, name) for pk, name in rows if bounds.has_brand(pk)]


def choices(bounds: Bounds) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the categories and the brands a supplier may offer, both by one question."""
    with connection.cursor() as cursor:
        cursor.execute(_CHOICES)
        rows = cursor.fetchall()
    names = _full_names((pk, parent_id, name) for is_brand, pk, parent_id, name in rows if not is_brand)
    brands = [(pk, name) for is_brand, pk, _, name in rows if is_brand and bounds.has_brand(pk)]
    return [(pk, name) for pk, name in names.items() if bounds.has_category(pk)], brands


def attributes(bounds: Bounds | None = None) -> list[AttributeRow]:
    """Return the attributes, or those a supplier of these bounds sees: their own category and brand match his."""
    tree = parents()
    rows = [
        AttributeRow(
            id=row.pk,
            name=row.name,
            choices=tuple(row.choices),
            is_required=row.is_required,
            category_ids=below(tree, ids=row.category_ids),
            brand_ids=frozenset(row.brand_ids),
        )
        for row in Attribute.objects.all()
    ]
    return rows if bounds is None else [row for row in rows if row.is_shown_to(bounds)]


def attribute_pairs(values: dict[str, str]) -> list[tuple[str, str]]:
    """Return name and value of the attributes of some goods, in the order of the attributes."""
    names = Attribute.objects.filter(pk__in=[int(key) for key in values]).values_list("pk", "name")
    return [(name, values[str(pk)]) for pk, name in names]


def is_open(supplier_id: int) -> bool:
    """Return whether a supplier may change goods on sale while the version on sale goes on selling (open mode)."""
    mode = SupplierBounds.objects.filter(supplier_id=supplier_id).values_list("edit_mode", flat=True).first()
    if mode:
        return mode == EditMode.OPEN
    return CatalogSetting.objects.filter(is_open=True).exists()


def content_of(goods: Goods) -> dict[str, Any]:
    """Return what a version keeps of goods: `rules.CONTENT_FIELDS`, and of each active SKU its code and `SKU_FIELDS`."""
    return fields_of(goods) | {
        "skus": [
            {"code": sku.code} | {name: getattr(sku, name) for name in SKU_FIELDS}
            for sku in goods.skus.filter(is_active=True).order_by("position", "id")
        ]
    }


def fields_of(goods: Goods) -> dict[str, Any]:
    """Return the part of a content that stands in the goods' own row."""
    return {name: getattr(goods, name) for name in CONTENT_FIELDS}


def waiting_version(goods_id: int) -> GoodsVersion | None:
    """Return the change of goods on sale that waits for review."""
    return GoodsVersion.objects.filter(goods_id=goods_id, state=VersionState.WAITING).first()


def rebased(row: GoodsVersion, *, goods: Goods) -> tuple[dict[str, Any], list[Conflict]]:
    """Return a change that waits as it stands over what is on sale now, and where it contradicts a later change."""
    base = (
        GoodsVersion.objects.filter(
            goods=goods, number__lt=row.number, state__in=(VersionState.LIVE, VersionState.REPLACED)
        )
        .order_by("-number")
        .first()
    )
    now = content_of(goods)
    return rebased_content(now if base is None else base.content, wanted=row.content, now=now)


def last_on_sale(goods_id: int) -> dict[str, int]:
    """Return what the supplier asked for each SKU, by code in fen, when the goods were on sale last; empty before that."""
    kept = GoodsVersion.objects.filter(goods_id=goods_id, state__in=(VersionState.LIVE, VersionState.REPLACED)).first()
    return {} if kept is None else {sku["code"]: sku["supplier_price_fen"] for sku in kept.content["skus"]}


def versions_of(goods_id: int) -> list[GoodsVersion]:
    """Return the versions of goods, the newest first."""
    return list(GoodsVersion.objects.filter(goods_id=goods_id)[:50])


_GOODS_OF = """
select p.id, (select count(*) from (select from catalog_goods where {column} = p.id order by id limit %s) g)
from unnest(%s::bigint[]) as p(id)
"""


def goods_of_categories(ids: Iterable[int], *, most: int) -> dict[int, int]:
    """Return how many goods each of some categories has of its own, counted up to `most`."""
    return _goods_of("category_id", ids, most=most)


def goods_of_brands(ids: Iterable[int], *, most: int) -> dict[int, int]:
    """Return how many goods each of some brands has, counted up to `most`."""
    return _goods_of("brand_id", ids, most=most)


def _goods_of(column: str, ids: Iterable[int], *, most: int) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_GOODS_OF.format(column=column), [most, list(ids)])
        return dict(cursor.fetchall())
