"""Batch upload of goods: a sheet with a zip of pictures."""

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.doors.kit import goods_import
from entrepot.doors.kit.goods_import import Place
from entrepot.doors.kit.party import PartyRequest, page


def _place(request: PartyRequest) -> Place:
    return Place(request.party.id, "supplier")


@require_http_methods(["GET", "POST"])
@page("supplier", "goods.edit")
def goods_imports(request: PartyRequest) -> HttpResponse:
    """Offer the form and the latest uploads, or take files in."""
    if request.method == "POST":
        return goods_import.start(request, place=_place(request))
    return goods_import.offered(request, place=_place(request))


@require_GET
@page("supplier", "goods.edit")
def import_template(request: PartyRequest) -> HttpResponseBase:
    """Hand out the template."""
    return goods_import.template(place=_place(request))


@require_GET
@page("supplier", "goods.edit")
def import_page(request: PartyRequest, import_id: int) -> HttpResponse:
    """Show how far an upload is."""
    return goods_import.progress(request, place=_place(request), import_id=import_id)


@require_POST
@page("supplier", "goods.edit")
def import_cancel(request: PartyRequest, import_id: int) -> HttpResponse:
    """Call an upload off."""
    return goods_import.cancel(request, place=_place(request), import_id=import_id)


@require_GET
@page("supplier", "goods.edit")
def import_refused(request: PartyRequest, import_id: int) -> HttpResponseBase:
    """Hand back the refused rows."""
    return goods_import.refused(place=_place(request), import_id=import_id)
