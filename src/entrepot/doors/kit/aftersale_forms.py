"""The forms of after-sale: search, a new request, and one for each deed."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from entrepot.aftersale.models import Request, RequestLine
from entrepot.aftersale.queries import requests
from entrepot.aftersale.rules import KINDS, REASONS, SubjectLine
from entrepot.doors.kit import aftersale_words as words
from entrepot.doors.kit.carriers import choices
from entrepot.doors.kit.forms import BpsField, DayRangeField, FenField
from entrepot.doors.kit.lists import FilterForm

_ALL = ("", _("All"))


class AfterSaleSearch(FilterForm):
    """A request by its numbers, goods, kind, reason, stage or day; the platform by party too."""

    text = forms.CharField(
        label=_("Request or order"),
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": _("Request, order, tracking number")}),
    )
    goods = forms.CharField(label=_("Goods or SKU"), max_length=60)
    kind = forms.ChoiceField(label=_("Kind"), choices=[_ALL, *words.KINDS.items()])
    reason = forms.ChoiceField(label=_("Reason"), choices=[_ALL, *words.REASONS.items()])
    stage = forms.ChoiceField(label=_("Stage"), choices=[_ALL, *words.STAGES.items()])
    day = DayRangeField(label=_("Asked on"))

    def rows(self, *, with_parties: bool = False) -> QuerySet[Request]:
        """Return the requests that meet the search, as far as the scope shows them."""
        found = requests(with_parties=with_parties)
        if text := self.value("text"):
            numbers = Q(out_refund_no__iexact=text) | Q(out_order_no__iexact=text) | Q(return_tracking_no__iexact=text)
            if text.isascii() and text.isdigit() and len(text) < 18:
                numbers |= Q(pk=int(text)) | Q(order_id=int(text))
            if with_parties:
                numbers |= Q(distributor__name__icontains=text) | Q(supplier__name__icontains=text)
            found = found.filter(numbers)
        if goods := self.value("goods"):
            lines = RequestLine.objects.filter(Q(goods_name__icontains=goods) | Q(sku_code__iexact=goods))
            found = found.filter(pk__in=lines.values("request_id"))
        for name in ("kind", "reason", "stage"):
            if value := self.value(name):
                found = found.filter(**{name: value})
        first, last = self.value("day") or (None, None)
        found = found.filter(created_at__gte=first) if first else found
        return found.filter(created_at__lt=last) if last else found


class NewForm(forms.Form):
    """A request for pieces of one order."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind, words.KINDS[kind]) for kind in KINDS])
    reason = forms.ChoiceField(label=_("Reason"), choices=[(reason, words.REASONS[reason]) for reason in REASONS])
    out_refund_no = forms.CharField(label=_("Mall's number"), max_length=64)
    demand_fen = FenField(
        label=_("Amount claimed (¥)"),
        required=False,
        help_text=_("Only where a claim decides; empty means all that was paid for the pieces."),
    )
    remark = forms.CharField(
        label=_("Remark"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_agreed = forms.BooleanField(
        label=_("The buyer's wish is agreed to: go on at once"), required=False, initial=True
    )

    def __init__(self, *args: Any, lines: list[SubjectLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            self.fields[f"qty_{line.line_no}"] = forms.IntegerField(
                label=_("Pieces"),
                min_value=0,
                max_value=max(line.unsent_qty, line.sent_qty, 0),
                required=False,
                widget=forms.NumberInput(attrs={"aria-label": _("Pieces of %(goods)s") % {"goods": line.goods_name}}),
            )

    @property
    def rows(self) -> list[tuple[SubjectLine, Any]]:
        """Return each line with its field."""
        return [(line, self[f"qty_{line.line_no}"]) for line in self.lines]

    def pieces(self) -> dict[int, int]:
        """Return the pieces asked about, by line number."""
        found = {line.line_no: self.cleaned_data.get(f"qty_{line.line_no}") or 0 for line in self.lines}
        return {number: qty for number, qty in found.items() if qty}


class DeedForm(forms.Form):
    """A deed on a request; `version` is the one the user saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class NoteForm(DeedForm):
    """A deed with a word that may be left out."""

    note = forms.CharField(label=_("Remark"), max_length=200, required=False)


class ReasonForm(DeedForm):
    """A deed that needs its reason."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class ApproveForm(NoteForm):
    """Agreement, with the address goods go back to."""

    address_id = forms.TypedChoiceField(label=_("Return address"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, addresses: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if addresses:
            self.fields["address_id"].choices = addresses  # type: ignore[attr-defined]
        else:
            del self.fields["address_id"]


class TrackingForm(DeedForm):
    """A parcel."""

    carrier = forms.ChoiceField(label=_("Carrier"), choices=choices)
    tracking_no = forms.CharField(label=_("Tracking number"), max_length=64)


class InspectForm(NoteForm):
    """What came back, line by line; what is neither good nor damaged is missing."""

    def __init__(self, *args: Any, lines: list[RequestLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            for name, word, initial in (("good", _("Good pieces"), line.qty), ("damaged", _("Damaged pieces"), 0)):
                label = _("%(word)s of %(goods)s (%(qty)d asked about)")
                facts = {"word": word, "goods": f"{line.goods_name} {line.spec}".strip(), "qty": line.qty}
                self.fields[f"{name}_{line.line_no}"] = forms.IntegerField(
                    label=label % facts, min_value=0, max_value=line.qty, initial=initial
                )
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])

    def counted(self) -> dict[int, tuple[int, int]]:
        """Return good and damaged pieces by line number."""
        data = self.cleaned_data
        return {line.line_no: (data[f"good_{line.line_no}"], data[f"damaged_{line.line_no}"]) for line in self.lines}


class AmountForm(NoteForm):
    """An offer or counter-offer."""

    amount_fen = FenField(label=_("Amount (¥)"))
    field_order: tuple[str, ...] = ("amount_fen", "note")


class OfferForm(AmountForm):
    """An offer of the platform, with who would bear it."""

    supplier_bps = BpsField(label=_("Of it borne by the supplier (%)"))
    field_order = ("amount_fen", "supplier_bps", "note")


class RuleForm(ReasonForm):
    """A ruling."""

    amount_fen = FenField(label=_("Amount (¥)"))
    supplier_bps = BpsField(label=_("Of it borne by the supplier (%)"))
    field_order = ("amount_fen", "supplier_bps", "reason")
