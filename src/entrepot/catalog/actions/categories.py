"""The tree of categories."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog import queries, rules
from entrepot.catalog.actions.naming import named
from entrepot.catalog.actions.steps import keep_all, tell_all
from entrepot.catalog.models import Attribute, Category, Goods, GoodsState, Pick, PickState, SupplierBounds
from entrepot.events.operations import changes, record


def create_category(
    name: str, *, actor: str, parent_id: int | None = None, position: int | None = None, address: str = ""
) -> Category:
    """Add a category (分类), at most three deep, last among its siblings unless a position is given.

    Refuses a name that is empty or taken beside it.
    """
    with scope.platform():
        if parent_id is not None:
            depth = rules.depth_of(queries.parents(), category_id=parent_id)
            if not 1 <= depth < rules.DEPTH_AT_MOST or not Category.objects.filter(pk=parent_id).exists():
                raise Mistake("parent_id", _("Choose a category of the first or second level."))
        category = Category(name=named(name), parent_id=parent_id)
        category.position = _next_position(parent_id) if position is None else position
        with taken("name", _("There is a category of that name.")):
            category.save()
        after = {"name": category.name, "parent_id": parent_id}
        _log(category, verb="category.created", actor=actor, after=after, address=address)
    return category


def rename_category(
    category_id: int, *, name: str, actor: str, position: int | None = None, address: str = ""
) -> Category:
    """Change name or position of a category. Refuses as `create_category` does. Raises Category.DoesNotExist."""
    with scope.platform():
        category = Category.objects.select_for_update(no_key=True).get(pk=category_id)
        before = {"name": category.name, "position": category.position}
        category.name = named(name)
        category.position = category.position if position is None else position
        old, new = changes(before, {"name": category.name, "position": category.position})
        if not new:
            return category
        with taken("name", _("There is a category of that name.")):
            category.save()
        _log(category, verb="category.changed", actor=actor, before=old, after=new, address=address)
    return category


def move_category(category_id: int, *, parent_id: int | None, actor: str, address: str = "") -> Category:
    """Hang a category with all below it under another, or make it a trunk (None); it comes last there.

    Refuses a place below itself, more than three levels, and a name taken there. Raises Category.DoesNotExist.
    """
    with scope.platform():
        category = Category.objects.select_for_update(no_key=True).get(pk=category_id)
        if category.parent_id == parent_id:
            return category
        tree = queries.parents()
        if parent_id is not None and parent_id not in tree:
            raise Mistake("parent_id", _("Choose a category."))
        if parent_id in rules.below(tree, ids=[category_id]):
            raise Mistake("parent_id", _("A category cannot hang below itself."))
        height = rules.height_of(tree, category_id=category_id)
        if rules.depth_of(tree, category_id=parent_id) + height > rules.DEPTH_AT_MOST:
            raise Mistake("parent_id", _("The tree has at most %(count)d levels.") % {"count": rules.DEPTH_AT_MOST})
        before = {"parent_id": category.parent_id}
        category.parent_id, category.position = parent_id, _next_position(parent_id)
        with taken("parent_id", _("There is a category of that name.")):
            category.save()
        after = {"parent_id": parent_id}
        _log(category, verb="category.changed", actor=actor, before=before, after=after, address=address)
    return category


def shift_category(category_id: int, *, is_up: bool, actor: str, address: str = "") -> Category:
    """Let a category and the sibling before it, or after it, change places; at the end nothing happens."""
    with scope.platform():
        category = Category.objects.get(pk=category_id)
        siblings = list(Category.objects.select_for_update(no_key=True).filter(parent_id=category.parent_id))
        place = [row.pk for row in siblings].index(category_id)
        other = place - 1 if is_up else place + 1
        if not 0 <= other < len(siblings):
            return category
        siblings[place], siblings[other] = siblings[other], siblings[place]
        for position, row in enumerate(siblings, start=1):
            row.position = position
        Category.objects.bulk_update(siblings, ["position"])
        before, after = {"position": place + 1}, {"position": other + 1}
        _log(category, verb="category.changed", actor=actor, before=before, after=after, address=address)
    return siblings[other]


def merge_category(category_id: int, *, into_id: int, actor: str, address: str = "") -> int:
    """Move all goods of a category into another and remove it; return how many moved. Malls are told of those on sale.

    What was bound to the one, attributes and suppliers' bounds, is bound to the other. Refuses a category with others
    below it, and itself. Raises Category.DoesNotExist.
    """
    with scope.platform():
        category = _removable(category_id)
        into = Category.objects.select_for_update(no_key=True).filter(pk=into_id).first()
        if into is None or into_id == category_id:
            raise Mistake("into_id", _("Choose another category."))
        found = list(
            Goods.objects.select_for_update(no_key=True, of=("self",)).filter(category=category).order_by("id")
        )
        keep_all(Goods.objects.filter(pk__in=[goods.pk for goods in found]), category=into)
        for goods in found:
            goods.version += 1
        shown = [goods for goods in found if goods.state == GoodsState.ON_SALE and goods.is_supplier_active]
        tell_all(shown, event_type="product.updated", actor=actor)
        _rebind(category_id, into_id=into_id)
        after = {"into": into.name, "goods": len(found)}
        _remove(category, verb="category.merged", actor=actor, after=after, address=address)
    return len(found)


def remove_category(category_id: int, *, actor: str, address: str = "") -> None:
    """Remove a category without goods, others below it, and attributes. Raises Category.DoesNotExist."""
    with scope.platform():
        category = _removable(category_id)
        if Goods.objects.filter(category=category).exists():
            raise Mistake("", _("There are goods in this category: merge it into another."))
        if Attribute.objects.filter(category_ids__contains=[category_id]).exists():
            raise Mistake("", _("An attribute is bound to this category."))
        _rebind(category_id, into_id=None)
        _remove(category, verb="category.removed", actor=actor, after=None, address=address)


def import_categories(paths: Iterable[Sequence[str]], *, actor: str, address: str = "") -> int:
    """Add the categories of paths (names from the trunk downwards) that are not there yet; return how many.

    All or nothing. Refuses a path that is empty, too deep or holds a name that cannot be; its place is the field.
    """
    made = 0
    with scope.platform():
        known = {(row.parent_id, row.name): row.pk for row in Category.objects.all()}
        for place, path in enumerate(paths):
            if not 1 <= len(path) <= rules.DEPTH_AT_MOST:
                raise Mistake(str(place), _("A path has one to three levels."))
            parent_id: int | None = None
            for name in path:
                try:
                    key = (parent_id, named(name))
                    if key not in known:
                        known[key] = create_category(name, parent_id=parent_id, actor=actor, address=address).pk
                        made += 1
                except Mistake as mistake:
                    raise Mistake(str(place), mistake.reason) from mistake
                parent_id = known[key]
    return made


def _next_position(parent_id: int | None) -> int:
    last = Category.objects.filter(parent_id=parent_id).order_by("-position").values_list("position", flat=True).first()
    return (last or 0) + 1


def _removable(category_id: int) -> Category:
    category = Category.objects.select_for_update().get(pk=category_id)
    if category.children.exists():
        raise Mistake("", _("There are categories below this one."))
    return category


def _rebind(category_id: int, *, into_id: int | None) -> None:
    """Put another category, or none, in the place of one that goes."""
    with scope.desk():  # sandboxes pick from the same tree
        if into_id is not None:
            Pick.objects.filter(category_id=into_id, state=PickState.REMOVED).delete()
            picks = Pick.objects.filter(category_id=category_id)
            picks.exclude(distributor__picks__category_id=into_id).update(category_id=into_id)
        Pick.objects.filter(category_id=category_id).delete()
    for model in (SupplierBounds, Attribute):
        for row in model._default_manager.select_for_update(no_key=True).filter(category_ids__contains=[category_id]):
            kept = [one for one in row.category_ids if one not in (category_id, into_id)]
            row.category_ids = kept if into_id is None else [*kept, into_id]
            row.save(update_fields=["category_ids"])


def _remove(category: Category, *, verb: str, actor: str, after: dict[str, Any] | None, address: str) -> None:
    category_id, before = category.pk, {"name": category.name, "parent_id": category.parent_id}
    category.delete()
    category.pk = category_id
    _log(category, verb=verb, actor=actor, before=before, after=after, address=address)


def _log(
    category: Category,
    *,
    verb: str,
    actor: str,
    address: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(
        actor=actor,
        verb=verb,
        object_kind="category",
        object_id=category.pk,
        label=category.name,
        before=before,
        after=after,
        address=address,
    )
