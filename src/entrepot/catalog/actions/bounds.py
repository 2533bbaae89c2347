"""What a supplier may offer, how goods on sale may be edited, and what becomes of goods with their supplier's state."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog.actions.steps import keep_all, tell_all
from entrepot.catalog.models import (
    Brand,
    CatalogSetting,
    Category,
    EditMode,
    Goods,
    GoodsState,
    SupplierBounds,
)
from entrepot.events.operations import changes, record
from entrepot.parties import actions as party_actions
from entrepot.parties.models import PartyState, Supplier

_FIELDS = ("has_all_categories", "has_all_brands", "category_ids", "brand_ids", "edit_mode")


def set_bounds(
    supplier_id: int,
    *,
    actor: str,
    has_all_categories: bool = False,
    has_all_brands: bool = False,
    category_ids: Sequence[int] = (),
    brand_ids: Sequence[int] = (),
    edit_mode: str = EditMode.AS_PLATFORM,
    address: str = "",
) -> SupplierBounds:
    """Tick the categories (with all below them) and brands a supplier may offer, and say how he edits goods on sale.

    Nothing ticked allows nothing. Goods he has already stay on sale; edited, they must keep to the bounds. Refuses the
    platform's own goods, unknown ids and modes. Raises Supplier.DoesNotExist.
    """
    with scope.platform():
        supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
        if supplier.is_platform:
            raise Mistake("", _("The platform's own goods know no bounds."))
        row = SupplierBounds.objects.filter(supplier=supplier).first() or SupplierBounds(supplier=supplier)
        before = {field: getattr(row, field) for field in _FIELDS}
        row.has_all_categories, row.has_all_brands = has_all_categories, has_all_brands
        row.category_ids = [] if has_all_categories else sorted(set(category_ids))
        row.brand_ids = [] if has_all_brands else sorted(set(brand_ids))
        row.edit_mode = edit_mode
        if Category.objects.filter(pk__in=row.category_ids).count() != len(row.category_ids):
            raise Mistake("category_ids", _("Choose from the categories that exist."))
        if Brand.objects.filter(pk__in=row.brand_ids).count() != len(row.brand_ids):
            raise Mistake("brand_ids", _("Choose from the brands that exist."))
        if edit_mode not in EditMode.values:
            raise Mistake("edit_mode", _("Choose one of the modes."))
        old, new = changes(before, {field: getattr(row, field) for field in _FIELDS})
        row.save()
        if new:
            record(
                actor=actor,
                verb="supplier.bounds",
                object_kind="supplier",
                object_id=supplier_id,
                label=f"{supplier.number} {supplier.name}",
                before=old,
                after=new,
                address=address,
            )
    return row


def set_open_mode(*, is_open: bool, actor: str, address: str = "") -> CatalogSetting:
    """Say whether goods on sale may be changed while they sell (open mode), for suppliers without a mode of their own."""
    with scope.platform():
        row, _is_new = CatalogSetting.objects.select_for_update().get_or_create(pk=1)
        before, row.is_open = row.is_open, is_open
        if before != is_open:
            row.save(update_fields=["is_open"])
            record(
                actor=actor,
                verb="catalog.mode",
                object_kind="catalog",
                object_id=1,
                before={"is_open": before},
                after={"is_open": is_open},
                address=address,
            )
    return row


def suspend_supplier(supplier_id: int, *, actor: str, reason: str, address: str = "") -> Supplier:
    """Suspend a supplier; its goods leave every shelf at once, and malls are told. Refuses as the parties' room does."""
    with scope.platform():
        supplier = party_actions.suspend_supplier(supplier_id, actor=actor, reason=reason, address=address)
        _follow(supplier, actor=actor, reason=reason)
    return supplier


def activate_supplier(supplier_id: int, *, actor: str, reason: str = "", address: str = "") -> Supplier:
    """Activate a supplier; what it has on sale is on the shelves again, and malls are told."""
    with scope.platform():
        supplier = party_actions.activate_supplier(supplier_id, actor=actor, reason=reason, address=address)
        _follow(supplier, actor=actor, reason=reason)
    return supplier


def _follow(supplier: Supplier, *, actor: str, reason: str) -> None:
    """Bring a supplier's goods in line with its state."""
    is_active = supplier.state == PartyState.ACTIVE
    rows = Goods.objects.filter(supplier=supplier, is_supplier_active=not is_active)
    found = list(rows.select_for_update(no_key=True, of=("self",)).order_by("id"))
    keep_all(Goods.objects.filter(pk__in=[goods.pk for goods in found]), is_supplier_active=is_active)
    for goods in found:
        goods.version += 1
        goods.is_supplier_active = is_active
    shown = [goods for goods in found if goods.state == GoodsState.ON_SALE]
    event_type = "product.listed" if is_active else "product.delisted"
    tell_all(shown, event_type=event_type, actor=actor, reason="" if is_active else reason)
