"""Attributes of goods, and the values goods have for them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, JSONField, TextField, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog import queries, rules
from entrepot.catalog.actions.naming import named
from entrepot.catalog.models import Attribute, Brand, Category, Goods
from entrepot.catalog.rules import Bounds
from entrepot.events.operations import changes, record

_FIELDS = ("name", "choices", "is_required", "category_ids", "brand_ids", "position")


def save_attribute(
    attribute_id: int | None,
    *,
    name: str,
    actor: str,
    choices: Sequence[str] = (),
    is_required: bool = False,
    category_ids: Sequence[int] = (),
    brand_ids: Sequence[int] = (),
    position: int = 0,
    address: str = "",
) -> Attribute:
    """Write an attribute (商品属性), new with None. No choices means free text, no categories or brands means all.

    Values goods have already stay as they are until the goods are edited. Refuses a name that is empty or taken,
    unknown categories and brands, and a choice that is empty, too long or there twice. Raises Attribute.DoesNotExist.
    """
    with scope.platform():
        row = Attribute()
        if attribute_id is not None:
            row = Attribute.objects.select_for_update(no_key=True).get(pk=attribute_id)
        before = {} if attribute_id is None else {field: getattr(row, field) for field in _FIELDS}
        row.name, row.is_required, row.position = named(name), is_required, position
        row.choices = [choice.strip() for choice in choices if choice.strip()]
        if len(set(row.choices)) < len(row.choices):
            raise Mistake("choices", _("A choice is there twice."))
        if len(row.choices) > rules.CHOICES_AT_MOST or any(len(choice) > 40 for choice in row.choices):
            raise Mistake("choices", _("At most 60 choices of at most 40 letters."))
        row.category_ids, row.brand_ids = sorted(set(category_ids)), sorted(set(brand_ids))
        if Category.objects.filter(pk__in=row.category_ids).count() != len(row.category_ids):
            raise Mistake("category_ids", _("Choose from the categories that exist."))
        if Brand.objects.filter(pk__in=row.brand_ids).count() != len(row.brand_ids):
            raise Mistake("brand_ids", _("Choose from the brands that exist."))
        with taken("name", _("There is an attribute of that name.")):
            row.save()
        old, new = changes(before, {field: getattr(row, field) for field in _FIELDS})
        if new:
            verb = "attribute.created" if attribute_id is None else "attribute.changed"
            _log(row, verb=verb, actor=actor, before=old if before else None, after=new, address=address)
    return row


def remove_attribute(attribute_id: int, *, actor: str, address: str = "") -> int:
    """Remove an attribute with the values goods have for it; return how many goods lost one."""
    with scope.platform():
        row = Attribute.objects.select_for_update().get(pk=attribute_id)
        lost = Goods.objects.filter(attributes__has_key=str(attribute_id)).update(
            attributes=_without("attributes", key=str(attribute_id))
        )
        row.delete()
        row.pk = attribute_id
        _log(
            row,
            verb="attribute.removed",
            actor=actor,
            before={"name": row.name, "choices": row.choices},
            after={"goods": lost},
            address=address,
        )
    return lost


def judged_values(
    values: Mapping[int, str], *, category_id: int, brand_id: int | None, bounds: Bounds
) -> dict[str, str]:
    """Return the values of attributes as goods keep them; empty ones are left out.

    Refuses an attribute the supplier does not see, one that does not belong to the category or brand, and a value
    that is too long or not among the choices. The field is `attribute_<id>`.
    """
    filled = {attribute_id: value.strip() for attribute_id, value in values.items() if value.strip()}
    if not filled:
        return {}
    known = {row.id: row for row in queries.attributes(bounds)}
    for attribute_id, value in filled.items():
        row, field = known.get(attribute_id), f"attribute_{attribute_id}"
        if row is None or not row.applies_to(category_id=category_id, brand_id=brand_id):
            raise Mistake(field, _("Goods of this category and brand have no such attribute."))
        fault = row.fault(value)
        if fault == "long":
            raise Mistake(field, _("“%(name)s” has at most %(count)d letters.") % {
                "name": row.name, "count": rules.VALUE_AT_MOST
            })  # fmt: skip
        if fault == "choice":
            raise Mistake(field, _("Choose “%(name)s” from its choices.") % {"name": row.name})
    return {str(attribute_id): value for attribute_id, value in sorted(filled.items())}


def refuse_missing(values: Mapping[str, str], *, category_id: int, brand_id: int | None, bounds: Bounds) -> None:
    """Refuse goods that lack an attribute their category and brand require."""
    for row in queries.attributes(bounds):
        is_asked = row.is_required and row.applies_to(category_id=category_id, brand_id=brand_id)
        if is_asked and not values.get(str(row.id)):
            raise Mistake(f"attribute_{row.id}", _("Fill in “%(name)s”.") % {"name": row.name})


def _without(column: str, *, key: str) -> Any:
    return CombinedExpression(F(column), "-", Cast(Value(key), TextField()), output_field=JSONField())


def _log(
    row: Attribute,
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
        object_kind="attribute",
        object_id=row.pk,
        label=row.name,
        before=before,
        after=after,
        address=address,
    )
