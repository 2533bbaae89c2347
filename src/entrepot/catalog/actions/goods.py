"""Goods as their supplier writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog import pictures, queries, rules
from entrepot.catalog.actions.attributes import judged_values
from entrepot.catalog.actions.skus import PRICES, save_skus
from entrepot.catalog.actions.steps import keep, locked, log, step
from entrepot.catalog.models import Brand, Category, Goods, GoodsState
from entrepot.catalog.rules import Bounds, SkuDraft
from entrepot.catalog.search import terms_of
from entrepot.events.operations import changes
from entrepot.parties.models import PartyState, Supplier

_FIELDS = ("goods_no", *rules.CONTENT_FIELDS)


def save_goods(
    supplier_id: int,
    *,
    goods_no: str,
    name: str,
    category_id: int,
    skus: Sequence[SkuDraft],
    actor: str,
    goods_id: int | None = None,
    version: int | None = None,
    subtitle: str = "",
    brand_id: int | None = None,
    min_quantity: int = 1,
    images: Sequence[str] = (),
    detail_images: Sequence[str] = (),
    attributes: Mapping[int, str] | None = None,
    address: str = "",
) -> Goods:
    """Write goods of a supplier, new (a draft) or with `goods_id` again; the whole of them is given each time.

    SKUs are known by their code: one that is no longer given is put out of use, never removed. A changed supplier's
    price forgets the supply price set at the last review. Pictures are paths of `pictures.store`. The goods number
    stays once the goods have left the draft. `attributes` are values by the attribute's id; None keeps those there are.

    Refuses goods on sale or in review, a category, brand or attribute outside the supplier's bounds, a goods number or code that is missing, malformed or taken, prices out of
    bounds or a band turned over, a minimum below 1, unknown category, brand or picture, and, with `version`, goods
    changed meanwhile. Raises Goods.DoesNotExist for somebody else's.
    """
    with scope.supplier(supplier_id):
        goods = _blank(supplier_id)
        before: dict[str, Any] = {}
        if goods_id is not None:
            goods = locked(goods_id, version=version)
            before = _state(goods)
            if goods.state == GoodsState.UNLISTED and goods.goods_no != goods_no.strip():
                raise Mistake("goods_no", _("Malls know these goods by their number: it stays."))
            step(goods, name="edit")
        goods.goods_no = goods_no.strip()
        fill(
            goods,
            name=name,
            subtitle=subtitle,
            category_id=category_id,
            brand_id=brand_id,
            min_quantity=min_quantity,
            images=images,
            detail_images=detail_images,
            attributes=attributes,
        )
        goods.search_terms = terms_of(goods)
        with taken("goods_no", _("There are goods of that number.")):
            if goods_id is None:
                goods.save()
            else:
                keep(goods, *_FIELDS, "state", "search_terms")
        save_skus(goods, drafts=skus)
        old, new = changes(before, _state(goods))
        verb = "goods.created" if goods_id is None else "goods.changed"
        log(goods, verb=verb, actor=actor, before=old if before else None, after=new, address=address)
    return goods


def add_picture(
    supplier_id: int, *, goods_id: int, data: bytes, actor: str, is_detail: bool = False, address: str = ""
) -> str:
    """Add a picture to goods being edited, last of its kind, and return its path.

    Refuses what `pictures.store` refuses, goods on sale or in review, and a thirteenth picture.
    """
    with scope.supplier(supplier_id):
        goods = locked(goods_id)
        step(goods, name="edit")
        path = pictures.store(data)
        row = goods.detail_images if is_detail else goods.images
        if path not in row:
            row.append(path)
        _check(goods)
        keep(goods, "state", "images", "detail_images")
        log(goods, verb="goods.picture", actor=actor, after={"picture": path, "is_detail": is_detail}, address=address)
    return path


def _blank(supplier_id: int) -> Goods:
    state = Supplier.objects.values_list("state", flat=True).get(pk=supplier_id)
    return Goods(
        supplier_id=supplier_id,
        is_supplier_active=state == PartyState.ACTIVE,
        allowed_promotions=list(rules.ALLOWED_PROMOTIONS),
    )


def fill(
    goods: Goods,
    *,
    name: str,
    subtitle: str,
    category_id: int,
    brand_id: int | None,
    min_quantity: int,
    images: Sequence[str],
    detail_images: Sequence[str],
    attributes: Mapping[int, str] | None,
) -> None:
    """Put into goods, not yet into their row, what their supplier wrote; refuses what cannot be or is out of bounds."""
    bounds = queries.bounds_of(goods.supplier_id)
    goods.name, goods.subtitle, goods.min_quantity = name.strip(), subtitle.strip(), min_quantity
    goods.category, goods.brand = _category(category_id, bounds=bounds), _brand(brand_id, bounds=bounds)
    goods.images, goods.detail_images = list(images), list(detail_images)
    _check(goods)
    values = attributes
    if values is None:
        values = {int(key): value for key, value in goods.attributes.items()}
    goods.attributes = judged_values(values, category_id=category_id, brand_id=brand_id, bounds=bounds)


def _check(goods: Goods) -> None:
    if not rules.is_number(goods.goods_no):
        raise Mistake("goods_no", _("1 to 40 letters, digits or any of “._-/”."))
    if not goods.name or len(goods.name) > 120:
        raise Mistake("name", _("A name has 1 to 120 letters."))
    if len(goods.subtitle) > 200:
        raise Mistake("subtitle", _("At most 200 letters."))
    if not 1 <= goods.min_quantity <= 10_000:
        raise Mistake("min_quantity", _("The minimum lies between 1 and 10,000."))
    for field, paths in (("images", goods.images), ("detail_images", goods.detail_images)):
        if len(paths) > rules.PICTURES_AT_MOST:
            raise Mistake(field, _("At most %(count)d pictures.") % {"count": rules.PICTURES_AT_MOST})
        if not all(pictures.is_kept(path) for path in paths):
            raise Mistake(field, _("A picture is missing; upload it again."))


def _category(category_id: int, *, bounds: Bounds) -> Category:
    category = Category.objects.filter(pk=category_id).first()
    if category is None:
        raise Mistake("category_id", _("Choose a category."))
    if not bounds.has_category(category_id):
        raise Mistake("category_id", _("The platform has not opened this category to you."))
    return category


def _brand(brand_id: int | None, *, bounds: Bounds) -> Brand | None:
    brand = None if brand_id is None else Brand.objects.filter(pk=brand_id).first()
    if brand is None and brand_id is not None:
        raise Mistake("brand_id", _("Choose a brand."))
    if not bounds.has_brand(brand_id):
        raise Mistake("brand_id", _("The platform has not opened this brand to you."))
    return brand


def _state(goods: Goods) -> dict[str, Any]:
    """Return what the record shows of goods; the supplier's own cost is nobody else's business and left out."""
    state: dict[str, Any] = {name: getattr(goods, name) for name in _FIELDS}
    state["skus"] = [
        {"code": sku.code, "spec": sku.spec, "weight_g": sku.weight_g} | {name: getattr(sku, name) for name in PRICES}
        for sku in goods.skus.filter(is_active=True).order_by("position", "id")
    ]
    return state
