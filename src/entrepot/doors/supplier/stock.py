"""Stock: what is free to sell of every SKU, changing it, and how it came about."""

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from entrepot.base import scope
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.history import actor_name
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.supplier.stock_reads import TABS, StockRow, every_sku, one_sku, stock_page
from entrepot.stock.queries import levels_of, moves_of
from entrepot.stock.warehouses import main_warehouse
from entrepot.trade import desk
from entrepot.trade.terms import Restock

MOVES: dict[str, Any] = {
    "restock": gettext_lazy("Stock changed"),
    "take": gettext_lazy("Reserved by an order"),
    "release": gettext_lazy("Given back by an order"),
    "ship": pgettext_lazy("step", "Shipped"),
    "allot": gettext_lazy("Moved between pools"),
    "return": gettext_lazy("Came back by after-sale"),
    "write_off": gettext_lazy("Written off after coming back"),
    "resend": gettext_lazy("Sent once more by after-sale"),
}


class StockSearch(FilterForm):
    """The search form of the list."""

    text = forms.CharField(
        label=gettext_lazy("Goods"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Name / number / SKU")}),
    )


class StockForm(forms.Form):
    """A change of stock; `once` makes it take effect a single time, `seen` is what the user saw when he decided."""

    how = forms.ChoiceField(
        label=gettext_lazy("Change"),
        choices=[
            ("set", gettext_lazy("Set to")),
            ("add", gettext_lazy("Add")),
            ("take", gettext_lazy("Take away")),
        ],
        widget=forms.RadioSelect,
        initial="set",
    )
    pieces = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=0, max_value=100_000_000)
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=200, required=False)
    once = forms.RegexField(regex=re.compile(r"[0-9a-f]{32}"), widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)


@require_GET
@page("supplier", "stock.view")
def stock_list(request: PartyRequest) -> HttpResponseBase:
    """Show the stock of every SKU."""
    form = StockSearch(request.GET)
    text, tab = form.value("text") or "", request.GET.get("tab", "")
    tab = tab if tab in TABS else ""
    if request.GET.get("export") == "xlsx":
        return _export(every_sku(tab=tab, text=text))
    found, counts = stock_page(tab=tab, text=text, query=request.GET)
    words = {"": _("All"), "out": _("Sold out"), "low": _("Low stock")}
    context = {
        "title": _("Stock"),
        "form": form,
        "page": found,
        "tabs": [(name, words[name], counts[name]) for name in TABS],
        "can_edit": request.party.can("stock.edit"),
        "is_narrowed": form.used or tab,
    }
    return render(request, "supplier/stock.html", context)


def _export(rows: list[StockRow]) -> HttpResponseBase:
    columns = [
        Column(title=_("SKU"), value=lambda row: row.code),
        Column(title=_("Goods"), value=lambda row: row.goods_name, width=36),
        Column(title=_("Specification"), value=lambda row: row.spec),
        Column(title=_("State"), value=lambda row: str(state_of("goods", row.state)[0]), width=10),
        Column(title=_("Free to sell"), value=lambda row: row.shared, kind="int", width=12),
        Column(title=_("Set apart"), value=lambda row: row.allotted, kind="int", width=12),
        Column(title=_("Reserved"), value=lambda row: row.reserved, kind="int", width=12),
        Column(title=_("On hand"), value=lambda row: row.on_hand, kind="int", width=12),
    ]
    return export_xlsx(rows, name=_("Stock"), columns=columns)


@require_GET
@page("supplier", "stock.view")
def stock_detail(request: PartyRequest, sku_id: int) -> HttpResponse:
    """Show one SKU with its history, as a page or in the drawer."""
    row = one_sku(sku_id)
    if row is None:
        raise Http404
    return _shown(request, row=row, form=_fresh(row))


def _fresh(row: StockRow) -> StockForm:
    return StockForm(initial={"how": "set", "once": uuid.uuid4().hex, "seen": row.shared})


def _shown(request: PartyRequest, *, row: StockRow, form: StockForm, status: int = 200) -> HttpResponse:
    moves = page_of(moves_of(row.sku_id), query=request.GET)
    context = {
        "title": row.code,
        "row": row,
        "form": form,
        "page": moves,
        "moves": [(move, MOVES.get(move.kind, move.kind), actor_name(move.actor, reader="supplier")) for move in moves],
        "can_edit": request.party.can("stock.edit"),
    }
    return render(request, "supplier/stock_detail.html", context, status=status)


@require_POST
@page("supplier", "stock.edit", in_scope=False)
def stock_change(request: PartyRequest, sku_id: int) -> HttpResponse:
    """Change what is free to sell of a SKU in the shared pool; setting it asks that nobody changed it meanwhile."""
    party = request.party
    with scope.supplier(party.id, read_only=True):
        row = one_sku(sku_id)
        pools = {level.warehouse_id: level.on_hand - level.reserved for level in _shared_levels(sku_id)}
    if row is None:
        raise Http404
    form = StockForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        if values["how"] == "set" and values["seen"] != row.shared:
            form = _fresh(row)
            form.initial.update(pieces=values["pieces"], remark=values["remark"])
            messages.warning(request, _("The stock has changed to %(now)d since you looked.") % {"now": row.shared})
        else:
            wrong = _restock(request, row=row, pools=pools, values=values)
            if not wrong:
                messages.success(request, _("The stock of %(sku)s is changed.") % {"sku": row.code})
                return HttpResponseRedirect(reverse("supplier:stock-detail", args=[sku_id]))
            form.add_error(None, wrong)
    with scope.supplier(party.id, read_only=True):
        return _shown(request, row=row, form=form, status=422)


def _shared_levels(sku_id: int) -> Iterable[Any]:
    return levels_of(sku_id).filter(allotment__isnull=True)


def _restock(request: PartyRequest, *, row: StockRow, pools: dict[int, int], values: dict[str, Any]) -> str:
    """Ask the desk and return why it refused, empty when it did not.

    With several warehouses the change goes to the fullest one; what lies in the others counts towards a set figure.
    """
    warehouse_id = max(pools, key=lambda one: pools[one]) if pools else main_warehouse(request.party.id)
    elsewhere, pieces = row.shared - pools.get(warehouse_id, 0), values["pieces"]
    if values["how"] == "set" and pieces < elsewhere:
        return _("%(pieces)d pieces lie in other warehouses already.") % {"pieces": elsewhere}
    ask = Restock(
        row.code,
        warehouse_id,
        {"set": 0, "add": pieces, "take": -pieces}[values["how"]],
        f"office:{values['once']}",
        actor(request.party),
        set_to=pieces - elsewhere if values["how"] == "set" else None,
        remark=values["remark"],
    )
    try:
        (answer,) = desk.run([ask])
    except desk.Busy:
        return _("Somebody else is at this stock. Try again in a moment.")
    return reason_of(answer)
