"""Brands."""

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog.actions.naming import named
from entrepot.catalog.models import Attribute, Brand, Goods, Pick, SupplierBounds
from entrepot.catalog.search import terms_of
from entrepot.events.operations import record


def create_brand(name: str, *, actor: str, address: str = "") -> Brand:
    """Add a brand (品牌). Refuses a name that is empty or taken."""
    with scope.platform():
        brand = Brand(name=named(name))
        with taken("name", _("There is a brand of that name.")):
            brand.save()
        _log(brand, verb="brand.created", actor=actor, after={"name": brand.name}, address=address)
    return brand


def rename_brand(brand_id: int, *, name: str, actor: str, address: str = "") -> Brand:
    """Change the name of a brand; its goods are found by the new one. Raises Brand.DoesNotExist."""
    with scope.platform():
        brand = Brand.objects.select_for_update(no_key=True).get(pk=brand_id)
        before, brand.name = brand.name, named(name)
        if before == brand.name:
            return brand
        with taken("name", _("There is a brand of that name.")):
            brand.save()
        rows = list(Goods.objects.filter(brand=brand).select_related("brand").only("name", "goods_no", "brand__name"))
        for goods in rows:
            goods.search_terms = terms_of(goods)
        Goods.objects.bulk_update(rows, ["search_terms"], batch_size=500)
        _log(
            brand,
            verb="brand.changed",
            actor=actor,
            before={"name": before},
            after={"name": brand.name},
            address=address,
        )
    return brand


def remove_brand(brand_id: int, *, actor: str, address: str = "") -> None:
    """Remove a brand that no goods carry and no attribute asks for. Raises Brand.DoesNotExist."""
    with scope.platform():
        brand = Brand.objects.select_for_update().get(pk=brand_id)
        if Goods.objects.filter(brand=brand).exists():
            raise Mistake("", _("Goods carry this brand."))
        if Attribute.objects.filter(brand_ids__contains=[brand_id]).exists():
            raise Mistake("", _("An attribute is bound to this brand."))
        for row in SupplierBounds.objects.select_for_update(no_key=True).filter(brand_ids__contains=[brand_id]):
            row.brand_ids.remove(brand_id)
            row.save(update_fields=["brand_ids"])
        with scope.desk():  # sandboxes pick the same brands
            Pick.objects.filter(brand_id=brand_id).delete()
        brand.delete()
        brand.pk = brand_id
        _log(brand, verb="brand.removed", actor=actor, before={"name": brand.name}, address=address)


def _log(
    brand: Brand,
    *,
    verb: str,
    actor: str,
    address: str,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    record(
        actor=actor,
        verb=verb,
        object_kind="brand",
        object_id=brand.pk,
        label=brand.name,
        before=before,
        after=after,
        address=address,
    )
