"""Referral in words, for the platform's pages and the referrer's own."""

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entrepot.doors.kit.figures import bps
from entrepot.doors.kit.sheets import Column
from entrepot.referral.models import EntryKind

_WORDS: dict[str, Any] = {
    EntryKind.ACCRUAL: _("Shares earned"),
    EntryKind.REVERSAL: _("Shares taken back"),
    EntryKind.PAYOUT: _("Paid out"),
    EntryKind.RETURN: _("Payout came back"),
}


def entry_word(kind: str) -> Any:
    """Return what a kind of entry is called."""
    return _WORDS[kind]


def entry_why(entry: Any, *, rates: dict[str, set[int]]) -> str:
    """Return why an entry is what it is, as its referrer may know it: his rate and the rule, never the income itself.

    `rates` are the rates of his grades so far, by side.
    """
    if entry.kind == EntryKind.PAYOUT:
        return entry.payout.bank_reference or entry.payout.remark
    if entry.kind == EntryKind.RETURN:
        return entry.note
    known = rates.get(entry.side, set())
    rate = bps(next(iter(known))) if len(known) == 1 else gettext("the rate of your grade when the order was placed")
    if entry.kind == EntryKind.REVERSAL:
        return gettext("of what was refunded the same share comes back, at the original rate: %(rate)s") % {
            "rate": rate
        }
    return gettext(
        "your share of what the platform itself earned by the order: %(rate)s, line by line, rounded down"
    ) % {"rate": rate}


class MonthField(forms.CharField):
    """A month typed as YYYY-MM; its value is the first day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=7, widget=forms.TextInput(attrs={"placeholder": "YYYY-MM", "inputmode": "numeric"}), **kwargs
        )

    def to_python(self, value: Any) -> Any:
        """Return the first day of the month."""
        if value in self.empty_values or isinstance(value, date):
            return value or None
        found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", str(value).strip(), re.ASCII)
        if found is None:
            raise forms.ValidationError(_("Enter a month as YYYY-MM."), code="invalid")
        return date(int(found[1]), int(found[2]), 1)

    def run_validators(self, value: Any) -> None:
        """A month that was read is right; there is no text left to measure."""


ENTRY_COLUMNS = (
    Column(title=_("Entry"), value=lambda row: str(row.pk), width=12),
    Column(title=_("Time"), value=lambda row: row.at, kind="moment", width=20),
    Column(title=_("Kind"), value=lambda row: str(entry_word(row.kind)), width=12),
    Column(title=_("Brought"), value=lambda row: row.attachment.party_name if row.attachment else "", width=28),
    Column(title=_("Order number"), value=lambda row: str(row.order_id) if row.order_id else "", width=14),
    Column(title=_("Amount"), value=lambda row: row.amount_fen, kind="fen", width=14),
    Column(title=_("Bank reference"), value=lambda row: row.payout.bank_reference if row.payout else "", width=24),
)
