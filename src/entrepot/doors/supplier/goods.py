"""The supplier's goods: the list, one article, and its way to the shelf and back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.base.scope import PARTY, look_as_desk
from entrepot.catalog import actions, queries
from entrepot.catalog.models import Goods, GoodsState
from entrepot.catalog.rules import below
from entrepot.catalog.search import matching_of_supplier
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, TooManyRows, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.supplier.stock_reads import available_of

STATES = ("on_sale", "submitted", "rejected", "draft", "unlisted")
_BY_STATE = f"select state, count(*) from catalog_goods where supplier_id = {PARTY} group by state"  # noqa: S608


class GoodsSearch(FilterForm):
    """The search form of the list."""

    text = forms.CharField(
        label=gettext_lazy("Goods"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Name / number / brand")}),
    )
    sku = forms.CharField(label=gettext_lazy("SKU"), max_length=40)
    category = forms.TypedChoiceField(label=gettext_lazy("Category"), coerce=int, empty_value=None)
    brand = forms.TypedChoiceField(label=gettext_lazy("Brand"), coerce=int, empty_value=None)

    def __init__(self, data: Any, *, supplier_id: int) -> None:
        self.bounds = queries.bounds_of(supplier_id)
        super().__init__(data)

    def full_clean(self) -> None:
        """Give the selects what the platform has opened to him before anything is judged."""
        every: tuple[Any, Any] = ("", gettext_lazy("All"))
        for name, found in zip(("category", "brand"), queries.choices(self.bounds), strict=True):
            self.fields[name].choices = [every, *found]  # type: ignore[attr-defined]
        super().full_clean()


def _found(form: GoodsSearch, *, supplier_id: int) -> QuerySet[Goods]:
    rows = matching_of_supplier(Goods.objects.filter(supplier_id=supplier_id), text=form.value("text") or "")
    if sku := form.value("sku"):
        rows = rows.filter(skus__code__icontains=sku).distinct()
    if category_id := form.value("category"):
        rows = rows.filter(category_id__in=below(queries.parents(), ids=[category_id]))
    if brand_id := form.value("brand"):
        rows = rows.filter(brand_id=brand_id)
    return rows


@require_GET
@page("supplier", "goods.view")
def goods_list(request: PartyRequest) -> HttpResponseBase:
    """Show the supplier's goods, by state."""
    form = GoodsSearch(request.GET, supplier_id=request.party.id)
    rows = _found(form, supplier_id=request.party.id)
    tab = request.GET.get("tab", "")
    active = Q(skus__is_active=True)
    kept = (
        (rows.filter(state=tab) if tab in STATES else rows)
        .select_related("category", "brand")
        .annotate(
            sku_count=Count("skus", filter=active, distinct=True),
            from_fen=Min("skus__supplier_price_fen", filter=active),
            to_fen=Max("skus__supplier_price_fen", filter=active),
        )
        .defer("search_terms", "detail_images")
    )
    if request.GET.get("export") == "xlsx":
        return _export(kept)
    counts = dict(
        rows.order_by().values_list("state").annotate(Count("id", distinct=True))
        if form.used
        else look_as_desk(_BY_STATE)
    )
    total = sum(counts.values()) if tab not in STATES else counts.get(tab, 0)
    found = page_of(kept, query=request.GET, total=total)
    available = available_of([row.pk for row in found])
    context = {
        "title": _("My goods"),
        "form": form,
        "page": found,
        "rows": [(row, available.get(row.pk, 0)) for row in found],
        "tabs": [("", _("All"), sum(counts.values()))]
        + [(state, state_of("goods", state)[0], counts.get(state, 0)) for state in STATES],
        "can_edit": request.party.can("goods.edit"),
        "is_narrowed": form.used or tab,
        "is_bound_to_nothing": form.bounds.is_empty,
    }
    return render(request, "supplier/goods.html", context)


def _export(rows: QuerySet[Any]) -> HttpResponseBase:
    columns = [
        Column(title=_("Goods number"), value=lambda row: row.goods_no),
        Column(title=_("Goods"), value=lambda row: row.name, width=36),
        Column(title=_("Category"), value=lambda row: row.category.name),
        Column(title=_("Brand"), value=lambda row: row.brand.name if row.brand else ""),
        Column(title=_("State"), value=lambda row: str(state_of("goods", row.state)[0]), width=10),
        Column(title=_("SKUs"), value=lambda row: row.sku_count, kind="int", width=8),
        Column(title=_("Supplier price, lowest"), value=lambda row: row.from_fen, kind="fen", width=12),
        Column(title=_("Supplier price, highest"), value=lambda row: row.to_fen, kind="fen", width=12),
        Column(title=_("Minimum quantity"), value=lambda row: row.min_quantity, kind="int", width=10),
        Column(title=_("Changed"), value=lambda row: row.changed_at, kind="moment", width=20),
        Column(title=_("Review note"), value=lambda row: row.review_note, width=36),
    ]
    try:
        return export_xlsx(rows.order_by("-id").iterator(chunk_size=500), name=_("My goods"), columns=columns)
    except TooManyRows:
        return HttpResponse(_("Too many rows; narrow the search."), status=413)


@require_POST
@page("supplier", "goods.edit")
def goods_step(request: PartyRequest, goods_id: int, step: str) -> HttpResponse:
    """Hand goods in for review, take them back, or take them off the shelf."""
    if step not in ("submit", "withdraw", "unlist"):
        raise Http404
    get_object_or_404(Goods, pk=goods_id)
    try:
        goods, said = _take(request, goods_id=goods_id, step=step)
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        messages.success(request, said % {"name": goods.name})
    return HttpResponseRedirect(reverse("supplier:goods-edit", args=[goods_id]))


def _take(request: PartyRequest, *, goods_id: int, step: str) -> tuple[Goods, str]:
    supplier_id, who, where = request.party.id, actor(request.party), client_ip(request) or ""
    if step == "submit":
        goods = actions.submit_goods(supplier_id, goods_id=goods_id, actor=who, address=where)
        return goods, _("“%(name)s” was handed in for review.")
    if step == "withdraw":
        goods = actions.withdraw_submission(supplier_id, goods_id=goods_id, actor=who, address=where)
        return goods, _("“%(name)s” is back with you as a draft.")
    reason = request.POST.get("reason", "")
    goods = actions.unlist_goods(goods_id, reason=reason, actor=who, supplier_id=supplier_id, address=where)
    return goods, _("“%(name)s” is off the shelf.")


def is_editable(goods: Goods | None) -> bool:
    """Return whether the supplier may change more than the stock of goods now; on sale only in open mode, and once."""
    if goods is None or goods.state in (GoodsState.DRAFT, GoodsState.REJECTED, GoodsState.UNLISTED):
        return True
    is_on_sale = goods.state == GoodsState.ON_SALE
    return is_on_sale and queries.is_open(goods.supplier_id) and queries.waiting_version(goods.pk) is None
