"""Batch shipping: template, upload, preview, the run with its progress, refused rows."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.base import scope
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.carriers import CARRIERS
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, UnreadableSheet, export_xlsx, refused_xlsx
from entrepot.doors.supplier import shipping_sheet
from entrepot.doors.supplier.order_counts import tab_counts
from entrepot.doors.supplier.order_reads import LineRow, SupplyOrderRow, addresses, every_order
from entrepot.doors.supplier.order_search import Wanted
from entrepot.doors.supplier.shipping_sheet import HEADINGS, Plan
from entrepot.events import operations
from entrepot.orders.consignees import PlainConsignee, place_line
from entrepot.trade import desk

_SHOWN = 200
_TO_SHIP = Wanted(tab="to_ship")


@require_GET
@page("supplier", "orders.ship")
def batch(request: PartyRequest) -> HttpResponse:
    """Offer the template and a place to drop the filled sheet."""
    return _offered(request)


def _offered(request: PartyRequest, *, wrong: str = "") -> HttpResponse:
    counts = tab_counts(_TO_SHIP)
    context = {
        "title": _("Batch shipping"),
        "to_ship": counts.by_tab["to_ship"],
        "shown": counts.shown("to_ship"),
        "carriers": [str(name) for name in CARRIERS.values()],
        "wrong": wrong,
        "can_reveal": request.party.can("consignee.reveal"),
    }
    return render(request, "supplier/batch.html", context, status=422 if wrong else 200)


@require_POST
@page("supplier", "orders.ship", in_scope=False)
def batch_upload(request: PartyRequest) -> HttpResponse:
    """Read a filled sheet and show what it would do; nothing is shipped yet."""
    wrong = _("Choose a file first.")
    upload = request.FILES.get("sheet")
    if upload is not None and not isinstance(upload, list):
        try:
            plan = shipping_sheet.draw_up(upload, supplier_id=request.party.id, actor=actor(request.party))
        except UnreadableSheet as unreadable:
            wrong = str(unreadable)
        else:
            return HttpResponseRedirect(reverse("supplier:batch-plan", args=[plan.token]))
    with scope.supplier(request.party.id, read_only=True):
        return _offered(request, wrong=wrong)


@require_GET
@page("supplier", "orders.ship")
def batch_plan(request: PartyRequest, token: str) -> HttpResponse:
    """Show what an upload will do, or what it has done."""
    plan = _plan(request, token=token)
    return render(request, "supplier/batch_plan.html", _plan_context(plan))


def _plan(request: PartyRequest, *, token: str) -> Plan:
    plan = shipping_sheet.plan_of(token, supplier_id=request.party.id)
    if plan is None:
        raise Http404
    return plan


def _plan_context(plan: Plan) -> dict[str, Any]:
    refused, headings = plan.all_refused(), list(HEADINGS.values())
    return {
        "title": _("Result") if plan.is_finished else _("Check before shipping"),
        "plan": plan,
        "parcels": plan.parcels[:_SHOWN],
        "refused": [(row.number, list(zip(headings, row.cells, strict=False)), row.reason) for row in refused[:_SHOWN]],
        "refused_count": len(refused),
        "more": max(0, len(plan.parcels) - _SHOWN),
        "headings": headings,
    }


@require_POST
@page("supplier", "orders.ship", in_scope=False)
def batch_run(request: PartyRequest, token: str) -> HttpResponse:
    """Send the next parcels; the page asks again until all are sent."""
    try:
        plan = shipping_sheet.go_on(token, supplier_id=request.party.id, actor=actor(request.party))
    except desk.Busy:
        plan = shipping_sheet.plan_of(token, supplier_id=request.party.id)
    if plan is None:
        raise Http404
    address = reverse("supplier:batch-plan", args=[token])
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(address)
    if plan.is_finished:
        return HttpResponse(headers={"HX-Redirect": address})
    return render(request, "supplier/batch_progress.html", {"plan": plan})


@require_GET
@page("supplier", "orders.ship")
def batch_refused(request: PartyRequest, token: str) -> HttpResponse:
    """Hand back the refused rows, with the reason in a last column, ready to be mended."""
    plan = _plan(request, token=token)
    headings = [str(heading) for heading in HEADINGS.values()]
    return refused_xlsx(headings, refused=plan.all_refused(), name=_("Refused rows"))


def _template_columns(found: dict[int, PlainConsignee] | None) -> list[Column]:
    def clear(name: str) -> Any:
        def value(pair: tuple[SupplyOrderRow, LineRow]) -> str:
            whom = (found or {}).get(pair[0].order_id)
            return str(getattr(whom, name)) if whom is not None else ""

        return value

    columns = [
        Column(title=HEADINGS["order"], value=lambda pair: str(pair[0].order_id), width=14),
        Column(title=HEADINGS["sku"], value=lambda pair: pair[1].sku_code),
        Column(title=HEADINGS["pieces"], value=lambda pair: pair[1].open_qty, kind="int", width=8),
        Column(title=HEADINGS["carrier"], value=lambda _pair: "", width=14),
        Column(title=HEADINGS["tracking"], value=lambda _pair: "", width=22),
        Column(title=_("Goods"), value=lambda pair: pair[1].goods_name, width=36),
        Column(title=_("Specification"), value=lambda pair: pair[1].spec),
        Column(title=_("Placed"), value=lambda pair: pair[0].created_at, kind="moment", width=20),
    ]
    if found is None:
        masked = Column(
            title=_("Consignee"), value=lambda pair: f"{pair[0].name_masked} {pair[0].phone_masked}", width=20
        )
        region = Column(
            title=_("Region"), value=lambda pair: place_line(pair[0].province, pair[0].city, pair[0].district), width=24
        )
        return [*columns, masked, region]
    return [
        *columns,
        Column(title=_("Consignee"), value=clear("name"), width=12),
        Column(title=_("Phone"), value=clear("phone"), width=14),
        Column(title=_("Province"), value=clear("province"), width=10),
        Column(title=_("City"), value=clear("city"), width=10),
        Column(title=_("District"), value=clear("district"), width=10),
        Column(title=_("Address"), value=clear("address"), width=40),
    ]


def _open_lines(orders: list[SupplyOrderRow]) -> Iterator[tuple[SupplyOrderRow, LineRow]]:
    return ((order, line) for order in orders for line in order.lines if line.sendable_qty)


@require_GET
@page("supplier", "orders.ship")
def batch_template(request: PartyRequest) -> HttpResponseBase:
    """Hand out the sheet with every line that is to be shipped; addresses stay masked."""
    orders = list(every_order(_TO_SHIP))
    return export_xlsx(_open_lines(orders), name=_("To ship"), columns=_template_columns(None))


@require_POST
@page("supplier", "consignee.reveal")
def batch_addresses(request: PartyRequest) -> HttpResponseBase:
    """Hand out the sheet with whole addresses; that is put on record."""
    orders = list(every_order(_TO_SHIP))
    found = addresses([order.order_id for order in orders])
    operations.record(
        actor=actor(request.party),
        verb="consignee.exported",
        object_kind="supplier",
        object_id=request.party.id,
        label=request.party.name,
        after={"orders": len(found)},
        address=client_ip(request) or "",
    )
    return export_xlsx(_open_lines(orders), name=_("To ship with addresses"), columns=_template_columns(found))
