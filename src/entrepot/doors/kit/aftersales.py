"""The pages of after-sale that the back offices share: list, page of a request, a new request, evidence."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entrepot.aftersale import actions
from entrepot.aftersale.models import Request, RequestLine
from entrepot.aftersale.queries import (
    check,
    claim_of,
    counts,
    evidence,
    evidence_ids,
    lines_of,
    requests,
    steps_of,
    subject,
)
from entrepot.aftersale.rules import CLOSED_STATES, STATES, Outlook, Subject, Wish
from entrepot.base.mistakes import Mistake
from entrepot.catalog.pictures import address
from entrepot.doors.kit import aftersale_words as words
from entrepot.doors.kit.aftersale_deeds import by_of, deeds, perform
from entrepot.doors.kit.aftersale_forms import AfterSaleSearch, NewForm
from entrepot.doors.kit.lists import page_of
from entrepot.doors.kit.party import PartyRequest
from entrepot.doors.kit.sheets import Column, TooManyRows, export_xlsx
from entrepot.doors.kit.states import state_of

_PIECES = Column(title=gettext_lazy("Pieces"), value=lambda row: sum(line.qty for line in row.lines.all()), kind="int")
_GOODS = Column(
    title=gettext_lazy("Goods"),
    value=lambda row: ", ".join(f"{line.goods_name} ×{line.qty}" for line in row.lines.all()),
    width=48,
)
_TURN = {"platform": "demanded", "distributor": "offered"}
"""The state of a claim in which a side is to speak."""
_COLUMNS: tuple[Column, ...] = (
    Column(title=gettext_lazy("Number"), value=lambda row: row.pk, width=10),
    Column(title=gettext_lazy("State"), value=lambda row: state_of("aftersale", row.state)[0], width=12),
    Column(title=gettext_lazy("Kind"), value=lambda row: words.KINDS[row.kind], width=14),
    Column(title=gettext_lazy("Reason"), value=lambda row: words.REASONS[row.reason], width=14),
    Column(title=gettext_lazy("Stage"), value=lambda row: words.STAGES[row.stage], width=12),
    Column(title=gettext_lazy("Order no."), value=lambda row: row.order_id, width=14),
    _GOODS,
    _PIECES,
    Column(title=gettext_lazy("Asked on"), value=lambda row: row.created_at, kind="moment", width=20),
    Column(title=gettext_lazy("Sent back by"), value=lambda row: row.return_tracking_no, width=20),
)
_MONEY: tuple[Column, ...] = (
    Column(title=gettext_lazy("Mall's number"), value=lambda row: row.out_refund_no, width=24),
    Column(title=gettext_lazy("Mall's order no."), value=lambda row: row.out_order_no, width=24),
    Column(title=gettext_lazy("Amount asked about"), value=lambda row: row.amount_fen, kind="fen"),
    Column(title=gettext_lazy("Returned to the balance"), value=lambda row: row.refunded_fen, kind="fen"),
)
_BORNE = Column(title=gettext_lazy("Borne by the supplier"), value=lambda row: row.supplier_fen, kind="fen")
_PARTIES: tuple[Column, ...] = (
    Column(title=gettext_lazy("Distributor"), value=lambda row: row.distributor.name, width=20),
    Column(title=gettext_lazy("Shipper"), value=lambda row: row.supplier.name, width=20),
)


def columns(kind: str) -> tuple[Column, ...]:
    """Return the columns of the export of one back office; a supplier is not told what distributors pay."""
    if kind == "supplier":
        return (*_COLUMNS, _BORNE)
    return (*_COLUMNS, *_MONEY, _BORNE, *_PARTIES) if kind == "platform" else (*_COLUMNS, *_MONEY)


def name_of(request: PartyRequest, page_name: str) -> str:
    """Return the name of the address of an after-sale page in the back office of the request."""
    return f"{request.party.kind}:{page_name}"


def show_list(request: PartyRequest) -> HttpResponseBase:
    """Show the requests that meet the search, by state, or hand them out as a sheet."""
    kind = request.party.kind
    form = AfterSaleSearch(request.GET)
    found = form.rows(with_parties=kind == "platform")
    tab = request.GET.get("tab", "")
    if tab == "closed":
        listed = found.filter(state__in=CLOSED_STATES)
    elif tab == "soon" and kind in _TURN:
        listed = _soon(found, kind=kind)
    else:
        listed = found.filter(state=tab) if tab in STATES else found
    if request.GET.get("export") == "xlsx":
        name = f"{_('after-sale')}-{timezone.localtime():%Y%m%d-%H%M}"
        try:
            return export_xlsx(listed.iterator(chunk_size=500), name=name, columns=columns(kind))
        except TooManyRows:
            return HttpResponse(_("Too many rows; narrow the search."), status=413)
    counted = counts(found)
    shown = [state for state in STATES if state not in CLOSED_STATES and (kind != "supplier" or state != "requested")]
    tabs: list[tuple[str, Any, int | None]] = [("", _("All"), sum(counted.values()))]
    tabs += [(state, state_of("aftersale", state)[0], counted.get(state, 0)) for state in shown]
    if kind in _TURN:
        tabs.append(("soon", _("Claims to answer within a day"), _soon(found, kind=kind).order_by().count()))
    tabs.append(("closed", _("Closed"), sum(counted.get(state, 0) for state in CLOSED_STATES)))
    page = page_of(listed, query=request.GET)
    context = {
        "title": _("Returns") if kind == "supplier" else _("After-sale"),
        "form": form,
        "tabs": tabs,
        "page": page,
        "rows": [(row, *_first_line(row)) for row in page],
        "kind": kind,
        "detail_url": name_of(request, "aftersale"),
        "list_url": name_of(request, "aftersales"),
        "is_narrowed": bool(form.used or tab),
    }
    return render(request, "kit/aftersale/list.html", context)


def _soon(rows: QuerySet[Request], *, kind: str) -> QuerySet[Request]:
    """Return the requests whose claim waits for a side's word and for no more than a day."""
    return rows.filter(claim__state=_TURN[kind], claim__due_at__lte=Now() + timedelta(days=1))


