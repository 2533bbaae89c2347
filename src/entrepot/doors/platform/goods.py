"""The goods list: search, tabs by state, export."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from entrepot.catalog.models import CatalogSetting, Goods, GoodsState
from entrepot.catalog.pictures import address
from entrepot.catalog.queries import parents
from entrepot.catalog.rules import below
from entrepot.catalog.search import looked_up
from entrepot.doors.kit.forms import Entries, LongSelect
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.goods_counts import counts_of
from entrepot.doors.platform.goods_rows import HAS_CHANGE, Figures, choices, figures_of

_CHANGES = "changes"
_TABS: tuple[tuple[str, Any], ...] = (
    (GoodsState.SUBMITTED, _("In review")),
    (_CHANGES, _("Changes to review")),
    (GoodsState.ON_SALE, _("On sale")),
    (GoodsState.UNLISTED, _("Unlisted")),
    (GoodsState.DRAFT, _("Draft")),
    (GoodsState.REJECTED, _("Turned down")),
)
_Pair = tuple[Goods, Figures]
_COLUMNS = (
    Column(title=_("Goods no."), value=lambda pair: pair[0].goods_no, width=18),
    Column(title=_("Goods name"), value=lambda pair: pair[0].name, width=40),
    Column(title=_("State"), value=lambda pair: state_of("goods", pair[0].state)[0], width=12),
    Column(title=_("Supplier"), value=lambda pair: pair[0].supplier.name, width=24),
    Column(title=_("Category"), value=lambda pair: pair[0].category.name, width=16),
    Column(title=_("SKUs"), value=lambda pair: pair[1].sku_count, kind="int", width=8),
    Column(title=_("Lowest supply price"), value=lambda pair: pair[1].lowest_fen, kind="fen"),
    Column(title=_("Highest supply price"), value=lambda pair: pair[1].highest_fen, kind="fen"),
    Column(title=_("Minimum quantity"), value=lambda pair: pair[0].min_quantity, kind="int"),
    Column(title=_("On hand"), value=lambda pair: pair[1].on_hand, kind="int"),
    Column(title=_("Reserved"), value=lambda pair: pair[1].reserved, kind="int"),
    Column(title=_("Available"), value=lambda pair: pair[1].available, kind="int"),
    Column(title=_("Changed"), value=lambda pair: pair[0].changed_at, kind="moment", width=20),
)


class GoodsSearch(FilterForm):
    """What goods can be found by."""

    text = forms.CharField(
        label=_("Goods"), max_length=60, widget=forms.TextInput(attrs={"placeholder": _("Name, number or brand")})
    )
    category = forms.TypedChoiceField(label=_("Category"), coerce=int, empty_value=None, widget=LongSelect)
    supplier = forms.TypedChoiceField(label=_("Supplier"), coerce=int, empty_value=None, widget=LongSelect)

    def full_clean(self) -> None:
        """Give the selects their choices before anything is judged."""
        for name, found in choices().items():
            self.fields[name].choices = Entries([("", _("All")), *found])  # type: ignore[attr-defined]
        super().full_clean()

    def rows(self) -> tuple[QuerySet[Goods], bool]:
        """Return the goods that meet the search, and whether very many may do."""
        found, is_wide = looked_up(Goods.objects.all(), text=self.value("text") or "")
        if category_id := self.value("category"):
            found = found.filter(category_id__in=below(parents(), ids=[category_id]))
        if supplier_id := self.value("supplier"):
            found = found.filter(supplier_id=supplier_id)
        return found, is_wide


@page("platform", "goods.view")
@require_GET
def goods(request: PartyRequest) -> HttpResponseBase:
    """Show the goods that meet the search, or hand them out as a sheet."""
    form = GoodsSearch(request.GET)
    found, is_wide = form.rows()
    tab = request.GET.get("tab", "")
    states = [state for state, _word in _TABS]
    listed = found.select_related("supplier", "category")
    if tab == _CHANGES:
        listed = listed.filter(HAS_CHANGE)
    elif tab in states:
        listed = listed.filter(state=tab)
    if request.GET.get("export") == "xlsx":
        return export_xlsx(
            _pairs(listed), name=f"{gettext('goods')}-{timezone.localtime():%Y%m%d-%H%M}", columns=_COLUMNS
        )
    counted = counts_of(found, is_searched=form.value("text") or form.value("category"), is_wide=is_wide)
    shown = page_of(listed, query=request.GET, order=("-id",), sorts={"changed": ("changed_at", "id")})
    figures = figures_of([row.pk for row in shown])
    context = {
        "title": _("Goods"),
        "form": form,
        "tabs": [
            ("", _("All"), counted.total),
            *((state, word, counted.changes if state == _CHANGES else counted.of(state)) for state, word in _TABS),
        ],
        "page": shown,
        "rows": [(row, figures[row.pk], address(row.images[0] if row.images else "", small=True)) for row in shown],
        "is_narrowed": bool(form.used or tab),
        "can_edit": request.party.can("goods.edit"),
        "can_review": request.party.can("goods.review"),
        "is_open": CatalogSetting.objects.filter(is_open=True).exists(),
    }
    return render(request, "platform/goods.html", context)


def _pairs(rows: QuerySet[Goods]) -> Iterator[_Pair]:
    """Return goods with their figures, fetched in pieces."""
    batch: list[Goods] = []
    for row in rows.order_by("-id").iterator(chunk_size=500):
        batch.append(row)
        if len(batch) == 500:
            yield from _with_figures(batch)
            batch = []
    yield from _with_figures(batch)


def _with_figures(batch: list[Goods]) -> list[_Pair]:
    figures = figures_of([row.pk for row in batch])
    return [(row, figures[row.pk]) for row in batch]
