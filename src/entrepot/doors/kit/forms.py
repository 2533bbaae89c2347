"""Form fields that the trade needs: amounts in fen, rates in basis points, days and ranges of days."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from html import escape
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext_lazy

from entrepot.base.days import ZONE
from entrepot.base.money import yuan

_LARGEST_FEN = 10**14
# What Django's own fields say. Our catalogue is asked before Django's: with these sentences in it every form says them in
# an operator's words.
_DJANGOS = (
    gettext_noop("Ensure this value is less than or equal to %(limit_value)s."),
    gettext_noop("Ensure this value is greater than or equal to %(limit_value)s."),
    ngettext_lazy(
        "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    ),
    ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    ),
)


def _hundredths(text: str) -> int:
    """Return a plain decimal text such as `1,577.04` times one hundred; raises ValueError for anything else."""
    plain = text.replace(",", "").replace("，", "").removeprefix("¥").strip()
    found = re.fullmatch(r"(-?)(\d{1,12})(?:\.(\d{1,2}))?", plain, re.ASCII)
    if found is None:
        raise ValueError(text)
    sign, whole, rest = found.groups()
    amount = int(whole) * 100 + int((rest or "0").ljust(2, "0"))
    return -amount if sign else amount


class FenField(forms.Field):
    """An amount typed in yuan, `1,577.04`, kept in fen. Bounds are in fen."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"})
    default_error_messages = {
        "invalid": _("Enter an amount in yuan with at most two decimals, such as 12.50."),
        "too_small": _("At least %(limit)s."),
        "too_large": _("At most %(limit)s."),
    }

    def __init__(self, *, min_fen: int = 0, max_fen: int = _LARGEST_FEN, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_fen, self.max_fen = min_fen, max_fen

    def to_python(self, value: Any) -> int | None:
        """Return the amount in fen."""
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        try:
            return _hundredths(str(value))
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None

    def validate(self, value: int | None) -> None:
        """Hold the amount to its bounds."""
        super().validate(value)
        if value is not None and value < self.min_fen:
            raise forms.ValidationError(self.error_messages["too_small"], "too_small", {"limit": yuan(self.min_fen)})
        if value is not None and value > self.max_fen:
            raise forms.ValidationError(self.error_messages["too_large"], "too_large", {"limit": yuan(self.max_fen)})

    def prepare_value(self, value: Any) -> Any:
        """Show fen as yuan; what the user typed stays as he typed it."""
        return yuan(value).replace(",", "") if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether another amount was typed, not merely another way to write it."""
        try:
            return self.to_python(initial) != self.to_python(data)
        except forms.ValidationError:
            return True


class BpsField(FenField):
    """A rate typed in percent, `5.25`, kept in basis points."""

    default_error_messages = {"invalid": _("Enter a percentage with at most two decimals, such as 5 or 5.25.")}

    def __init__(self, *, min_bps: int = 0, max_bps: int = 10_000, **kwargs: Any) -> None:
        super().__init__(min_fen=min_bps, max_fen=max_bps, **kwargs)

    def to_python(self, value: Any) -> int | None:
        """Return the rate in basis points."""
        return super().to_python(value.strip().removesuffix("%") if isinstance(value, str) else value)


class DayInput(forms.DateInput):
    """A text field for a day, always YYYY-MM-DD whatever the browser's language, with the kit's own calendar."""

    template_name = "kit/widgets/day.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        usual = {
            "data-day": True,
            "inputmode": "numeric",
            "placeholder": "YYYY-MM-DD",
            "autocomplete": "off",
            "maxlength": 10,
        }
        super().__init__(attrs=usual | (attrs or {}), format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day."""

    widget = DayInput
    default_error_messages = {"invalid": _("Enter a day as YYYY-MM-DD.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"], **kwargs)


class DayRangeInput(forms.MultiWidget):
    """Two days, from and to; in the address `name_from` and `name_to`."""

    template_name = "kit/widgets/day_range.html"
    is_range = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        first, last = DayInput({"aria-label": _("From")}), DayInput({"aria-label": _("To")})
        super().__init__({"from": first, "to": last}, attrs)

    def decompress(self, value: Any) -> list[Any]:
        """Split a pair into its days."""
        return list(value) if value else [None, None]


class DayRangeField(forms.MultiValueField):
    """A range of days; its value is None or a pair of moments, Beijing time, the second one exclusive."""

    widget = DayRangeInput
    default_error_messages = {"backwards": _("The range ends before it begins.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            fields=[DayField(required=False), DayField(required=False)], require_all_fields=False, **kwargs
        )

    def compress(self, data_list: list[Any]) -> tuple[datetime | None, datetime | None] | None:
        """Return the moments between which the range lies; an open end is None."""
        first: date | None
        last: date | None
        first, last = data_list if data_list else (None, None)
        if first is None and last is None:
            return None
        if first and last and last < first:
            raise forms.ValidationError(self.error_messages["backwards"], code="backwards")
        start = datetime.combine(first, time.min, ZONE) if first else None
        return start, datetime.combine(last + timedelta(days=1), time.min, ZONE) if last else None


class Entries(BaseChoiceIterator):
    """Choices of a long select, taken as they are: Django looks through a list of them three times over."""

    def __init__(self, rows: Iterable[tuple[Any, Any]]) -> None:
        self.rows = list(rows)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self.rows)


class LongSelect(forms.Select):
    """A select of thousands of entries, written without a template for each: five hundred take 2 ms instead of 100."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the select as HTML."""
        chosen = {str(one) for one in self.format_value(value) or ()}
        given = self.build_attrs(self.attrs, attrs) | ({"multiple": True} if self.allow_multiple_selected else {})
        entries = _entries(self.choices, chosen=chosen)
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(given), entries)


class LongSelectMultiple(LongSelect, forms.SelectMultiple):
    """A select of thousands of entries of which several may be chosen."""


def _entries(choices: Iterable[tuple[Any, Any]], *, chosen: set[str]) -> SafeString:
    """Return the entries of a select; one that holds others is a group of them."""
    parts: list[str] = []
    for key, label in choices:
        if isinstance(label, list | tuple):
            parts.append(f'<optgroup label="{escape(str(key))}">{_entries(label, chosen=chosen)}</optgroup>')
        else:
            value = str(key)
            mark = " selected" if value in chosen else ""
            parts.append(f'<option value="{escape(value)}"{mark}>{escape(str(label))}</option>')
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped above
