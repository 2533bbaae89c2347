"""Batch upload of own goods: a sheet with a zip of pictures."""

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.doors.kit import goods_import
from entrepot.doors.kit.goods_import import Place
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.parties.actions import ensure_platform_supplier
from entrepot.parties.models import Supplier


def _place() -> Place:
    # The platform becomes a supplier with its first own goods: until then there is nothing to show here.
    own = Supplier.objects.filter(is_platform=True).first()
    return Place(own.pk if own is not None else 0, "platform", is_own=True)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def goods_imports(request: PartyRequest) -> HttpResponse:
    """Offer the form and the latest uploads, or take files in."""
    if request.method == "POST":
        ensure_platform_supplier()
        return goods_import.start(request, place=_place())
    return goods_import.offered(request, place=_place())


@page("platform", "goods.edit")
@require_GET
def import_template(request: PartyRequest) -> HttpResponseBase:
    """Hand out the template."""
    return goods_import.template(place=_place())


@page("platform", "goods.edit")
@require_GET
def import_page(request: PartyRequest, import_id: int) -> HttpResponse:
    """Show how far an upload is."""
    return goods_import.progress(request, place=_place(), import_id=import_id)


@page("platform", "goods.edit")
@require_POST
def import_cancel(request: PartyRequest, import_id: int) -> HttpResponse:
    """Call an upload off."""
    return goods_import.cancel(request, place=_place(), import_id=import_id)


@page("platform", "goods.edit")
@require_GET
def import_refused(request: PartyRequest, import_id: int) -> HttpResponseBase:
    """Hand back the refused rows."""
    return goods_import.refused(place=_place(), import_id=import_id)
