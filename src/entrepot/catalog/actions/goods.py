"""Goods as their supplier writes them."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog import pictures, rules
from entrepot.catalog.actions.steps import keep, locked, log, step
from entrepot.catalog.models import Brand, Category, Goods, GoodsState, Sku, SkuCost
from entrepot.catalog.rules import SkuDraft
from entrepot.catalog.search import terms_of
from entrepot.events.operations import changes

_FIELDS = ("goods_no", "name", "subtitle", "category_id", "brand_id", "min_quantity", "images", "detail_images")
_PRICES = ("supplier_price_fen", "suggested_price_fen", "price_floor_fen", "price_ceiling_fen")


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
    address: str = "",
) -> Goods:
    """Write goods of a supplier, new (a draft) or with `goods_id` again; the whole of them is given each time.

    SKUs are known by their code: one that is no longer given is put out of use, never removed. A changed supplier's
    price forgets the supply price set at the last review. Pictures are paths of `pictures.store`. The goods number
    stays once the goods have left the draft.

    Refuses goods on sale or in review, a goods number or code that is missing, malformed or taken, prices out of
    bounds or a band turned over, a minimum below 1, unknown category, brand or picture, and, with `version`, goods
    changed meanwhile. Raises Goods.DoesNotExist for somebody else's.
    """
    with scope.supplier(supplier_id):
        goods = Goods(supplier_id=supplier_id, allowed_promotions=list(rules.ALLOWED_PROMOTIONS))
        before: dict[str, Any] = {}
        if goods_id is not None:
            goods = locked(goods_id, version=version)
            before = _state(goods)
            if goods.state == GoodsState.UNLISTED and goods.goods_no != goods_no.strip():
                raise Mistake("goods_no", _("Malls know these goods by their number: it stays."))
            step(goods, name="edit")
        goods.goods_no, goods.name, goods.subtitle = goods_no.strip(), name.strip(), subtitle.strip()
        goods.category, goods.brand = _category(category_id), _brand(brand_id)
        goods.min_quantity = min_quantity
        goods.images, goods.detail_images = list(images), list(detail_images)
        _check(goods)
        goods.search_terms = terms_of(goods)
        with taken("goods_no", _("There are goods of that number.")):
            if goods_id is None:
                goods.save()
            else:
                keep(goods, *_FIELDS, "state", "search_terms")
        _save_skus(goods, drafts=skus)
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


def _category(category_id: int) -> Category:
    category = Category.objects.filter(pk=category_id).first()
    if category is None:
        raise Mistake("category_id", _("Choose a category."))
    return category


def _brand(brand_id: int | None) -> Brand | None:
    brand = None if brand_id is None else Brand.objects.filter(pk=brand_id).first()
    if brand is None and brand_id is not None:
        raise Mistake("brand_id", _("Choose a brand."))
    return brand


def _save_skus(goods: Goods, *, drafts: Sequence[SkuDraft]) -> None:
    if not 1 <= len(drafts) <= rules.SKUS_AT_MOST:
        raise Mistake("skus", _("Add between 1 and %(count)d SKUs.") % {"count": rules.SKUS_AT_MOST})
    known = {sku.code: sku for sku in goods.skus.select_for_update(no_key=True, of=("self",))}
    codes = rules.sku_codes(goods.goods_no, drafts=drafts, known=known)
    if len(set(codes)) < len(codes):
        raise Mistake("skus", _("A SKU code is there twice."))
    for place, (code, draft) in enumerate(zip(codes, drafts, strict=True)):
        _check_sku(draft, code=code, place=place)
        sku = known.pop(code, None) or Sku(goods=goods, code=code)
        if sku.pk is not None and sku.supplier_price_fen != draft.supplier_price_fen:
            sku.supply_price_fen = None
        sku.spec, sku.weight_g, sku.position, sku.is_active = draft.spec.strip(), draft.weight_g, place, True
        for field in _PRICES:
            if (price_fen := getattr(draft, field)) is not rules.KEPT:
                setattr(sku, field, price_fen)
        _check_band(sku, place=place)
        with taken(f"skus.{place}.code", _("There is a SKU of that code.")):
            sku.save()
        if draft.cost_fen is not None:
            SkuCost.objects.update_or_create(
                sku=sku, defaults={"cost_fen": draft.cost_fen, "supplier_id": goods.supplier_id}
            )
    for sku in known.values():
        if sku.is_active:
            sku.is_active = False
            sku.save(update_fields=["is_active"])


def _check_sku(draft: SkuDraft, *, code: str, place: int) -> None:
    if not rules.is_number(code):
        raise Mistake(f"skus.{place}.code", _("1 to 40 letters, digits or any of “._-/”."))
    if len(draft.spec.strip()) > 80:
        raise Mistake(f"skus.{place}.spec", _("At most 80 letters."))
    if not 0 <= draft.weight_g <= 1_000_000_000:
        raise Mistake(f"skus.{place}.weight_g", _("The weight is not below 0."))
    for field in (*_PRICES, "cost_fen"):
        price_fen = getattr(draft, field)
        least = 0 if field == "cost_fen" else 1
        if price_fen is not None and price_fen is not rules.KEPT and not least <= price_fen <= rules.PRICE_AT_MOST_FEN:
            raise Mistake(f"skus.{place}.{field}", _("The price is above 0 and at most 10 million yuan."))


def _check_band(sku: Sku, *, place: int) -> None:
    floor, ceiling = sku.price_floor_fen, sku.price_ceiling_fen
    if floor is not None and ceiling is not None and floor > ceiling:
        raise Mistake(f"skus.{place}.price_floor_fen", _("The lowest price is above the highest."))


def _state(goods: Goods) -> dict[str, Any]:
    """Return what the record shows of goods; the supplier's own cost is nobody else's business and left out."""
    state: dict[str, Any] = {name: getattr(goods, name) for name in _FIELDS}
    state["skus"] = [
        {"code": sku.code, "spec": sku.spec, "weight_g": sku.weight_g} | {name: getattr(sku, name) for name in _PRICES}
        for sku in goods.skus.filter(is_active=True).order_by("position", "id")
    ]
    return state
