"""Attributes of goods: which categories and brands have them, their choices, whether they must be filled in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.catalog import actions, queries
from entrepot.catalog.models import Attribute, Brand
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale

_FIELDS = ("name", "choices", "is_required", "category_ids", "brand_ids", "position")


class AttributeForm(SeenForm):
    """An attribute."""

    name = forms.CharField(label=_("Attribute name"), max_length=40)
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line; none: any text may be filled in."),
    )
    is_required = forms.BooleanField(label=_("Goods need a value to be handed in"), required=False)
    position = forms.IntegerField(label=_("Place in the order"), min_value=0, max_value=10_000, initial=0)
    category_ids = forms.TypedMultipleChoiceField(
        label=_("Categories"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("With all below them; none ticked: goods of every category."),
    )
    brand_ids = forms.TypedMultipleChoiceField(
        label=_("Brands"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: goods of every brand, and of none."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category_ids"].choices = list(queries.category_names().items())  # type: ignore[attr-defined]
        brands = Brand.objects.order_by("name").values_list("pk", "name")
        self.fields["brand_ids"].choices = list(brands)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """Return the attribute as the room takes it."""
        found = {name: self.cleaned_data[name] for name in _FIELDS}
        return found | {"choices": self.cleaned_data["choices"].splitlines()}


@page("platform", "goods.view")
@require_GET
def attributes(request: PartyRequest) -> HttpResponse:
    """Show the attributes."""
    names, brands = queries.category_names(), dict(Brand.objects.values_list("pk", "name"))
    rows = [
        (
            row,
            [names[pk] for pk in row.category_ids if pk in names],
            [brands[pk] for pk in row.brand_ids if pk in brands],
        )
        for row in Attribute.objects.all()
    ]
    context = {"title": _("Attributes"), "rows": rows, "can_edit": request.party.can("goods.edit")}
    return render(request, "platform/attributes.html", context)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def attribute_new(request: PartyRequest) -> HttpResponse:
    """Add an attribute."""
    return _edited(request, row=None)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def attribute(request: PartyRequest, attribute_id: int) -> HttpResponse:
    """Change an attribute."""
    return _edited(request, row=_attribute(attribute_id))


def _edited(request: PartyRequest, *, row: Attribute | None) -> HttpResponse:
    initial: dict[str, Any] = {"seen": "new"}
    if row is not None:
        initial = {name: getattr(row, name) for name in _FIELDS}
        initial |= {"choices": "\n".join(row.choices), "seen": mark_of(row, *_FIELDS)}
    form = AttributeForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> Attribute:
        if row is not None:
            locked = Attribute.objects.select_for_update(no_key=True).get(pk=row.pk)
            refuse_stale(cleaned["seen"], mark=mark_of(locked, *_FIELDS))
        return actions.save_attribute(
            row.pk if row else None, actor=actor(request.party), address=client_ip(request) or "", **form.values()
        )

    back = reverse("platform:attributes")
    if request.method == "POST" and (saved := attempt(form, act)):
        messages.success(request, gettext("“%(name)s” is saved.") % {"name": saved.name})
        return HttpResponseRedirect(back)
    context: dict[str, Any] = {"title": row.name if row else _("New attribute"), "form": form, "back": back}
    if row is not None:
        context |= {
            "remove": reverse("platform:attribute-remove", args=[row.pk]),
            "sure": _("Remove this attribute and the values goods have for it?"),
        }
    return render(request, "platform/form_removable.html", context, status=422 if form.is_bound else 200)


@page("platform", "goods.edit")
@require_POST
def attribute_remove(request: PartyRequest, attribute_id: int) -> HttpResponse:
    """Remove an attribute with the values goods have for it."""
    row = _attribute(attribute_id)
    lost = actions.remove_attribute(attribute_id, actor=actor(request.party), address=client_ip(request) or "")
    messages.success(
        request, gettext("“%(name)s” is removed; %(n)d goods lost a value.") % {"name": row.name, "n": lost}
    )
    return HttpResponseRedirect(reverse("platform:attributes"))


def _attribute(attribute_id: int) -> Attribute:
    row = Attribute.objects.filter(pk=attribute_id).first()
    if row is None:
        raise Http404
    return row
