"""Own goods written and changed: what they are, pictures, SKUs with their prices."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.forms import BaseFormSet, formset_factory
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions, pictures, queries
from entrepot.catalog.models import Brand, Goods, GoodsState, SkuCost
from entrepot.catalog.rules import PICTURES_AT_MOST, SKUS_AT_MOST, UNBOUNDED, SkuDraft
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.attributes import AttributeForm, attribute_form
from entrepot.doors.kit.forms import FenField, LongSelect
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.parties.queries import platform_supplier

_BLANK_ROWS = 1


@dataclass
class Pictures:
    """The paths of the pictures of some goods: those of the head, the main one first, and those of the details."""

    images: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)


class GoodsForm(forms.Form):
    """What own goods are."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=_("Goods name"), max_length=120)
    goods_no = forms.CharField(label=_("Goods no."), max_length=40)
    category_id = forms.TypedChoiceField(label=_("Category"), coerce=int, widget=LongSelect)
    brand_id = forms.TypedChoiceField(label=_("Brand"), coerce=int, empty_value=None, required=False)
    min_quantity = forms.IntegerField(label=_("Minimum quantity"), min_value=1, max_value=10_000, initial=1)
    subtitle = forms.CharField(label=_("Selling point"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = queries.category_names()
        self.fields["category_id"].choices = [("", _("Choose")), *named.items()]  # type: ignore[attr-defined]
        brands = list(Brand.objects.values_list("id", "name"))
        self.fields["brand_id"].choices = [("", _("None")), *brands]  # type: ignore[attr-defined]


class SkuForm(forms.Form):
    """One SKU."""

    code = forms.CharField(label=_("SKU code"), max_length=40, required=False)
    spec = forms.CharField(label=_("Specification"), max_length=80, required=False)
    price_fen = FenField(label=_("Supply price"), min_fen=1)
    cost_fen = FenField(label=_("Cost"), required=False)
    suggested_price_fen = FenField(label=_("Suggested price"), required=False)
    price_floor_fen = FenField(label=_("Lowest price"), required=False)
    price_ceiling_fen = FenField(label=_("Highest price"), required=False)
    weight_g = forms.IntegerField(label=_("Weight, in grams"), min_value=0, max_value=1_000_000_000, required=False)

    def draft(self) -> SkuDraft:
        """Return the SKU as the room takes it."""
        cleaned = self.cleaned_data
        return SkuDraft(
            supplier_price_fen=cleaned["price_fen"],
            code=cleaned["code"],
            spec=cleaned["spec"],
            cost_fen=cleaned["cost_fen"],
            suggested_price_fen=cleaned["suggested_price_fen"],
            price_floor_fen=cleaned["price_floor_fen"],
            price_ceiling_fen=cleaned["price_ceiling_fen"],
            weight_g=cleaned["weight_g"] or 0,
        )


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def goods_new(request: PartyRequest) -> HttpResponse:
    """Write new own goods."""
    return _edited(request, goods=None)


@page("platform", "goods.edit")
@require_GET
def goods_attributes(request: PartyRequest) -> HttpResponse:
    """Return the fields of the attributes that goods of a category and brand have; what was typed stays."""
    form = attribute_form(
        None,
        bounds=UNBOUNDED,
        category_id=request.GET.get("category_id"),
        brand_id=request.GET.get("brand_id"),
        kept={key.removeprefix("attribute_"): str(value) for key, value in request.GET.items()},
    )
    return render(request, "kit/parts/attributes.html", {"attribute_form": form})


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def goods_edit(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Change own goods that are not on sale."""
    goods = Goods.objects.filter(pk=goods_id, supplier__is_platform=True).first()
    if goods is None:
        raise Http404
    return _edited(request, goods=goods)


def _edited(request: PartyRequest, *, goods: Goods | None) -> HttpResponse:
    if request.method == "GET":
        form = GoodsForm(initial=_initial(goods))
        shown = Pictures(list(goods.images), list(goods.detail_images)) if goods else Pictures()
        attributes = attribute_form(
            None,
            bounds=UNBOUNDED,
            category_id=goods.category_id if goods else None,
            brand_id=goods.brand_id if goods else None,
            kept=goods.attributes if goods else {},
        )
        return _form_page(request, goods=goods, form=form, skus=_sku_forms(goods), shown=shown, attributes=attributes)
    form = GoodsForm(request.POST)
    attributes = attribute_form(
        request.POST,
        bounds=UNBOUNDED,
        category_id=request.POST.get("category_id"),
        brand_id=request.POST.get("brand_id"),
    )
    shown = Pictures(_kept(request, "keep"), _kept(request, "keep_detail"))
    shown.images.sort(key=lambda path: path != request.POST.get("main"))
    is_more = request.POST.get("do") == "more"
    try:
        # Kept though something is wrong, or only more SKUs are wanted: a browser does not hold on to chosen files.
        _add_uploaded(request, shown=shown)
    except Mistake as mistake:
        if is_more:
            messages.error(request, mistake.reason)
        else:
            form.add_error(None, mistake.reason)
    if is_more:
        data = request.POST.copy()
        data["sku-TOTAL_FORMS"] = str(min(SKUS_AT_MOST, int(data.get("sku-TOTAL_FORMS") or 0) + 3))
        skus = _formset()(data, prefix="sku")
        form = GoodsForm(initial=request.POST.dict())
        return _form_page(request, goods=goods, form=form, skus=skus, shown=shown, attributes=attributes)
    skus = _formset()(request.POST, prefix="sku")
    goods_id = _saved(request, goods=goods, form=form, skus=skus, shown=shown, attributes=attributes)
    if goods_id is None:
        return _form_page(request, goods=goods, form=form, skus=skus, shown=shown, attributes=attributes, status=422)
    messages.success(request, gettext("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return HttpResponseRedirect(reverse("platform:goods-page", args=[goods_id]))


def _saved(
    request: PartyRequest,
    *,
    goods: Goods | None,
    form: GoodsForm,
    skus: "BaseFormSet[SkuForm]",
    shown: Pictures,
    attributes: AttributeForm,
) -> int | None:
    """Save the goods, or hand in a change of goods on sale, and return their id.

    None when a form is wrong or the room refuses, which is then said on the form.
    """
    if not (form.is_valid() & skus.is_valid() & attributes.is_valid()):
        if not skus.is_valid():
            form.add_error(None, gettext("Check the SKUs further down."))
        return None
    filled = [one for one in skus.forms if one.has_changed() and not one.cleaned_data.get("DELETE")]
    cleaned = form.cleaned_data
    what: dict[str, Any] = {name: cleaned[name] for name in ("name", "subtitle", "category_id", "brand_id")}
    what |= {
        "min_quantity": cleaned["min_quantity"],
        "version": None if goods is None else cleaned["version"],
        "images": shown.images,
        "detail_images": shown.details,
        "attributes": attributes.values(),
        "skus": [one.draft() for one in filled],
        "actor": actor(request.party),
        "address": client_ip(request) or "",
    }
    own_id = platform_supplier().pk
    try:
        if goods is not None and goods.state == GoodsState.ON_SALE and queries.is_open(own_id):
            actions.propose_change(own_id, goods_id=goods.pk, **what)
            return goods.pk
        goods_id = None if goods is None else goods.pk
        return actions.save_goods(own_id, goods_id=goods_id, goods_no=cleaned["goods_no"], **what).pk
    except Mistake as mistake:
        _place(mistake, form=form, filled=filled, attributes=attributes)
        return None


def _place(mistake: Mistake, *, form: GoodsForm, filled: list[Any], attributes: AttributeForm) -> None:
    """Show a mistake beside the field it names; `skus.<place>.<field>` is a field of one SKU."""
    parts = mistake.field.split(".")
    if len(parts) == 3 and parts[1].isdigit() and int(parts[1]) < len(filled):
        one = filled[int(parts[1])]
        name = "price_fen" if parts[2] == "supplier_price_fen" else parts[2]
        one.add_error(name if name in one.fields else None, mistake.reason)
        form.add_error(None, mistake.reason)
    elif mistake.field in attributes.fields:
        attributes.add_error(mistake.field, mistake.reason)
        form.add_error(None, mistake.reason)
    else:
        form.add_error(mistake.field if mistake.field in form.fields else None, mistake.reason)


def _kept(request: PartyRequest, name: str) -> list[str]:
    """Return the paths of the pictures that stay, as far as they are pictures we keep."""
    return [path for path in dict.fromkeys(request.POST.getlist(name)) if pictures.is_kept(path)]


def _add_uploaded(request: PartyRequest, *, shown: Pictures) -> None:
    """Keep the pictures that came with the form, behind those that were there."""
    for name, paths in (("pictures", shown.images), ("detail_pictures", shown.details)):
        for upload in request.FILES.getlist(name)[:PICTURES_AT_MOST]:
            path = pictures.store(upload.read(pictures.BYTES_AT_MOST + 1))
            if path not in paths:
                paths.append(path)


def _formset(extra: int = 0) -> "type[BaseFormSet[SkuForm]]":
    return formset_factory(
        SkuForm, extra=extra, can_delete=True, min_num=1, max_num=SKUS_AT_MOST, absolute_max=SKUS_AT_MOST
    )


def _sku_forms(goods: Goods | None) -> "BaseFormSet[SkuForm]":
    if goods is None:
        return _formset()(prefix="sku")
    with scope.supplier(goods.supplier_id, read_only=True):
        costs = dict(SkuCost.objects.filter(sku__goods=goods).values_list("sku_id", "cost_fen"))
    initial = [
        {
            "code": sku.code,
            "spec": sku.spec,
            "price_fen": sku.supplier_price_fen,
            "cost_fen": costs.get(sku.pk),
            "suggested_price_fen": sku.suggested_price_fen,
            "price_floor_fen": sku.price_floor_fen,
            "price_ceiling_fen": sku.price_ceiling_fen,
            "weight_g": sku.weight_g,
        }
        for sku in goods.skus.filter(is_active=True)
    ]
    return _formset(_BLANK_ROWS)(prefix="sku", initial=initial)


def _initial(goods: Goods | None) -> dict[str, Any]:
    if goods is None:
        return {}
    return {name: getattr(goods, name) for name in GoodsForm.base_fields}


def _form_page(
    request: PartyRequest,
    *,
    goods: Goods | None,
    form: GoodsForm,
    skus: "BaseFormSet[SkuForm]",
    shown: Pictures,
    attributes: AttributeForm,
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": goods.name if goods else _("New own goods"),
        "goods": goods,
        "form": form,
        "skus": skus,
        "attribute_form": attributes,
        "images": [(path, pictures.address(path, small=True)) for path in shown.images],
        "details": [(path, pictures.address(path, small=True)) for path in shown.details],
        "most": PICTURES_AT_MOST,
    }
    return render(request, "platform/goods_form.html", context, status=status)
