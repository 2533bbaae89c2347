"""Top-ups: the word that money was sent, and what became of it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import DayRangeField, FenField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, TooManyRows, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.ledger.queries import wallet
from entrepot.recharge import actions
from entrepot.recharge.models import TopUp, TopUpState
from entrepot.recharge.queries import top_ups, voucher_of

STATES = ("pending", "approved", "rejected", "withdrawn")


class TopUpSearch(FilterForm):
    """The search form of the list."""

    reference = forms.CharField(label=gettext_lazy("Bank reference"), max_length=80)
    days = DayRangeField(label=gettext_lazy("Date"))


class TopUpForm(forms.Form):
    """A request."""

    amount_fen = FenField(label=gettext_lazy("Amount"), min_fen=1)
    payer = forms.CharField(label=gettext_lazy("Payer"), max_length=80, required=False)
    bank_reference = forms.CharField(label=gettext_lazy("Bank reference"), max_length=80, required=False)
    voucher = forms.FileField(
        label=gettext_lazy("Voucher"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        help_text=gettext_lazy("A picture of the transfer, at most 8 MB."),
    )
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=200, required=False)
    follows_id = forms.IntegerField(widget=forms.HiddenInput, required=False)


@require_GET
@page("distributor", "topups.view")
def topup_list(request: PartyRequest) -> HttpResponseBase:
    """Show the requests by state."""
    form = TopUpSearch(request.GET)
    rows = top_ups()
    if reference := form.value("reference"):
        rows = rows.filter(bank_reference__icontains=reference)
    since, until = form.value("days") or (None, None)
    rows = rows.filter(created_at__gte=since) if since else rows
    rows = rows.filter(created_at__lt=until) if until else rows
    tab = request.GET.get("tab", "")
    kept = rows.filter(state=tab) if tab in STATES else rows
    if request.GET.get("export") == "xlsx":
        return _export(kept)
    counts = dict(rows.order_by().values_list("state").annotate(Count("id")))
    total = counts.get(tab, 0) if tab in STATES else sum(counts.values())
    context = {
        "title": _("Top-ups"),
        "form": form,
        "page": page_of(kept, query=request.GET, total=total),
        "tabs": [("", _("All"), sum(counts.values()))]
        + [(state, state_of("topup", state)[0], counts.get(state, 0)) for state in STATES],
        "can_request": request.party.can("topups.request"),
        "followed": set(rows.order_by().filter(followed_by__isnull=False).values_list("pk", flat=True)),
        "is_narrowed": form.used or tab,
    }
    return render(request, "distributor/topups.html", context)


def _export(rows: QuerySet[TopUp]) -> HttpResponseBase:
    columns = [
        Column(title=_("Number"), value=lambda row: str(row.pk), width=10),
        Column(title=_("Requested"), value=lambda row: row.created_at, kind="moment", width=20),
        Column(title=_("Amount"), value=lambda row: row.amount_fen, kind="fen", width=14),
        Column(title=_("State"), value=lambda row: str(state_of("topup", row.state)[0]), width=10),
        Column(title=_("Payer"), value=lambda row: row.payer, width=24),
        Column(title=_("Bank reference"), value=lambda row: row.bank_reference, width=24),
        Column(title=_("Remark"), value=lambda row: row.remark, width=30),
        Column(title=_("Judged"), value=lambda row: row.reviewed_at, kind="moment", width=20),
        Column(title=_("Review note"), value=lambda row: row.review_note, width=30),
    ]
    try:
        return export_xlsx(rows.iterator(chunk_size=1000), name=_("Top-ups"), columns=columns)
    except TooManyRows:
        return HttpResponse(_("Too many rows; narrow the search."), status=413)


@require_GET
@page("distributor", "topups.request")
def topup_new(request: PartyRequest) -> HttpResponse:
    """Offer the form of a request, as a page or in the drawer."""
    return _offered(request, form=TopUpForm())


@require_GET
@page("distributor", "topups.request")
def topup_again(request: PartyRequest, topup_id: int) -> HttpResponse:
    """Offer a request that was turned down for mending, with the reason in view."""
    row = top_ups(state=TopUpState.REJECTED).filter(pk=topup_id, followed_by__isnull=True).first()
    if row is None:
        raise Http404
    names = ("amount_fen", "payer", "bank_reference", "remark")
    initial = {name: getattr(row, name) for name in names} | {"follows_id": row.pk}
    return _offered(request, form=TopUpForm(initial=initial), former=row)


def _offered(request: PartyRequest, *, form: TopUpForm, former: TopUp | None = None, status: int = 200) -> HttpResponse:
    context = {"title": _("Request a top-up"), "form": form, "wallet": wallet(request.party.id), "former": former}
    return render(request, "distributor/topup_new.html", context, status=status)


@require_POST
@page("distributor", "topups.request")
def topup_create(request: PartyRequest) -> HttpResponse:
    """Note the word that money was sent; nothing is credited before the platform has seen it."""
    form = TopUpForm(request.POST, request.FILES)
    if form.is_valid():
        values: dict[str, Any] = dict(form.cleaned_data)
        upload = values.pop("voucher")
        try:
            made = actions.request_top_up(
                request.party.id,
                actor=actor(request.party),
                voucher=upload.read() if isinstance(upload, UploadedFile) else None,
                address=client_ip(request) or "",
                **values,
            )
        except TopUp.DoesNotExist:
            raise Http404 from None
        except Mistake as mistake:
            form.add_error(mistake.field if mistake.field in form.fields else None, mistake.reason)
        else:
            messages.success(
                request, _("Top-up %(number)d is noted; the platform will check it.") % {"number": made.pk}
            )
            return HttpResponseRedirect(reverse("distributor:topups"))
    return _offered(request, form=form, status=422)


@require_POST
@page("distributor", "topups.request")
def topup_withdraw(request: PartyRequest, topup_id: int) -> HttpResponse:
    """Take back a request that waits."""
    try:
        actions.withdraw_top_up(
            request.party.id, top_up_id=topup_id, actor=actor(request.party), address=client_ip(request) or ""
        )
    except TopUp.DoesNotExist:
        raise Http404 from None
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        messages.success(request, _("The request is withdrawn."))
    return HttpResponseRedirect(reverse("distributor:topups"))


@require_GET
@page("distributor", "topups.view")
def topup_voucher(request: PartyRequest, topup_id: int) -> HttpResponse:
    """Show the voucher of a request."""
    try:
        picture, kind = voucher_of(topup_id)
    except TopUp.DoesNotExist:
        raise Http404 from None
    if not picture:
        raise Http404
    return HttpResponse(picture, content_type=kind, headers={"Cache-Control": "private, max-age=3600"})
