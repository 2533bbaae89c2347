"""Goods the distributor may sell, with his agreed prices and the stock he may take."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET

from entrepot.base.money import yuan
from entrepot.catalog.models import Brand, Category, Goods
from entrepot.catalog.search import matching_in_scope
from entrepot.catalog.slots import ANY, LiveSlot, in_slot, live_slots, slots_along, with_slots
from entrepot.doors.kit.figures import bps
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.promotion_words import PROMOTION_WORDS
from entrepot.doors.kit.sheets import Column, TooManyRows, export_xlsx
from entrepot.freight.models import TemplateKind
from entrepot.freight.queries import template_rows
from entrepot.reports import shelf
from entrepot.reports.shelf import ShelfGoods, ShelfSku, Terms

_CHOICES_S = 30
_LOW_STOCK = 20
COLUMNS = tuple(one.name for one in dataclasses.fields(ShelfGoods) if one.name not in ("skus", "freight_template_id"))


@lru_cache(maxsize=2)
def _choices(_turn: int) -> tuple[dict[int, str], dict[int, str], dict[int, list[int]]]:
    """Return the categories by their full names, the brands, and the categories below each category.

    They are the same for everybody and change rarely, so each process asks for them twice a minute at most.
    """
    rows = {row.pk: row for row in Category.objects.all()}
    names: dict[int, str] = {}
    below: dict[int, list[int]] = {pk: [] for pk in rows}
    for pk, row in rows.items():
        path, step = [row.name], row
        below[pk].append(pk)
        while step.parent_id in rows:
            step = rows[step.parent_id]
            path.append(step.name)
            below[step.pk].append(pk)
        names[pk] = " / ".join(reversed(path))
    return dict(sorted(names.items(), key=lambda pair: pair[1])), dict(Brand.objects.values_list("pk", "name")), below


def now_choices() -> tuple[dict[int, str], dict[int, str], dict[int, list[int]]]:
    return _choices(int(time.monotonic() // _CHOICES_S))


def _category_choices() -> list[tuple[Any, Any]]:
    return [("", gettext_lazy("All")), *now_choices()[0].items()]


def _brand_choices() -> list[tuple[Any, Any]]:
    return [("", gettext_lazy("All")), *now_choices()[1].items()]


class GoodsSearch(FilterForm):
    """The search form of the shelf."""

    text = forms.CharField(
        label=gettext_lazy("Goods"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Name / number / brand")}),
    )
    category = forms.TypedChoiceField(
        label=gettext_lazy("Category"), coerce=int, empty_value=None, choices=_category_choices
    )
    brand = forms.TypedChoiceField(label=gettext_lazy("Brand"), coerce=int, empty_value=None, choices=_brand_choices)


class ShelfSearch(GoodsSearch):
    """The search form of the list of goods: by promotion slot as well."""

    # Any text is taken: a slot that is over finds nothing, rather than everything.
    slot = forms.CharField(label=gettext_lazy("Promotion slot"), max_length=18, widget=forms.Select)

    def offer(self, slots: Sequence[LiveSlot]) -> None:
        """Let the slots that live now be chosen from."""
        choices = [("", _("All")), (ANY, _("In a slot now")), *((str(one.id), one.name) for one in slots)]
        asked = self.value("slot")
        if asked and asked not in dict(choices):
            choices.append((asked, _("A slot that is not shown now")))
        self.fields["slot"].widget.choices = choices


def found_by(form: GoodsSearch) -> QuerySet[Goods]:
    """Return the goods of a search; the distributor's scope shows only what is on sale for him."""
    rows = matching_in_scope(Goods.objects.filter(state="on_sale"), text=form.value("text") or "")
    if category := form.value("category"):
        rows = rows.filter(category_id__in=now_choices()[2].get(category, [category]))
    if brand := form.value("brand"):
        rows = rows.filter(brand_id=brand)
    return rows.defer("search_terms")


def _on_shelf(found: Sequence[Any], *, distributor_id: int) -> tuple[list[ShelfGoods], Terms]:
    """Return goods as the shelf has them, in their order, with the terms that came along with their rows."""
    if not found:
        return [], shelf.terms_of(distributor_id)
    terms = Terms(distributor_id, found[0].my_tier_id, found[0].my_fee_rate_bps)
    goods = {row.pk: ShelfGoods(**{name: getattr(row, name) for name in COLUMNS}) for row in found}
    shelf.fill(goods, terms=terms)
    return list(goods.values()), terms


@require_GET
@page("distributor", "goods.view")
def goods_list(request: PartyRequest) -> HttpResponseBase:
    """Show the shelf as tiles, or as a table with `?view=table`."""
    form = ShelfSearch(request.GET)
    rows = found_by(form)
    slot = form.value("slot") or ""
    if slot:
        rows = in_slot(rows, slot=slot)
    if request.GET.get("export") == "xlsx":
        return _export(rows, terms=shelf.terms_of(request.party.id))
    # His terms ride along with the rows: the page is read far too often for a round trip of their own.
    found = page_of(
        with_slots(rows).annotate(
            my_tier_id=RawSQL("(select d.tier_id from parties_distributor d where d.id = %s)", [request.party.id]),
            my_fee_rate_bps=RawSQL(
                "(select t.fee_rate_bps from parties_distributor d join parties_tier t on t.id = d.tier_id where d.id = %s)",
                [request.party.id],
            ),
        ),
        query=request.GET,
        order=("slot_place", "id") if slot not in ("", ANY) else ("-id",),
    )
    on_shelf, terms = _on_shelf(found.rows, distributor_id=request.party.id)
    slots = slots_along(found.rows)
    form.offer(slots)
    names, brands, _below = now_choices()
    is_table = request.GET.get("view") == "table"
    other_view = request.GET.copy()
    other_view["view"] = "tiles" if is_table else "table"
    context = {
        "title": _("Goods to sell"),
        "form": form,
        "page": found,
        "goods": [
            shown(row, category=names.get(row.category_id, ""), brand=brands.get(row.brand_id or 0, ""))
            | {"slots": [one for one in slots if row.id in one.goods_ids]}
            for row in on_shelf
        ],
        "slot": slot,
        "terms": terms,
        "is_table": is_table,
        "other_view": f"?{other_view.urlencode()}",
        "is_narrowed": form.used,
    }
    return render(request, "distributor/goods.html", context)


