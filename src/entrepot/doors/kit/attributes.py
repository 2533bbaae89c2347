"""The attributes of goods in a form: those of its category and brand, as the platform has set them up."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from entrepot.catalog import queries
from entrepot.catalog.rules import VALUE_AT_MOST, AttributeRow, Bounds


class AttributeForm(forms.Form):
    """A field for each attribute; whether one must be filled in is judged when the goods are handed in."""

    def __init__(
        self, data: Mapping[str, Any] | None, *, rows: Iterable[AttributeRow], kept: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data, initial={f"attribute_{key}": value for key, value in (kept or {}).items()})
        self.rows = list(rows)
        for row in self.rows:
            label = f"{row.name} *" if row.is_required else row.name
            if row.choices:
                choices = [("", _("Not given")), *((choice, choice) for choice in row.choices)]
                field: forms.Field = forms.ChoiceField(label=label, choices=choices, required=False)
            else:
                field = forms.CharField(label=label, max_length=VALUE_AT_MOST, required=False)
            self.fields[f"attribute_{row.id}"] = field

    def values(self) -> dict[int, str]:
        """Return what was filled in, by the attribute's id; call it on a valid form."""
        return {row.id: self.cleaned_data[f"attribute_{row.id}"] for row in self.rows}


def attribute_form(
    data: Mapping[str, Any] | None,
    *,
    bounds: Bounds,
    category_id: Any,
    brand_id: Any,
    kept: Mapping[str, str] | None = None,
) -> AttributeForm:
    """Return the form of the attributes that goods of this category and brand have, as far as these bounds show them.

    The ids may be as typed; what is no number has no attributes but those of all goods.
    """
    rows = queries.attributes(bounds)
    category, brand = _number(category_id), _number(brand_id)
    return AttributeForm(
        data, rows=[row for row in rows if row.applies_to(category_id=category, brand_id=brand)], kept=kept
    )


def _number(text: Any) -> int | None:
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
