"""Stock: the list of levels, and the page of one SKU with its warehouses, moves and the form that changes them."""

import uuid
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.base import scope
from entrepot.catalog.models import Sku
from entrepot.catalog.pictures import address
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.figures import goods_title
from entrepot.doors.kit.forms import LongSelect
from entrepot.doors.kit.lists import FilterForm, page_of, page_of_rows
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.patterns import like
from entrepot.doors.kit.sheets import EXPORT_LIMIT, Column, export_xlsx
from entrepot.doors.platform.conditions import Conditions
from entrepot.doors.platform.order_acts import busy
from entrepot.doors.platform.stock_rows import StockRow, form_facts, rows, suppliers
from entrepot.stock.queries import levels_of, moves_of
from entrepot.stock.rules import LOW
from entrepot.stock.warehouses import main_warehouse
from entrepot.trade import desk
from entrepot.trade.terms import Restock

_TABS: dict[str, Any] = {"": _("All"), "low": _("Low stock"), "out": _("Sold out")}
_COLUMNS = (
    Column(title=_("SKU code"), value=lambda row: row.code, width=20),
    Column(title=_("Specification"), value=lambda row: row.spec),
    Column(title=_("Goods no."), value=lambda row: row.goods_no, width=18),
    Column(title=_("Goods"), value=lambda row: row.goods_name, width=40),
    Column(title=_("Supplier"), value=lambda row: row.supplier, width=24),
    Column(title=_("On hand"), value=lambda row: row.on_hand, kind="int"),
    Column(title=_("Reserved"), value=lambda row: row.reserved, kind="int"),
    Column(title=_("Available"), value=lambda row: row.available, kind="int"),
)
MOVE_WORDS: dict[str, Any] = {
    "take": _("Reserved by an order"),
    "release": _("Released by an order"),
    "ship": pgettext_lazy("stock", "Shipped"),
    "restock": _("Stock changed by hand"),
    "allot": _("Moved between pools"),
    "return": _("Came back by after-sale"),
    "write_off": _("Written off after coming back"),
    "resend": _("Sent once more by after-sale"),
}
_MOVE_COLUMNS = (
    Column(title=_("Time"), value=lambda move: move.at, kind="moment", width=20),
    Column(title=_("Kind"), value=lambda move: MOVE_WORDS.get(move.kind, move.kind), width=22),
    Column(title=_("Warehouse"), value=lambda move: move.level.warehouse.name),
    Column(title=_("On hand"), value=lambda move: move.on_hand_delta, kind="int"),
    Column(title=_("Reserved"), value=lambda move: move.reserved_delta, kind="int"),
    Column(title=_("Order no."), value=lambda move: move.order_id),
    Column(title=_("Remark"), value=lambda move: move.remark, width=30),
)


# What is low in all is low in the shared pool, and such levels have an index of their own.
_LOW_LEVELS = f"array(select sku_id from stock_level where allotment_id is null and on_hand <= reserved + {LOW})"  # noqa: S608


class StockSearch(FilterForm):
    """What stock can be found by."""

    text = forms.CharField(
        label=_("Goods"), max_length=60, widget=forms.TextInput(attrs={"placeholder": _("Name, goods no. or SKU code")})
    )
    supplier = forms.TypedChoiceField(label=_("Supplier"), coerce=int, empty_value=None, widget=LongSelect)

    def full_clean(self) -> None:
        """Give the select its suppliers before anything is judged."""
        self.fields["supplier"].choices = [("", _("All")), *suppliers()]  # type: ignore[attr-defined]
        super().full_clean()

    def conditions(self, tab: str) -> Conditions:
        """Return what the SKUs must meet."""
        found = Conditions()
        if text := self.value("text"):
            found.add(
                "(s.code ilike %(prefix)s or g.goods_no ilike %(prefix)s or g.name ilike %(part)s)",
                prefix=like(text) + "%",
                part="%" + like(text) + "%",
            )
        if supplier_id := self.value("supplier"):
            found.add("g.supplier_id = %(supplier_id)s", supplier_id=supplier_id)
        if tab == "low":
            found.add(f"l.on_hand - l.reserved between 1 and %(low)s and s.id = any({_LOW_LEVELS})", low=LOW)
        elif tab == "out":
            found.add("l.on_hand - l.reserved <= 0")
        return found


@page("platform", "stock.view")
@require_GET
def stock(request: PartyRequest) -> HttpResponseBase:
    """Show the stock of the SKUs that meet the search, or hand it out as a sheet."""
    form = StockSearch(request.GET)
    tab = request.GET.get("tab", "")
    conditions = form.conditions(tab)
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('stock')}-{timezone.localtime():%Y%m%d-%H%M}"
        return export_xlsx(_every_row(conditions), name=name, columns=_COLUMNS)

    def fetch(values: list[Any] | None, is_backwards: bool, limit: int) -> list[StockRow]:
        if values is None:
            return rows(conditions, limit=limit, upwards=is_backwards)
        clause = "s.id > %(cursor)s" if is_backwards else "s.id < %(cursor)s"
        return rows(conditions.plus(clause, cursor=int(values[0])), limit=limit, upwards=is_backwards)

    shown = page_of_rows(fetch, key=lambda row: [row.sku_id], query=request.GET)
    context = {
        "title": _("Stock"),
        "form": form,
        "tabs": [(value, word, None) for value, word in _TABS.items()],
        "page": shown,
        "rows": [(row, address(row.image, small=True)) for row in shown],
        "low": LOW,
        "is_narrowed": bool(form.used or tab),
    }
    return render(request, "platform/stock.html", context)