def _first_line(row: Request) -> tuple[RequestLine | None, str]:
    """Return the first line of a request, and what stands below its name."""
    lines = list(row.lines.all())
    if not lines:
        return None, ""
    small = f"{lines[0].sku_code} · ×{lines[0].qty}"
    return lines[0], small if len(lines) == 1 else f"{small} · " + _("%(n)s lines") % {"n": len(lines)}


def found_or_404(request: PartyRequest, request_id: int) -> Request:
    """Return a request the user's scope shows."""
    row = requests(with_parties=request.party.kind == "platform").filter(pk=request_id).first()
    if row is None:
        raise Http404
    return row


def show(request: PartyRequest, *, row: Request, wrong: Any = None, wrong_name: str = "") -> HttpResponse:
    """Show one request: pieces, why this answer, what can be done, evidence, claim, and what happened."""
    kind = request.party.kind
    offered = deeds(row, party=request.party)
    forms = [(deed, wrong if deed.name == wrong_name else deed.make(None)) for deed in offered]
    cell = words.cell_of(row)
    why = words.cell_why(cell)
    context = {
        "title": _("After-sale %(number)s") % {"number": row.pk},
        "row": row,
        "lines": [(line, address(line.image, small=True)) for line in lines_of(row.pk)],
        "kind": kind,
        "why": why if kind != "supplier" else [why[0], *why[2:3], *why[4:5]],
        "cell": cell,
        "kind_word": words.KINDS[row.kind],
        "reason_word": words.REASONS[row.reason],
        "stage_word": words.STAGES[row.stage],
        "source_word": words.SOURCES.get(row.source, row.source),
        "forms": forms,
        "deed_url": name_of(request, "aftersale-deed"),
        "evidence_url": name_of(request, "aftersale-evidence"),
        "order_url": name_of(request, "order"),
        "pictures": evidence_ids(row.pk),
        "claim": claim_of(row.pk) if kind != "supplier" else None,
        "timeline": words.timeline(steps_of(row.pk), reader=kind),
    }
    return render(request, "kit/aftersale/detail.html", context, status=422 if wrong is not None else 200)


