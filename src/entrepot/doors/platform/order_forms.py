"""The forms by which an order is shipped, refunded and cancelled."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from entrepot.doors.kit.carriers import choices
from entrepot.doors.platform.order_facts import LineFacts

_TRACKING = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{4,63}")


def clean_tracking(text: str) -> str:
    """Return a tracking number in its one spelling; raises ValueError for what cannot be one."""
    plain = re.sub(r"\s", "", text).upper()
    if not _TRACKING.fullmatch(plain):
        raise ValueError(str(_("A tracking number has 5 to 64 letters, digits or hyphens.")))
    return plain


class TrackingField(forms.CharField):
    """A tracking number."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "autocapitalize": "characters", "class": "num"}
        super().__init__(max_length=70, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> str:
        """Return the number in its one spelling."""
        text = super().clean(value)
        if not text:
            return ""
        try:
            return clean_tracking(text)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong), code="invalid") from None


class CarrierField(forms.ChoiceField):
    """A carrier, by its code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Carrier"))
        super().__init__(choices=choices, **kwargs)


class PiecesForm(forms.Form):
    """Pieces by line: a field `qty_<line>` for every line given, from 0 to what is open."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, lines: Sequence[LineFacts], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.lines = lines
        for line in lines:
            attrs = {"class": "num", "aria-label": f"{_('Pieces')}: {line.goods_name}"}
            self.fields[f"qty_{line.line_no}"] = forms.IntegerField(
                label=line.goods_name,
                min_value=0,
                max_value=line.open_qty,
                initial=line.open_qty,
                required=False,
                widget=forms.NumberInput(attrs=attrs),
            )

    @property
    def rows(self) -> list[tuple[LineFacts, forms.BoundField]]:
        """Return every line with its field."""
        return [(line, self[f"qty_{line.line_no}"]) for line in self.lines]

    @property
    def pieces(self) -> dict[int, int]:
        """Return the pieces asked for by line, lines without any left out."""
        asked = {line.line_no: self.cleaned_data.get(f"qty_{line.line_no}") or 0 for line in self.lines}
        return {line_no: qty for line_no, qty in asked.items() if qty}

    def clean(self) -> dict[str, Any]:
        """Refuse a form that asks for nothing."""
        cleaned = super().clean() or {}
        if not self.errors and not self.pieces:
            raise forms.ValidationError(_("Enter at least one piece."), code="nothing")
        return cleaned


class ShipForm(PiecesForm):
    """One parcel of own goods."""

    carrier = CarrierField()
    tracking_no = TrackingField(label=_("Tracking no."))


class RefundForm(PiecesForm):
    """Pieces to give back before shipping. `refund_no` makes a form that is sent twice have one effect."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("The distributor reads it")}),
    )
    refund_no = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["refund_no"].initial = f"P{uuid.uuid4().hex[:20]}"


class ReasonForm(forms.Form):
    """Why something is done, and the version of the order one has looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("The distributor reads it")}),
    )
