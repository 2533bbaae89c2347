"""What a supplier may offer, ticked on a page of his; and whether goods on sale may be changed while they sell."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from entrepot.catalog import actions, queries
from entrepot.catalog.models import Attribute, Brand, EditMode, SupplierBounds
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale
from entrepot.doors.platform.choice_words import EDIT_MODES
from entrepot.parties.models import Supplier

_FIELDS = ("has_all_categories", "has_all_brands", "category_ids", "brand_ids", "edit_mode")


class BoundsForm(SeenForm):
    """The ticks of one supplier."""

    has_all_categories = forms.BooleanField(label=_("All categories, also new ones"), required=False)
    category_ids = forms.TypedMultipleChoiceField(
        label=_("Categories"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A ticked category opens all below it."),
    )
    has_all_brands = forms.BooleanField(label=_("All brands, also new ones"), required=False)
    brand_ids = forms.TypedMultipleChoiceField(
        label=_("Brands"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Goods without a brand need none."),
    )
    edit_mode = forms.ChoiceField(
        label=_("How goods on sale are edited"),
        choices=list(EDIT_MODES.items()),
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category_ids"].choices = list(queries.category_names().items())  # type: ignore[attr-defined]
        brands = Brand.objects.order_by("name").values_list("pk", "name")
        self.fields["brand_ids"].choices = list(brands)  # type: ignore[attr-defined]


@page("platform", "suppliers.edit")
@require_http_methods(["GET", "POST"])
def supplier_bounds(request: PartyRequest, supplier_id: int) -> HttpResponse:
    """Tick what a supplier may offer."""
    supplier = Supplier.objects.filter(pk=supplier_id, is_platform=False).first()
    if supplier is None:
        raise Http404
    row = SupplierBounds.objects.filter(supplier=supplier).first() or SupplierBounds(supplier=supplier)
    initial = {name: getattr(row, name) for name in _FIELDS} | {"seen": mark_of(row, *_FIELDS)}
    form = BoundsForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> SupplierBounds:
        refuse_stale(cleaned["seen"], mark=mark_of(row, *_FIELDS))
        return actions.set_bounds(
            supplier_id,
            actor=actor(request.party),
            address=client_ip(request) or "",
            **{name: cleaned[name] for name in _FIELDS},
        )

    back = reverse("platform:supplier", args=[supplier_id])
    if request.method == "POST" and attempt(form, act) is not None:
        messages.success(request, gettext("What %(name)s may offer is saved.") % {"name": supplier.name})
        return HttpResponseRedirect(back)
    bounds = queries.bounds_of(supplier_id)
    context = {
        "title": _("Bounds of supply"),
        "supplier": supplier,
        "form": form,
        "back": back,
        "is_empty": bounds.is_empty,
        "shown_attributes": [row.name for row in queries.attributes(bounds)],
        "attribute_count": Attribute.objects.count(),
    }
    return render(request, "platform/supplier_bounds.html", context, status=422 if form.is_bound else 200)


@page("platform", "goods.review")
@require_POST
def goods_mode(request: PartyRequest) -> HttpResponse:
    """Say whether goods on sale may be changed while they sell."""
    is_open = request.POST.get("mode") == "open"
    actions.set_open_mode(is_open=is_open, actor=actor(request.party), address=client_ip(request) or "")
    said = (
        _("Goods on sale may be changed now; each change waits for review while they sell on.")
        if is_open
        else _("Goods on sale can only be edited off the shelf now.")
    )
    messages.success(request, str(said))
    return HttpResponseRedirect(reverse("platform:goods"))


def bounds_summary(supplier_id: int) -> dict[str, Any]:
    """Return what the page of a supplier shows of his bounds: names of categories and brands, and the mode."""
    row = SupplierBounds.objects.filter(supplier_id=supplier_id).first() or SupplierBounds(supplier_id=supplier_id)
    names = queries.category_names()
    brands = Brand.objects.filter(pk__in=row.brand_ids).order_by("name").values_list("name", flat=True)
    return {
        "bounds": row,
        "bounds_categories": [names[pk] for pk in row.category_ids if pk in names],
        "bounds_brands": list(brands),
        "bounds_mode": EDIT_MODES[EditMode(row.edit_mode)],
    }
