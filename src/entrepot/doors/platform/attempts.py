"""Doing what a form asks for: a mistake is shown beside its field, and nobody overwrites what he has not seen."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from entrepot.base.mistakes import Mistake

Result = TypeVar("Result")


def attempt(
    form: forms.Form, act: Callable[[dict[str, Any]], Result], *, names: Mapping[str, str] | None = None
) -> Result | None:
    """Return what `act` returns for the form's values; None when the form is wrong or the deed was refused.

    A refusal lands at the field it names, by `names` when the form calls it otherwise, or above the form.
    """
    if not form.is_valid():
        return None
    try:
        return act(form.cleaned_data)
    except Mistake as mistake:
        field = (names or {}).get(mistake.field, mistake.field)
        form.add_error(field if field in form.fields else None, mistake.reason)
        return None


def mark_of(row: Any, *fields: str) -> str:
    """Return a short mark of a row's fields, which changes when one of them does; forms carry it as `seen`."""
    values = [getattr(row, field) for field in fields]
    return hashlib.sha256(json.dumps(values, cls=DjangoJSONEncoder).encode()).hexdigest()[:16]


def refuse_stale(seen: str, *, mark: str) -> None:
    """Refuse a form that was filled in over values somebody else has changed since."""
    if seen != mark:
        raise Mistake("", _("Somebody has changed this since you opened it. Look again before you save."))


class SeenForm(forms.Form):
    """A form that remembers what it was filled in over."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=32)
