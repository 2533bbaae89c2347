"""Writing goods: the form with its SKUs and pictures, saved as a draft or handed in for review."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions, pictures, queries
from entrepot.catalog.models import Goods, GoodsState, Sku
from entrepot.catalog.queries import waiting_version
from entrepot.catalog.rules import KEPT, PICTURES_AT_MOST, SKUS_AT_MOST, SkuDraft
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.attributes import AttributeForm, attribute_form
from entrepot.doors.kit.forms import FenField
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.supplier.goods import is_editable
from entrepot.doors.supplier.stock_reads import sku_stock


class GoodsForm(forms.Form):
    """The goods themselves."""

    name = forms.CharField(label=gettext_lazy("Goods name"), max_length=120)
    goods_no = forms.CharField(
        label=gettext_lazy("Goods number"),
        max_length=40,
        help_text=gettext_lazy("Letters, digits or any of “._-/”; it stays once malls know the goods."),
    )
    category = forms.TypedChoiceField(label=gettext_lazy("Category"), coerce=int)
    brand = forms.TypedChoiceField(label=gettext_lazy("Brand"), coerce=int, required=False, empty_value=None)
    min_quantity = forms.IntegerField(label=gettext_lazy("Minimum quantity"), min_value=1, max_value=10_000, initial=1)
    subtitle = forms.CharField(label=gettext_lazy("Selling points"), max_length=200, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, supplier_id: int, goods: Goods | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bounds = queries.bounds_of(supplier_id)
        categories, brands = queries.category_choices(bounds), queries.brand_choices(bounds)
        if goods is not None and not is_editable(goods):
            # What is merely shown may lie outside the bounds of today.
            categories.append((goods.category_id, queries.category_names()[goods.category_id]))
            brands += [(goods.brand.pk, goods.brand.name)] if goods.brand else []
        self.fields["category"].choices = [("", "—"), *dict(categories).items()]  # type: ignore[attr-defined]
        self.fields["brand"].choices = [("", "—"), *dict(brands).items()]  # type: ignore[attr-defined]


class SkuForm(forms.Form):
    """One SKU; a row that was left empty is passed over."""

    spec = forms.CharField(label=gettext_lazy("Specification"), max_length=80, required=False)
    code = forms.CharField(label=gettext_lazy("SKU code"), max_length=40, required=False)
    cost_fen = FenField(label=gettext_lazy("Your cost"), required=False)
    supplier_price_fen = FenField(label=gettext_lazy("Supplier price"), min_fen=1, required=False)
    suggested_price_fen = FenField(label=gettext_lazy("Suggested price"), min_fen=1, required=False)
    price_floor_fen = FenField(label=gettext_lazy("Lowest price"), min_fen=1, required=False)
    price_ceiling_fen = FenField(label=gettext_lazy("Highest price"), min_fen=1, required=False)
    weight_g = forms.IntegerField(label=gettext_lazy("Weight (g)"), min_value=0, required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for a price where anything else was typed."""
        cleaned = super().clean() or {}
        if not self.is_blank and not self.errors and cleaned.get("supplier_price_fen") is None:
            self.add_error("supplier_price_fen", _("Enter your price for one piece."))
        return cleaned

    @property
    def is_blank(self) -> bool:
        """Return whether nothing at all was typed, or the row was marked as removed."""
        if self.data.get(f"{self.prefix}-DELETE"):
            return True
        return not any(str(self.data.get(self.add_prefix(name), "")).strip() for name in self.fields)

    def _band(self, name: str) -> Any:
        """Return an end of the price band; a row that does not speak of it leaves it as it is."""
        return self.cleaned_data[name] if self.add_prefix(name) in self.data else KEPT

    def draft(self) -> SkuDraft:
        """Return the row as the catalogue takes it."""
        values = self.cleaned_data
        return SkuDraft(
            supplier_price_fen=values["supplier_price_fen"],
            code=values["code"],
            spec=values["spec"],
            cost_fen=values["cost_fen"],
            suggested_price_fen=values["suggested_price_fen"],
            price_floor_fen=self._band("price_floor_fen"),
            price_ceiling_fen=self._band("price_ceiling_fen"),
            weight_g=values["weight_g"] or 0,
        )


@require_http_methods(["GET", "POST"])
@page("supplier", "goods.edit")
def goods_new(request: PartyRequest) -> HttpResponse:
    """Write new goods."""
    if request.method == "POST":
        return _save(request, goods=None)
    form = GoodsForm(supplier_id=request.party.id)
    return _shown(request, goods=None, form=form, skus=[SkuForm(prefix="sku-0")])