def _every_row(conditions: Conditions) -> Iterator[StockRow]:
    last: int | None = None
    seen = 0
    while seen <= EXPORT_LIMIT:
        narrowed = conditions if last is None else conditions.plus("s.id < %(last)s", last=last)
        found = rows(narrowed, limit=1000)
        yield from found
        if len(found) < 1000:
            return
        seen, last = seen + len(found), found[-1].sku_id


class RestockForm(forms.Form):
    """A change of what is free to sell. `once` makes a form that is sent twice have one effect."""

    warehouse = forms.TypedChoiceField(label=_("Warehouse"), coerce=int)
    mode = forms.ChoiceField(
        label=_("How"),
        choices=[("set", _("Set the pieces available to")), ("add", _("Add (below 0: take away)"))],
        widget=forms.RadioSelect,
        initial="set",
    )
    qty = forms.IntegerField(label=_("Pieces"), min_value=-100_000_000, max_value=100_000_000)
    reason = forms.CharField(label=_("Reason"), max_length=200)
    once = forms.CharField(widget=forms.HiddenInput, max_length=40)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, warehouses: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].choices = warehouses or [(0, _("Main warehouse"))]  # type: ignore[attr-defined]
        self.fields["once"].initial = uuid.uuid4().hex

    def clean(self) -> dict[str, Any]:
        """Refuse to set what is available below 0, and to add nothing."""
        cleaned = super().clean() or {}
        qty, mode = cleaned.get("qty"), cleaned.get("mode")
        if qty is not None and mode == "set" and qty < 0:
            self.add_error("qty", _("Not below 0."))
        if qty == 0 and mode == "add":
            self.add_error("qty", _("Enter how many pieces to add or take away."))
        return cleaned


@page("platform", "stock.view")
@require_GET
def sku_stock(request: PartyRequest, sku_id: int) -> HttpResponseBase:
    """Show the stock of one SKU by warehouse and pool with its moves."""
    sku = _sku(sku_id)
    warehouses, seen = form_facts(sku_id, supplier_id=sku.goods.supplier_id)
    form = RestockForm(warehouses=warehouses, initial={"seen": seen})
    return _stock_page(request, sku=sku, form=form if request.party.can("stock.edit") else None)


@page("platform", "stock.edit", in_scope=False)
@require_POST
def stock_change(request: PartyRequest, sku_id: int) -> HttpResponseBase:
    """Change what is free to sell of one SKU in one warehouse."""
    with scope.platform(read_only=True):
        sku = _sku(sku_id)
        warehouses, seen = form_facts(sku_id, supplier_id=sku.goods.supplier_id)
    form = RestockForm(request.POST, warehouses=warehouses)
    if form.is_valid() and _restocked(request, sku=sku, form=form, seen=seen):
        messages.success(request, gettext("The stock of %(sku)s is changed.") % {"sku": sku.code})
        return HttpResponseRedirect(reverse("platform:sku-stock", args=[sku_id]))
    with scope.platform(read_only=True):
        return _stock_page(request, sku=sku, form=form)


def _sku(sku_id: int) -> Sku:
    sku = Sku.objects.select_related("goods__supplier").filter(pk=sku_id).first()
    if sku is None:
        raise Http404
    return sku


def _restocked(request: PartyRequest, *, sku: Sku, form: RestockForm, seen: int) -> bool:
    """Ask the desk for the change; False when it refuses, which is then said on the form."""
    cleaned = form.cleaned_data
    if cleaned["seen"] != seen:
        form.add_error(None, _("Somebody has changed this stock since you opened it. Look again before you save."))
        return False
    is_set = cleaned["mode"] == "set"
    ask = Restock(
        sku=sku.code,
        warehouse_id=cleaned["warehouse"] or main_warehouse(sku.goods.supplier_id),
        qty=0 if is_set else cleaned["qty"],
        cause=f"platform:{cleaned['once']}",
        actor=actor(request.party),
        set_to=cleaned["qty"] if is_set else None,
        remark=cleaned["reason"],
    )
    try:
        (answer,) = desk.run([ask])
    except desk.Busy:
        form.add_error(None, busy())
        return False
    if not answer.is_accepted:
        form.add_error("qty", reason_of(answer))
    return answer.is_accepted


def _stock_page(request: PartyRequest, *, sku: Sku, form: RestockForm | None) -> HttpResponseBase:
    moves = moves_of(sku.pk)
    if request.GET.get("export") == "xlsx":
        found = moves.iterator(chunk_size=1000)
        return export_xlsx(found, name=f"{gettext('stock-moves')}-{sku.code}", columns=_MOVE_COLUMNS)
    levels = list(levels_of(sku.pk))
    shown = page_of(moves, query=request.GET)
    context = {
        "title": goods_title(sku.goods.name, sku.spec),
        "sku": sku,
        "levels": [(level, level.on_hand - level.reserved) for level in levels],
        "on_hand": sum(level.on_hand for level in levels),
        "reserved": sum(level.reserved for level in levels),
        "available": sum(level.on_hand - level.reserved for level in levels),
        "page": shown,
        "moves": [(move, MOVE_WORDS.get(move.kind, move.kind)) for move in shown],
        "form": form,
    }
    response: HttpResponse = render(
        request, "platform/sku_stock.html", context, status=422 if form and form.errors else 200
    )
    return response
