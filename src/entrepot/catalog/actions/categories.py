"""Categories and brands."""

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog.models import Brand, Category, Goods
from entrepot.catalog.search import terms_of
from entrepot.events.operations import record

DEPTH_AT_MOST = 3


def create_category(
    name: str, *, actor: str, parent_id: int | None = None, position: int = 0, address: str = ""
) -> Category:
    """Add a category (分类), at most three deep. Refuses a name that is empty or taken beside it."""
    with scope.platform():
        parent = None
        if parent_id is not None:
            parent = Category.objects.filter(pk=parent_id).first()
            if parent is None or _depth(parent) >= DEPTH_AT_MOST:
                raise Mistake("parent_id", _("Choose a category of the first or second level."))
        category = Category(name=_named(name), parent=parent, position=position)
        with taken("name", _("There is a category of that name.")):
            category.save()
        record(
            actor=actor,
            verb="category.created",
            object_kind="category",
            object_id=category.pk,
            label=category.name,
            after={"name": category.name, "parent_id": parent_id},
            address=address,
        )
    return category


def rename_category(
    category_id: int, *, name: str, actor: str, position: int | None = None, address: str = ""
) -> Category:
    """Change name or place of a category. Refuses as `create_category` does. Raises Category.DoesNotExist."""
    with scope.platform():
        category = Category.objects.select_for_update(no_key=True).get(pk=category_id)
        before = {"name": category.name, "position": category.position}
        category.name = _named(name)
        category.position = category.position if position is None else position
        after = {"name": category.name, "position": category.position}
        if before == after:
            return category
        with taken("name", _("There is a category of that name.")):
            category.save()
        record(
            actor=actor,
            verb="category.changed",
            object_kind="category",
            object_id=category.pk,
            label=category.name,
            before=before,
            after=after,
            address=address,
        )
    return category


def create_brand(name: str, *, actor: str, address: str = "") -> Brand:
    """Add a brand (品牌). Refuses a name that is empty or taken."""
    with scope.platform():
        brand = Brand(name=_named(name))
        with taken("name", _("There is a brand of that name.")):
            brand.save()
        record(
            actor=actor,
            verb="brand.created",
            object_kind="brand",
            object_id=brand.pk,
            label=brand.name,
            after={"name": brand.name},
            address=address,
        )
    return brand


def rename_brand(brand_id: int, *, name: str, actor: str, address: str = "") -> Brand:
    """Change the name of a brand; its goods are found by the new one. Raises Brand.DoesNotExist."""
    with scope.platform():
        brand = Brand.objects.select_for_update(no_key=True).get(pk=brand_id)
        before, brand.name = brand.name, _named(name)
        if before == brand.name:
            return brand
        with taken("name", _("There is a brand of that name.")):
            brand.save()
        rows = list(Goods.objects.filter(brand=brand).select_related("brand").only("name", "goods_no", "brand__name"))
        for goods in rows:
            goods.search_terms = terms_of(goods)
        Goods.objects.bulk_update(rows, ["search_terms"], batch_size=500)
        record(
            actor=actor,
            verb="brand.changed",
            object_kind="brand",
            object_id=brand.pk,
            label=brand.name,
            before={"name": before},
            after={"name": brand.name},
            address=address,
        )
    return brand


def _named(name: str) -> str:
    plain = name.strip()
    if not plain or len(plain) > 40:
        raise Mistake("name", _("A name has 1 to 40 letters."))
    return plain


def _depth(category: Category) -> int:
    depth = 1
    while category.parent is not None:
        category, depth = category.parent, depth + 1
    return depth
