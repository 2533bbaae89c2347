"""What price changes are called, how their values are shown, and the field for the moment of one."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entrepot.base.days import ZONE
from entrepot.base.money import yuan
from entrepot.doors.kit.figures import bps
from entrepot.pricing.models import ChangeField, ChangeState, PriceChange

_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M")

FIELDS: dict[str, Any] = {
    ChangeField.SUPPLY_PRICE: _("Supply price"),
    ChangeField.SUPPLIER_PRICE: _("Supplier price"),
    ChangeField.SUGGESTED_PRICE: _("Suggested price"),
    ChangeField.FEE_RATE: _("Fee rate"),
}
STATES: dict[str, tuple[Any, str]] = {
    ChangeState.PROPOSED: (pgettext_lazy("price", "Proposed"), "warn"),
    ChangeState.ANNOUNCED: (_("Announced"), "info"),
    ChangeState.APPLIED: (_("In effect"), "ok"),
    ChangeState.CANCELLED: (_("Called off"), ""),
    ChangeState.REFUSED: (_("Turned down"), "bad"),
}
WARNINGS: dict[str, Any] = {
    "loss": _("below what the supplier is paid"),
    "no_room": _("a mall earns nothing at the suggested price"),
    "above_ceiling": _("above the highest sale price"),
    "leap": _("moves by 30 % or more"),
}


def value_of(change: PriceChange, value: int | None) -> str:
    """Return a value of a change as people read it: yuan, or percent for a rate."""
    if value is None:
        return "—"
    return bps(value) if change.field == ChangeField.FEE_RATE else f"¥{yuan(value)}"


def row_of(change: PriceChange) -> dict[str, Any]:
    """Return a change as a list shows it."""
    word, tone = STATES[change.state]
    return {
        "change": change,
        "what": change.sku.code if change.sku else change.tier.name if change.tier else "",
        "of": change.sku.goods.name if change.sku else "",
        "field": FIELDS[change.field],
        "old": value_of(change, change.old_value),
        "new": value_of(change, change.new_value),
        "state": word,
        "tone": tone,
    }


class MomentField(forms.Field):
    """A moment typed as `2026-01-31 09:00`, Beijing time."""

    widget = forms.TextInput(attrs={"placeholder": "YYYY-MM-DD HH:MM", "autocomplete": "off", "maxlength": 16})
    default_error_messages = {"invalid": _("Enter day and time as YYYY-MM-DD HH:MM.")}

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment with its zone."""
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value
        for form in _FORMATS:
            try:
                return datetime.strptime(str(value).strip(), form).replace(tzinfo=ZONE)
            except ValueError:
                continue
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")

    def prepare_value(self, value: Any) -> Any:
        """Show a moment in Beijing time."""
        return value.astimezone(ZONE).strftime(_FORMATS[0]) if isinstance(value, datetime) else value