def do(request: PartyRequest, *, row: Request, name: str) -> HttpResponse:
    """Do what was handed in; what is no deed in this state is shown as the request stands now."""
    deed = next((one for one in deeds(row, party=request.party) if one.name == name), None)
    if deed is None:
        messages.error(request, _("The request has gone on; that can no longer be done."))
        return HttpResponseRedirect(reverse(name_of(request, "aftersale"), args=[row.pk]))
    wrong = perform(request, row, deed=deed)
    if wrong is not None:
        return show(request, row=found_or_404(request, row.pk), wrong=wrong, wrong_name=name)
    messages.success(request, _("Done: %(what)s.") % {"what": deed.title})
    return HttpResponseRedirect(reverse(name_of(request, "aftersale"), args=[row.pk]))


def picture(request: PartyRequest, *, request_id: int, evidence_id: int) -> HttpResponse:
    """Hand out a picture of a request."""
    data = evidence(evidence_id, request_id=request_id)
    if data is None:
        raise Http404
    return HttpResponse(data, content_type="image/webp", headers={"Cache-Control": "private, no-store"})


def new(request: PartyRequest, *, order_id: int) -> HttpResponse:
    """Offer the form of a request for an order, say what would happen, or make it."""
    party = request.party
    found = subject(order_id, distributor_id=party.id if party.kind == "distributor" else None)
    if found is None:
        raise Http404
    lines = [line for line in found.lines.values() if max(line.unsent_qty, line.sent_qty) > 0]
    if request.method != "POST":
        start = {"out_refund_no": f"B{secrets.token_hex(8)}", "kind": "refund", "reason": "quality"}
        return _offered(request, form=NewForm(initial=start, lines=lines), found=found)
    form = NewForm(request.POST, request.FILES, lines=lines)
    if not form.is_valid():
        return _offered(request, form=form, found=found, status=422)
    data = form.cleaned_data
    wish = Wish(
        order_id=order_id,
        out_refund_no=data["out_refund_no"],
        kind=data["kind"],
        reason=data["reason"],
        pieces=form.pieces(),
        remark=data["remark"],
        demand_fen=data["demand_fen"],
    )
    by = by_of(request)
    if request.POST.get("do") == "check":
        return _offered(request, form=form, found=found, outlook=check(wish, by=by))
    uploads: Sequence[Any] = request.FILES.getlist("evidence")
    try:
        pictures = [upload.read() for upload in uploads if isinstance(upload, UploadedFile)]
        result = actions.ask(wish, by=by, evidence=pictures, is_agreed=data["is_agreed"])
    except Mistake as mistake:
        form.add_error(None, mistake.reason)
        return _offered(request, form=form, found=found, status=422)
    if not result.is_accepted:
        form.add_error(None, words.why_refused(result))
        return _offered(request, form=form, found=found, status=422)
    messages.success(request, _("After-sale %(number)s is made.") % {"number": result.request_id})
    return HttpResponseRedirect(reverse(name_of(request, "aftersale"), args=[result.request_id]))


def _offered(
    request: PartyRequest, *, form: NewForm, found: Subject, outlook: Outlook | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "title": _("New after-sale"),
        "form": form,
        "order": found,
        "has_lines": bool(form.lines),
        "order_url": name_of(request, "order"),
        "outlook": outlook,
        "outlook_why": words.cell_why(outlook.cell) if outlook and outlook.cell else [],
        "outlook_faults": [words.fault_sentence(fault) for fault in outlook.faults] if outlook else [],
    }
    return render(request, "kit/aftersale/new.html", context, status=status)