@require_http_methods(["GET", "POST"])
@page("supplier", "goods.view")
def goods_edit(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Show goods; change them where their state allows it."""
    goods = get_object_or_404(Goods.objects.select_related("category", "brand"), pk=goods_id)
    if request.method == "POST":
        return _save(request, goods=goods)
    initial = {
        "name": goods.name,
        "goods_no": goods.goods_no,
        "category": goods.category_id,
        "brand": goods.brand_id,
        "min_quantity": goods.min_quantity,
        "subtitle": goods.subtitle,
        "version": goods.version,
    }
    skus = [
        SkuForm(prefix=f"sku-{place}", initial=_initial(sku))
        for place, sku in enumerate(goods.skus.filter(is_active=True).select_related("cost"))
    ]
    form = GoodsForm(initial=initial, supplier_id=request.party.id, goods=goods)
    return _shown(request, goods=goods, form=form, skus=skus)


def _initial(sku: Sku) -> dict[str, Any]:
    return {
        "spec": sku.spec,
        "code": sku.code,
        "cost_fen": sku.cost.cost_fen if hasattr(sku, "cost") else None,
        "supplier_price_fen": sku.supplier_price_fen,
        "suggested_price_fen": sku.suggested_price_fen,
        "price_floor_fen": sku.price_floor_fen,
        "price_ceiling_fen": sku.price_ceiling_fen,
        "weight_g": sku.weight_g or None,
    }


@require_GET
@page("supplier", "goods.edit")
def goods_attributes(request: PartyRequest) -> HttpResponse:
    """Return the fields of the attributes that goods of a category and brand have; what was typed stays."""
    form = attribute_form(
        None,
        bounds=queries.bounds_of(request.party.id),
        category_id=request.GET.get("category"),
        brand_id=request.GET.get("brand"),
        kept={key.removeprefix("attribute_"): str(value) for key, value in request.GET.items()},
    )
    return render(request, "kit/parts/attributes.html", {"attribute_form": form})


@require_GET
@page("supplier", "goods.edit")
def sku_row(request: PartyRequest) -> HttpResponse:
    """Return one more empty row of SKUs, under the next number."""
    text = request.GET.get("sku_rows", "")
    place = min(int(text), SKUS_AT_MOST) if text.isdigit() and len(text) < 5 else 0
    context = {"sku": SkuForm(prefix=f"sku-{place}"), "sku_rows": place + 1, "is_extra": True, "may_edit": True}
    return render(request, "supplier/sku_row.html", context)


def _shown(
    request: PartyRequest,
    *,
    goods: Goods | None,
    form: GoodsForm,
    skus: list[SkuForm],
    images: list[str] | None = None,
    detail_images: list[str] | None = None,
    attributes: AttributeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    may_edit = request.party.can("goods.edit") and is_editable(goods)
    if attributes is None:
        attributes = attribute_form(
            None,
            bounds=queries.bounds_of(request.party.id),
            category_id=goods.category_id if goods else None,
            brand_id=goods.brand_id if goods else None,
            kept=goods.attributes if goods else {},
        )
    if not may_edit:
        for one in (form, attributes, *skus):
            for field in one.fields.values():
                field.disabled = True
    kept = goods.images if goods else []
    context = {
        "title": goods.name if goods else _("New goods"),
        "goods": goods,
        "form": form,
        "skus": skus,
        "sku_rows": len(skus),
        "images": kept if images is None else images,
        "detail_images": (goods.detail_images if goods else []) if detail_images is None else detail_images,
        "stock": sku_stock(goods.pk) if goods else [],
        "attribute_form": attributes,
        "may_edit": may_edit,
        "is_change": goods is not None and goods.state == GoodsState.ON_SALE and may_edit,
        "waiting": waiting_version(goods.pk) if goods else None,
        "is_bound_to_nothing": goods is None and queries.bounds_of(request.party.id).is_empty,
        "pictures_at_most": PICTURES_AT_MOST,
    }
    return render(request, "supplier/goods_form.html", context, status=status)


def _save(request: PartyRequest, *, goods: Goods | None) -> HttpResponse:
    form = GoodsForm(request.POST, supplier_id=request.party.id, goods=goods)
    attributes = attribute_form(
        request.POST,
        bounds=queries.bounds_of(request.party.id),
        category_id=request.POST.get("category"),
        brand_id=request.POST.get("brand"),
    )
    text = request.POST.get("sku_rows", "")
    count = min(int(text), SKUS_AT_MOST) if text.isdigit() and len(text) < 5 else 0
    rows = [SkuForm(request.POST, prefix=f"sku-{place}") for place in range(count)]
    typed = [row for row in rows if not row.is_blank] or rows[:1]
    is_valid = all([form.is_valid(), attributes.is_valid(), *(row.is_valid() for row in typed)])
    if any(row.errors for row in typed):
        form.add_error(None, _("Check the SKUs further down."))
    images, detail_images = _kept(request, name="images"), _kept(request, name="detail_images")
    if request.party.can("goods.edit"):
        try:
            # Kept though something else is wrong: a browser does not hold on to the files that were chosen.
            images += _uploaded(request, name="new_images")
            detail_images += _uploaded(request, name="new_detail_images")
        except Mistake as mistake:
            is_valid = False
            _blame(mistake, form=form, typed=typed, attributes=attributes)
    if is_valid and request.party.can("goods.edit"):
        try:
            # Inside a savepoint, so that goods refused at the hand-in are not half saved.
            with transaction.atomic():
                goods_id = _written(
                    request,
                    goods=goods,
                    form=form,
                    typed=typed,
                    images=images,
                    details=detail_images,
                    attributes=attributes.values(),
                )
            return HttpResponseRedirect(reverse("supplier:goods-edit", args=[goods_id]))
        except Mistake as mistake:
            _blame(mistake, form=form, typed=typed, attributes=attributes)
    return _shown(
        request,
        goods=goods,
        form=form,
        skus=typed,
        images=images,
        detail_images=detail_images,
        attributes=attributes,
        status=422,
    )


def _written(
    request: PartyRequest,
    *,
    goods: Goods | None,
    form: GoodsForm,
    typed: list[SkuForm],
    images: list[str],
    details: list[str],
    attributes: dict[int, str],
) -> int:
    """Save the goods, or hand in a change of goods on sale; return their id."""
    values, who, where = form.cleaned_data, actor(request.party), client_ip(request) or ""
    what: dict[str, Any] = {
        "name": values["name"],
        "category_id": values["category"],
        "skus": [row.draft() for row in typed],
        "subtitle": values["subtitle"],
        "brand_id": values["brand"],
        "min_quantity": values["min_quantity"],
        "images": images,
        "detail_images": details,
        "attributes": attributes,
        "version": values["version"] if goods else None,
        "actor": who,
        "address": where,
    }
    if goods is not None and goods.state == GoodsState.ON_SALE:
        actions.propose_change(request.party.id, goods_id=goods.pk, **what)
        messages.success(request, _("The change waits for review; what is on sale sells on meanwhile."))
        return goods.pk
    saved = actions.save_goods(
        request.party.id, goods_id=goods.pk if goods else None, goods_no=values["goods_no"], **what
    )
    if request.POST.get("do") == "submit":
        saved = actions.submit_goods(request.party.id, goods_id=saved.pk, actor=who, address=where)
        messages.success(request, _("“%(name)s” was handed in for review.") % {"name": saved.name})
    else:
        messages.success(request, _("“%(name)s” is saved; it is not handed in yet.") % {"name": saved.name})
    return saved.pk


def _kept(request: PartyRequest, *, name: str) -> list[str]:
    """Return the pictures that stay, the chosen main picture first."""
    gone = set(request.POST.getlist(f"remove_{name}"))
    paths = [path for path in request.POST.getlist(name) if path not in gone]
    main = request.POST.get(f"main_{name}", "")
    return sorted(paths, key=lambda path: path != main)


def _uploaded(request: PartyRequest, *, name: str) -> list[str]:
    files = [upload for upload in request.FILES.getlist(name) if isinstance(upload, UploadedFile)]
    if len(files) > PICTURES_AT_MOST:
        raise Mistake(name, _("At most %(count)d pictures.") % {"count": PICTURES_AT_MOST})
    return [pictures.store(upload.read(), field=name) for upload in files]


def _blame(mistake: Mistake, *, form: GoodsForm, typed: list[SkuForm], attributes: AttributeForm) -> None:
    """Show a mistake beside the field it names."""
    name = {"category_id": "category", "brand_id": "brand"}.get(mistake.field, mistake.field)
    parts = name.split(".")
    if (
        parts[0] == "skus"
        and len(parts) == 3
        and int(parts[1]) < len(typed)
        and parts[2] in typed[int(parts[1])].fields
    ):
        typed[int(parts[1])].add_error(parts[2], mistake.reason)
        form.add_error(None, _("Check the SKUs further down."))
    elif name in attributes.fields:
        attributes.add_error(name, mistake.reason)
        form.add_error(None, mistake.reason)
    else:
        form.add_error(name if name in form.fields else None, mistake.reason)