def shown(row: ShelfGoods, *, category: str, brand: str) -> dict[str, Any]:
    """Return goods with the figures a tile or row shows: the range of agreed prices and all stock he may take."""
    prices = sorted(sku.agreed_price_fen for sku in row.skus) or [0]
    stock = sum(sku.stock for sku in row.skus)
    return {
        "row": row,
        "category": category,
        "brand": brand,
        "image": row.images[0] if row.images else "",
        "from_fen": prices[0],
        "to_fen": prices[-1],
        "stock": stock,
        "state": "sold_out" if stock <= 0 else "low_stock" if stock < _LOW_STOCK else "on_sale",
        "first": row.skus[0] if row.skus else None,
    }


@require_GET
@page("distributor", "goods.view")
def goods_detail(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Show one article with all its SKUs and why each agreed price is what it is."""
    terms = shelf.terms_of(request.party.id)
    row = next(iter(shelf.goods_page(terms, limit=1, ids=[goods_id])), None)
    if row is None:
        raise Http404
    names, brands, _below = now_choices()
    context = {
        "title": row.name,
        "slots": [one for one in live_slots([goods_id]) if one.goods_ids],
        "goods": shown(row, category=names.get(row.category_id, ""), brand=brands.get(row.brand_id or 0, "")),
        "skus": [(sku, why_rows(sku, terms=terms)) for sku in row.skus],
        "freight": _freight(row),
        "allowed": [word for code, word in PROMOTION_WORDS.items() if code in row.allowed_promotions],
        "refused": [word for code, word in PROMOTION_WORDS.items() if code not in row.allowed_promotions],
        "terms": terms,
    }
    return render(request, "distributor/goods_detail.html", context)


def _freight(row: ShelfGoods) -> str:
    """Return what sending the goods costs, as far as it can be said without an address."""
    template = (
        template_rows([row.freight_template_id]).get(row.freight_template_id) if row.freight_template_id else None
    )
    if template is None or template.kind == TemplateKind.FREE:
        return pgettext("freight", "Free")
    if template.kind == TemplateKind.WEIGHT:
        return _("By region and weight; the freight quote says how much")
    return _("By region and pieces; the freight quote says how much")


def why_rows(sku: ShelfSku, *, terms: Terms) -> list[tuple[str, str, str]]:
    """Return how an agreed price comes about, step by step."""
    rate = bps(sku.fee_rate_bps)
    exact = {"rate": rate, "supply": yuan(sku.supply_price_fen)}
    return [
        (_("Supply price"), f"¥{yuan(sku.supply_price_fen)}", _("what the platform offers it for")),
        (
            _("Service fee"),
            f"¥{yuan(sku.fee_fen)}",
            (
                _("%(rate)s of %(supply)s at your tier, rounded half-up per piece")
                if sku.fee_rate_bps == terms.fee_rate_bps
                else _("%(rate)s of %(supply)s, agreed for these goods, rounded half-up per piece")
            )
            % exact,
        ),
        (_("Agreed price"), f"¥{yuan(sku.agreed_price_fen)}", ""),
    ]


def _export(rows: QuerySet[Goods], *, terms: Terms) -> HttpResponseBase:
    names, brands, _below = now_choices()
    columns = [
        Column(title=_("Goods number"), value=lambda pair: pair[0].goods_no),
        Column(title=_("Goods"), value=lambda pair: pair[0].name, width=36),
        Column(title=_("Category"), value=lambda pair: names.get(pair[0].category_id, "")),
        Column(title=_("Brand"), value=lambda pair: brands.get(pair[0].brand_id or 0, "")),
        Column(title=_("SKU"), value=lambda pair: pair[1].sku),
        Column(title=_("Specification"), value=lambda pair: pair[1].spec),
        Column(title=_("Supply price"), value=lambda pair: pair[1].supply_price_fen, kind="fen", width=12),
        Column(title=_("Service fee"), value=lambda pair: pair[1].fee_fen, kind="fen", width=12),
        Column(title=_("Agreed price"), value=lambda pair: pair[1].agreed_price_fen, kind="fen", width=12),
        Column(title=_("Suggested price"), value=lambda pair: pair[1].suggested_price_fen, kind="fen", width=12),
        Column(title=_("Stock"), value=lambda pair: pair[1].stock, kind="int", width=10),
        Column(title=_("Minimum quantity"), value=lambda pair: pair[0].min_quantity, kind="int", width=10),
    ]

    def pairs() -> Iterator[tuple[ShelfGoods, ShelfSku]]:
        ids = list(rows.order_by("-id").values_list("pk", flat=True))
        for start in range(0, len(ids), 500):
            some = shelf.goods_page(terms, limit=500, ids=ids[start : start + 500])
            yield from ((row, sku) for row in reversed(some) for sku in row.skus)

    try:
        return export_xlsx(pairs(), name=_("Goods to sell"), columns=columns)
    except TooManyRows:
        return HttpResponse(_("Too many rows; narrow the search."), status=413)
