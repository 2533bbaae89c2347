"""The form by which a supplier takes lines on, puts them off or says that he cannot supply them."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from entrepot.doors.kit.forms import DayField
from entrepot.fulfilment.rules import BACK_ORDER_DAYS_AT_MOST

DEEDS = ("accept", "back_order", "refuse")


class WordForm(forms.Form):
    """What is said about the chosen lines: a back order needs its day, a refusal its reason."""

    do = forms.ChoiceField(choices=[(deed, deed) for deed in DEEDS], widget=forms.HiddenInput)
    lines = forms.TypedMultipleChoiceField(coerce=int, error_messages={"required": _("Choose at least one line.")})
    ship_by = DayField(label=_("Will be sent by"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Needed when you cannot supply; the platform reads it")}),
    )

    def __init__(self, *args: Any, lines: list[int] | None = None, today: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["lines"].choices = [(number, number) for number in lines or ()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Hold a back order to a day that lies ahead, and a refusal to a reason."""
        cleaned = super().clean() or {}
        deed, day = cleaned.get("do"), cleaned.get("ship_by")
        if deed == "back_order" and day is None:
            self.add_error("ship_by", str(_("Name the day by which it will be sent.")))
        elif deed == "back_order" and self.today and day:
            last = self.today + timedelta(days=BACK_ORDER_DAYS_AT_MOST)
            if not self.today <= day <= last:
                self.add_error("ship_by", str(_("A day from today on, at most 180 days ahead.")))
        if deed == "refuse" and not (cleaned.get("reason") or "").strip():
            self.add_error("reason", str(_("Say why.")))
        return cleaned
