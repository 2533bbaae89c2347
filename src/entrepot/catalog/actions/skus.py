"""The SKUs of goods as their supplier writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog import rules
from entrepot.catalog.models import Goods, Sku, SkuCost
from entrepot.catalog.rules import SkuDraft

PRICES = ("supplier_price_fen", "suggested_price_fen", "price_floor_fen", "price_ceiling_fen")


def save_skus(goods: Goods, *, drafts: Sequence[SkuDraft]) -> None:
    """Write the SKUs of goods that are being edited; those no longer given go out of use."""
    codes, known = _judged_codes(goods, drafts=drafts)
    for place, (code, draft) in enumerate(zip(codes, drafts, strict=True)):
        sku = known.pop(code, None) or Sku(goods=goods, code=code)
        was_fen = sku.supplier_price_fen
        _write(sku, draft=draft, place=place)
        if sku.supply_price_fen is not None and sku.supplier_price_fen != was_fen:
            # What the platform puts on top stays for the reviewer to judge, as when a price change is asked for.
            carried_fen = sku.supply_price_fen + sku.supplier_price_fen - was_fen
            sku.supply_price_fen = carried_fen if 0 < carried_fen <= rules.PRICE_AT_MOST_FEN else None
        sku.is_active = True
        with taken(f"skus.{place}.code", _("There is a SKU of that code.")):
            sku.save()
        _keep_cost(sku, draft=draft, supplier_id=goods.supplier_id)
    for sku in known.values():
        if sku.is_active:
            sku.is_active = False
            sku.save(update_fields=["is_active"])


def propose_skus(goods: Goods, *, drafts: Sequence[SkuDraft]) -> list[dict[str, Any]]:
    """Judge the SKUs of a change of goods on sale and return them as a version keeps them.

    What is on sale stays as it is. A new SKU takes its code at once and stays out of use until the change is approved;
    the supplier's own cost is nobody else's business, needs no review and holds at once.
    """
    codes, known = _judged_codes(goods, drafts=drafts)
    kept = []
    for place, (code, draft) in enumerate(zip(codes, drafts, strict=True)):
        sku = known.get(code)
        is_new = sku is None
        if sku is None:
            sku = Sku(goods=goods, code=code, is_active=False)
        _write(sku, draft=draft, place=place)
        if is_new:
            with taken(f"skus.{place}.code", _("There is a SKU of that code.")):
                sku.save()
        _keep_cost(sku, draft=draft, supplier_id=goods.supplier_id)
        kept.append({"code": code} | {name: getattr(sku, name) for name in rules.SKU_FIELDS})
    return kept


def apply_skus(goods: Goods, *, kept: Sequence[Mapping[str, Any]]) -> None:
    """Bring the SKUs of goods to what an approved version says; the supply prices stay, they are the reviewer's."""
    known = {sku.code: sku for sku in goods.skus.select_for_update(no_key=True, of=("self",))}
    for place, row in enumerate(kept):
        sku = known.pop(row["code"])
        for name in rules.SKU_FIELDS:
            setattr(sku, name, row[name])
        sku.position, sku.is_active = place, True
        sku.save(update_fields=[*rules.SKU_FIELDS, "position", "is_active"])
    goods.skus.filter(pk__in=[sku.pk for sku in known.values() if sku.is_active]).update(is_active=False)


def _judged_codes(goods: Goods, *, drafts: Sequence[SkuDraft]) -> tuple[list[str], dict[str, Sku]]:
    if not 1 <= len(drafts) <= rules.SKUS_AT_MOST:
        raise Mistake("skus", _("Add between 1 and %(count)d SKUs.") % {"count": rules.SKUS_AT_MOST})
    known = {sku.code: sku for sku in goods.skus.select_for_update(no_key=True, of=("self",))}
    codes = rules.sku_codes(goods.goods_no, drafts=drafts, known=known)
    if len(set(codes)) < len(codes):
        raise Mistake("skus", _("A SKU code is there twice."))
    for place, (code, draft) in enumerate(zip(codes, drafts, strict=True)):
        _check_sku(draft, code=code, place=place)
    return codes, known


def _write(sku: Sku, *, draft: SkuDraft, place: int) -> None:
    sku.spec, sku.weight_g, sku.position = draft.spec.strip(), draft.weight_g, place
    for field in PRICES:
        if (price_fen := getattr(draft, field)) is not rules.KEPT:
            setattr(sku, field, price_fen)
    floor, ceiling = sku.price_floor_fen, sku.price_ceiling_fen
    if floor is not None and ceiling is not None and floor > ceiling:
        raise Mistake(f"skus.{place}.price_floor_fen", _("The lowest price is above the highest."))


def _keep_cost(sku: Sku, *, draft: SkuDraft, supplier_id: int) -> None:
    if draft.cost_fen is not None:
        SkuCost.objects.update_or_create(sku=sku, defaults={"cost_fen": draft.cost_fen, "supplier_id": supplier_id})


def _check_sku(draft: SkuDraft, *, code: str, place: int) -> None:
    if not rules.is_number(code):
        raise Mistake(f"skus.{place}.code", _("1 to 40 letters, digits or any of “._-/”."))
    if len(draft.spec.strip()) > 80:
        raise Mistake(f"skus.{place}.spec", _("At most 80 letters."))
    if not 0 <= draft.weight_g <= 1_000_000_000:
        raise Mistake(f"skus.{place}.weight_g", _("The weight is not below 0."))
    for field in (*PRICES, "cost_fen"):
        price_fen = getattr(draft, field)
        least = 0 if field == "cost_fen" else 1
        if price_fen is not None and price_fen is not rules.KEPT and not least <= price_fen <= rules.PRICE_AT_MOST_FEN:
            raise Mistake(f"skus.{place}.{field}", _("The price is above 0 and at most 10 million yuan."))
