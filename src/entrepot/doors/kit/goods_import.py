"""Batch upload of goods in the back offices: template, files, progress, refused rows."""

from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions, queries
from entrepot.catalog.intake import files
from entrepot.catalog.intake.sheet import COLUMNS, NEEDED, ROWS_AT_MOST, Unreadable
from entrepot.catalog.models import GoodsImport, ImportState
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest
from entrepot.doors.kit.sheets import Column, RefusedRow, export_xlsx, refused_xlsx

STATES: dict[str, tuple[Any, str]] = {
    "waiting": (_("Waits"), "warn"),
    "running": (_("Under way"), "info"),
    "done": (_("Done"), "ok"),
    "cancelled": (_("Called off"), ""),
    "failed": (_("Failed"), "bad"),
}
_EXAMPLE = {
    "goods_no": "SG1001",
    "name": "阿克苏冰糖心苹果 5斤装",
    "min_quantity": "1",
    "spec": "5斤装",
    "supplier_price_fen": "36.80",
    "suggested_price_fen": "59.90",
    "weight_g": "2500",
    "images": "SG1001.jpg;SG1001-2.jpg",
}
_SHOWN = 100


@dataclass(frozen=True)
class Place:
    """Where in an office imports are: the supplier they are of, and the prefix of the addresses' names."""

    supplier_id: int
    office: str
    is_own: bool = False

    def url(self, name: str, *parts: Any) -> str:
        """Return the address of a page of imports here."""
        return reverse(f"{self.office}:{name}", args=parts)


def offered(request: HttpRequest, *, place: Place, fault: str = "") -> HttpResponse:
    """Show the form and the latest imports."""
    bounds = queries.bounds_of(place.supplier_id)
    rows = GoodsImport.objects.filter(supplier_id=place.supplier_id).defer("refused")[:10]
    context = {
        "title": _("Batch upload"),
        "fault": fault,
        "rows": [(row, *STATES[row.state], place.url("goods-import", row.pk)) for row in rows],
        "template_url": place.url("goods-import-template"),
        "is_own": place.is_own,
        "is_bound_to_nothing": bounds.is_empty,
        "columns": [(heading[0], name in NEEDED) for name, heading in COLUMNS.items()],
        "limit": ROWS_AT_MOST,
        "back_url": place.url("goods"),
    }
    return render(request, "kit/goods_imports.html", context, status=422 if fault else 200)


def start(request: PartyRequest, *, place: Place) -> HttpResponse:
    """Take the files in."""
    sheet, zipped = request.FILES.get("sheet"), request.FILES.get("pictures")
    if not isinstance(sheet, UploadedFile):
        return offered(request, place=place, fault=gettext("Choose a sheet first."))
    try:
        job = actions.start_import(
            place.supplier_id,
            sheet=sheet,
            pictures=zipped if isinstance(zipped, UploadedFile) else None,
            file_name=sheet.name or "",
            is_at_once=request.POST.get("is_at_once") == "1",
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
    except Mistake as mistake:
        return offered(request, place=place, fault=mistake.reason)
    return HttpResponseRedirect(place.url("goods-import", job.pk))


def progress(request: HttpRequest, *, place: Place, import_id: int) -> HttpResponse:
    """Show how far an import is; while it is under way the page asks again each second."""
    job = _job(place, import_id=import_id)
    word, tone = STATES[job.state]
    is_open = job.state in (ImportState.WAITING, ImportState.RUNNING)
    context = {
        "title": job.file_name,
        "job": job,
        "word": word,
        "tone": tone,
        "is_open": is_open,
        "refused": job.refused[:_SHOWN],
        "more": max(0, len(job.refused) - _SHOWN),
        "cancel_url": place.url("goods-import-cancel", job.pk),
        "refused_url": place.url("goods-import-refused", job.pk),
        "goods_url": place.url("goods"),
        "again_url": place.url("goods-imports"),
    }
    return render(request, "kit/goods_import.html", context)


def cancel(request: PartyRequest, *, place: Place, import_id: int) -> HttpResponse:
    """Call an import off."""
    job = _job(place, import_id=import_id)
    actions.cancel_import(
        place.supplier_id, import_id=job.pk, actor=actor(request.party), address=client_ip(request) or ""
    )
    return HttpResponseRedirect(place.url("goods-import", job.pk))


def template(*, place: Place) -> HttpResponseBase:
    """Hand out a sheet with the headings, the attributes the supplier sees, and one row as an example."""
    bounds = queries.bounds_of(place.supplier_id)
    categories, brands = queries.category_choices(bounds), queries.brand_choices(bounds)
    example = dict(_EXAMPLE)
    example["category"] = categories[0][1] if categories else ""
    example["brand"] = brands[0][1] if brands else ""
    columns = [
        Column(title=f"{heading[0]}*" if name in NEEDED else heading[0], value=_cell(name), width=18)
        for name, heading in COLUMNS.items()
    ]
    for row in queries.attributes(bounds):
        columns.append(Column(title=gettext("attribute:%(name)s") % {"name": row.name}, value=_cell(row.name)))
        example[row.name] = row.choices[0] if row.choices else ""
    return export_xlsx([example], name=gettext("Goods to upload"), columns=columns)


def refused(*, place: Place, import_id: int) -> HttpResponseBase:
    """Hand back the refused rows as they came, each with column and reason, ready to be mended and sent again."""
    job = _job(place, import_id=import_id)
    try:
        table = files.table(job.pk)
    except (Unreadable, FileNotFoundError):
        raise Http404 from None
    reasons: dict[int, list[str]] = {}
    for one in job.refused:
        said = f"{one['column']}: {one['reason']}" if one["column"] else one["reason"]
        reasons.setdefault(one["row"], []).append(said)
    numbers = {line.number: line for line in table.lines}
    # Goods come whole or not at all: the other rows of a refused goods number go back with it.
    at = table.places["goods_no"]
    unmade = {numbers[row].cells[at] for row in reasons if row in numbers and numbers[row].cells[at]}
    rows = [
        RefusedRow(
            number=line.number,
            cells=line.cells,
            reason="; ".join(reasons.get(line.number, [gettext("Another row of the same goods was refused.")])),
        )
        for line in table.lines
        if line.number in reasons or line.cells[at] in unmade
    ]
    return refused_xlsx(table.headings, refused=rows, name=gettext("Refused rows"))


def _cell(name: str) -> Any:
    return lambda row: row.get(name, "")


def _job(place: Place, *, import_id: int) -> GoodsImport:
    job = GoodsImport.objects.filter(pk=import_id, supplier_id=place.supplier_id).first()
    if job is None:
        raise Http404
    return job
