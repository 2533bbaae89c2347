"""The form of a freight template, for whoever may write one, and the trial of what sending would cost."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.forms import FenField
from entrepot.freight.actions import ZONES_AT_MOST
from entrepot.freight.models import Template, TemplateKind
from entrepot.freight.regions import name_of, path_of, region_of
from entrepot.freight.rules import Item, Quote, TemplateRow, ZoneRow, quote

KIND_WORDS = {
    TemplateKind.FREE: pgettext_lazy("freight", "Free"),
    TemplateKind.PIECE: _("By piece"),
    TemplateKind.WEIGHT: _("By weight, in grams"),
}


class TemplateForm(forms.Form):
    """What a template is called and how it counts."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=_("Template name"), max_length=40)
    kind = forms.ChoiceField(label=_("How it counts"), choices=list(KIND_WORDS.items()))


class ZoneForm(forms.Form):
    """What it says of some regions; a row without regions speaks of everywhere else."""

    regions = forms.CharField(
        label=_("Regions"),
        required=False,
        max_length=6_000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("Empty: everywhere else")}),
        help_text=_("Names or codes, parted by commas: 浙江、江苏省苏州市、浙江省杭州市西湖区/翠苑街道"),
    )
    is_unserved = forms.BooleanField(label=_("Nothing is sent there"), required=False)
    first = forms.IntegerField(label=_("First pieces or grams"), min_value=0, max_value=1_000_000, initial=1)
    first_fen = FenField(label=_("Freight of the first"), initial=0)
    step = forms.IntegerField(label=_("Each further"), min_value=0, max_value=1_000_000, initial=1)
    step_fen = FenField(label=_("Freight of each further"), initial=0)
    free_from_fen = FenField(label=_("Free from an amount of"), required=False)
    free_from_pieces = forms.IntegerField(label=_("Free from pieces"), required=False, min_value=1, max_value=1_000_000)

    def clean_regions(self) -> tuple[str, ...]:
        """Return the regions that were named."""
        words = [word.strip() for word in re.split(r"[,，;；、\n]+", self.cleaned_data["regions"]) if word.strip()]
        found = {word: region_of(word) for word in words}
        unknown = [word for word, region in found.items() if not region]
        if unknown:
            raise forms.ValidationError(
                gettext("We do not know these regions: %(names)s.") % {"names": "、".join(unknown[:5])}, code="unknown"
            )
        return tuple(dict.fromkeys(found.values()))

    def zone(self) -> ZoneRow:
        """Return the zone as the room takes it."""
        values = self.cleaned_data
        return ZoneRow(
            regions=values["regions"],
            is_served=not values["is_unserved"],
            first=values["first"],
            first_fen=values["first_fen"],
            step=values["step"],
            step_fen=values["step_fen"],
            free_from_fen=values["free_from_fen"],
            free_from_pieces=values["free_from_pieces"],
        )


class TrialForm(forms.Form):
    """What would it cost to send so much there?"""

    province = forms.CharField(label=_("Province"), max_length=40)
    city = forms.CharField(label=_("City"), max_length=40, required=False)
    district = forms.CharField(label=_("District"), max_length=40, required=False)
    street = forms.CharField(label=_("Street"), max_length=60, required=False)
    pieces = forms.IntegerField(label=_("Pieces"), min_value=1, max_value=1_000_000, initial=1)
    weight_g = forms.IntegerField(label=_("Weight of a piece, in grams"), min_value=0, max_value=10**9, initial=500)
    amount_fen = FenField(label=_("Agreed price of a piece"), initial=10_000)


def zone_forms(data: Mapping[str, Any] | None, *, template: TemplateRow | None) -> "BaseFormSet[ZoneForm]":
    """Return the rows of a template's zones, those that were sent or those that are kept, and an empty one."""
    kind = formset_factory(
        ZoneForm, extra=0 if template else 1, can_delete=True, max_num=ZONES_AT_MOST, absolute_max=ZONES_AT_MOST
    )
    if data is not None:
        sent = kind(data, prefix="zone")
        for one in sent.forms[:1]:
            one.empty_permitted = False  # the first zone counts as it stands; further ones that nobody touched do not
        return sent
    return kind(prefix="zone", initial=[_initial(zone) for zone in template.zones] if template else None)


def more_zones(sent: QueryDict) -> QueryDict:
    """Return what was sent with room for two more zones."""
    data = sent.copy()
    text = data.get("zone-TOTAL_FORMS") or "0"
    count = int(text) if text.isdigit() and len(text) < 4 else 0
    total = min(ZONES_AT_MOST, count + 2)
    data["zone-TOTAL_FORMS"] = str(total)
    for place in range(count, total):
        for name, usual in (("first", "1"), ("first_fen", "0"), ("step", "1"), ("step_fen", "0")):
            data[f"zone-{place}-{name}"] = usual
    return data


def saved(form: TemplateForm, *, zones: "BaseFormSet[ZoneForm]", save: Callable[..., Template]) -> Template | None:
    """Return the template as `save` has kept it; None when a form is wrong or the room refuses, which it then says."""
    if not (form.is_valid() & zones.is_valid()):
        return None
    kept = [one for one in zones.forms if one.cleaned_data and not one.cleaned_data.get("DELETE")]
    values = form.cleaned_data
    try:
        return save(
            name=values["name"], kind=values["kind"], zones=[one.zone() for one in kept], version=values["version"]
        )
    except Mistake as mistake:
        parts = mistake.field.split(".")
        if len(parts) == 3 and parts[1].isdigit() and int(parts[1]) < len(kept) and parts[2] in ZoneForm.base_fields:
            kept[int(parts[1])].add_error(parts[2], mistake.reason)
        else:
            form.add_error(mistake.field if mistake.field in form.fields else None, mistake.reason)
        return None


def trial(request: HttpRequest, *, template: TemplateRow) -> dict[str, Any]:
    """Return the trial's form and, when a place was asked for, what sending there costs."""
    if "province" not in request.GET:
        return {"trial": TrialForm()}
    form = TrialForm(request.GET)
    if not form.is_valid():
        return {"trial": form}
    values = form.cleaned_data
    path = path_of(values["province"], city=values["city"], district=values["district"], street=values["street"])
    pieces = values["pieces"]
    item = Item(0, template.id, pieces, values["weight_g"] * pieces, values["amount_fen"] * pieces)
    found: Quote = quote([item], templates={template.id: template}, path=path)
    return {
        "trial": form,
        "tried": True,
        "part": found.parts[0] if found.parts else None,
        "place": name_of(path[-1]) if path else "",
        "zone": name_of(found.parts[0].region) if found.parts and found.parts[0].region else "",
    }


def zones_in_words(template: TemplateRow) -> list[tuple[str, ZoneRow]]:
    """Return every zone with the names of its regions, empty for everywhere else."""
    return [("、".join(name_of(region) for region in zone.regions), zone) for zone in template.zones]


def _initial(zone: ZoneRow) -> dict[str, Any]:
    return {
        "regions": "、".join(name_of(region) for region in zone.regions),
        "is_unserved": not zone.is_served,
        "first": zone.first,
        "first_fen": zone.first_fen,
        "step": zone.step,
        "step_fen": zone.step_fen,
        "free_from_fen": zone.free_from_fen,
        "free_from_pieces": zone.free_from_pieces,
    }
