"""The order list: search, tabs, export, and what is done with chosen orders."""

from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.catalog.pictures import address
from entrepot.doors.kit.lists import Page, page_of_rows
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import EXPORT_LIMIT, Column, TooManyRows, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.conditions import Conditions
from entrepot.doors.platform.order_rows import ALL_STATES, TABS, OrderRow, counts, every_row, rows
from entrepot.doors.platform.order_search import OrderSearch
from entrepot.orders.consignees import phone_hash

CHOSEN_LIMIT = 200

_TAB_WORDS = {
    "held": _("Held"),
    "awaiting_funds": _("Awaiting funds"),
    "to_ship": _("To ship"),
    "shipped": _("Shipped"),
    "received": _("Received"),
    "completed": _("Completed"),
    "closed": _("Closed"),
}
_COLUMNS = (
    Column(title=_("Order no."), value=lambda row: row.id, width=14),
    Column(title=_("Mall's order no."), value=lambda row: row.out_order_no, width=24),
    Column(title=_("State"), value=lambda row: state_of("order", row.state)[0], width=12),
    Column(title=_("Placed at"), value=lambda row: row.created_at, kind="moment", width=20),
    Column(title=_("Distributor"), value=lambda row: row.distributor, width=20),
    Column(title=_("Suppliers"), value=lambda row: ", ".join(row.suppliers or ()), width=24),
    Column(title=_("Goods"), value=lambda row: row.goods, width=48),
    Column(title=_("Pieces"), value=lambda row: row.pieces, kind="int", width=8),
    Column(title=_("Fee rate"), value=lambda row: row.tier_rate_bps, kind="bps", width=10),
    Column(title=_("Service fee"), value=lambda row: row.fee_fen, kind="fen", width=12),
    Column(title=_("Goods amount"), value=lambda row: row.goods_amount_fen, kind="fen", width=14),
    Column(title=_("Freight"), value=lambda row: row.freight_fen, kind="fen", width=10),
    Column(title=_("Total"), value=lambda row: row.total_fen, kind="fen", width=14),
    Column(title=_("Drawn"), value=lambda row: row.drawn_fen, kind="fen", width=14),
    Column(title=_("Refunded"), value=lambda row: row.refunded_fen, kind="fen", width=14),
    Column(title=_("Consignee"), value=lambda row: row.consignee, width=10),
    Column(title=_("Phone"), value=lambda row: row.phone, width=14),
    Column(title=_("Region"), value=lambda row: row.region, width=24),
    Column(title=_("Parcels"), value=lambda row: ", ".join(row.tracking), width=28),
)


@page("platform", "orders.view")
@require_GET
def orders(request: PartyRequest) -> HttpResponseBase:
    """Show the orders that meet the search, or hand them out as a sheet."""
    form = OrderSearch(request.GET)
    conditions = form.conditions()
    tab = request.GET.get("tab", "")
    states = TABS.get(tab, ())
    listed = conditions.plus("o.state = any(%(tab_states)s)", tab_states=list(states)) if states else conditions
    if request.GET.get("export") == "xlsx":
        return _sheet(request, listed)
    counted = counts(conditions)
    entries: list[tuple[str, Any, Any]] = [("", _("All"), counted.shown(ALL_STATES))]
    entries += [(name, word, counted.shown(TABS[name])) for name, word in _TAB_WORDS.items()]
    found = _page(request.GET, listed)
    context = {
        "title": _("Orders"),
        "form": form,
        "tabs": entries,
        "page": found,
        "rows": [(row, address(row.image, small=True)) for row in found],
        "sum": counted.total(states or ALL_STATES),
        "is_narrowed": bool(form.used or states),
        "can_ship": request.party.can("orders.ship"),
    }
    return render(request, "platform/orders.html", context)


def _page(query: QueryDict, listed: Conditions) -> Page:
    sort = query.get("sort", "")
    is_upwards = sort == "created"

    def fetch(values: list[Any] | None, is_backwards: bool, limit: int) -> list[OrderRow]:
        upwards = is_upwards != is_backwards
        if values is None:
            return rows(listed, limit=limit, upwards=upwards)
        clause = "o.id > %(cursor)s" if upwards else "o.id < %(cursor)s"
        return rows(listed.plus(clause, cursor=int(values[0])), limit=limit, upwards=upwards)

    found = page_of_rows(fetch, key=lambda row: [row.id], query=query)
    found.sort = sort if sort in ("created", "-created") else "-created"
    return found


def _sheet(request: PartyRequest, listed: Conditions) -> HttpResponseBase:
    name = f"{gettext('orders')}-{timezone.localtime():%Y%m%d-%H%M}"
    try:
        return export_xlsx(every_row(listed, most=EXPORT_LIMIT), name=name, columns=_COLUMNS)
    except TooManyRows:
        messages.error(
            request, gettext("That is more than %(limit)s rows; narrow the search.") % {"limit": f"{EXPORT_LIMIT:,}"}
        )
        query = request.GET.copy()
        del query["export"]
        return HttpResponseRedirect(f"{reverse('platform:orders')}?{query.urlencode()}")


@page("platform", "orders.view")
@require_POST
def selected(request: PartyRequest) -> HttpResponseBase:
    """Do something with the chosen orders: hand them out as a sheet, or go on to ship them."""
    ids = chosen_ids(request.POST.getlist("ids"))
    if not ids:
        messages.error(request, gettext("Choose at least one order."))
        return HttpResponseRedirect(reverse("platform:orders"))
    if request.POST.get("do") == "ship":
        query = urlencode({"ids": ",".join(map(str, ids))})
        return HttpResponseRedirect(f"{reverse('platform:ship-many')}?{query}")
    return _sheet(request, Conditions(["o.id = any(%(ids)s)"], {"ids": ids}))


def chosen_ids(texts: list[str]) -> list[int]:
    """Return the order ids that were chosen, each once, at most 200."""
    found = dict.fromkeys(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 18)
    return list(found)[:CHOSEN_LIMIT]


@page("platform", "orders.view")
@require_GET
def find(request: PartyRequest) -> HttpResponse:
    """Take what was typed into the top bar to the order or to the list searched by what it looks like."""
    text = request.GET.get("q", "").strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select id from orders_order where id = %(id)s),"
            " exists (select from orders_shipment where tracking_no = %(text)s),"
            " exists (select from orders_consignee where phone_hash = %(phone)s)",
            {"id": number, "text": text, "phone": phone_hash(text)},
        )
        order_id, is_tracking, is_phone = cursor.fetchone()
    if order_id:
        return HttpResponseRedirect(reverse("platform:order", args=[order_id]))
    field = "tracking" if is_tracking else "phone" if is_phone and number else "no"
    query = urlencode({field: text}) if text else ""
    return HttpResponseRedirect(f"{reverse('platform:orders')}?{query}")
