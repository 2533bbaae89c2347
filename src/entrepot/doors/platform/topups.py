"""Top-ups: the requests of distributors, and their review beside the voucher."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import DayRangeField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.attempts import attempt
from entrepot.ledger.queries import wallet
from entrepot.recharge import actions
from entrepot.recharge.models import TopUp, TopUpState
from entrepot.recharge.queries import namesakes, top_ups, voucher_of

_TABS = (
    (TopUpState.PENDING, _("To approve")),
    (TopUpState.APPROVED, _("Credited")),
    (TopUpState.REJECTED, _("Turned down")),
    (TopUpState.WITHDRAWN, _("Withdrawn")),
)
_COLUMNS = (
    Column(title=_("Number"), value=lambda row: row.pk, width=10),
    Column(title=_("Distributor"), value=lambda row: f"{row.distributor.number} {row.distributor.name}", width=28),
    Column(title=_("Amount"), value=lambda row: row.amount_fen, kind="fen"),
    Column(title=_("State"), value=lambda row: state_of("topup", row.state)[0], width=12),
    Column(title=_("Payer"), value=lambda row: row.payer, width=28),
    Column(title=_("Bank reference"), value=lambda row: row.bank_reference, width=24),
    Column(title=_("Remark"), value=lambda row: row.remark, width=28),
    Column(title=_("Requested"), value=lambda row: row.created_at, kind="moment", width=20),
    Column(title=_("Judged"), value=lambda row: row.reviewed_at, kind="moment", width=20),
    Column(title=_("Review remark"), value=lambda row: row.review_note, width=28),
)


class TopUpSearch(FilterForm):
    """A request by distributor, payer, bank reference or day."""

    text = forms.CharField(
        label=_("Request"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("Distributor, payer, bank reference")}),
    )
    day = DayRangeField(label=_("Requested"))

    def rows(self) -> QuerySet[TopUp]:
        """Return the requests that meet the search."""
        found = top_ups()
        if text := self.value("text"):
            found = found.filter(
                Q(distributor__name__icontains=text)
                | Q(distributor__number__istartswith=text)
                | Q(payer__icontains=text)
                | Q(bank_reference__icontains=text)
            )
        first, last = self.value("day") or (None, None)
        if first:
            found = found.filter(created_at__gte=first)
        return found.filter(created_at__lt=last) if last else found


class JudgeForm(forms.Form):
    """A word about the request; needed to turn it down."""

    note = forms.CharField(
        label=_("Review remark"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("Required to turn down; the distributor reads it")}),
    )


@page("platform", "topups.view")
@require_GET
def topups(request: PartyRequest) -> HttpResponseBase:
    """Show the requests that meet the search, or hand them out as a sheet."""
    form = TopUpSearch(request.GET)
    tab = request.GET.get("tab", "")
    found = form.rows()
    listed = found.filter(state=tab) if tab in TopUpState.values else found
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('top-ups')}-{timezone.localtime():%Y%m%d-%H%M}"
        return export_xlsx(listed.iterator(chunk_size=500), name=name, columns=_COLUMNS)
    counted = dict(found.order_by().values_list("state").annotate(Count("id")))
    context = {
        "title": _("Top-ups"),
        "form": form,
        "tabs": [
            ("", _("All"), sum(counted.values())),
            *((state, word, counted.get(state, 0)) for state, word in _TABS),
        ],
        "page": page_of(listed, query=request.GET),
        "is_narrowed": bool(form.used or tab),
        "can_review": request.party.can("topups.review"),
    }
    return render(request, "platform/topups.html", context)


@page("platform", "topups.view")
@require_GET
def topup(request: PartyRequest, top_up_id: int) -> HttpResponse:
    """Show one request beside its voucher."""
    return _shown(request, top_up_id=top_up_id)


@page("platform", "topups.view")
@require_GET
def voucher(request: PartyRequest, top_up_id: int) -> HttpResponse:
    """Hand out the picture of a payment."""
    try:
        data, media_type = voucher_of(top_up_id)
    except TopUp.DoesNotExist:
        raise Http404 from None
    if not data:
        raise Http404
    return HttpResponse(data, content_type=media_type, headers={"Cache-Control": "private, no-store"})


@page("platform", "topups.review")
@require_POST
def topup_judge(request: PartyRequest, top_up_id: int) -> HttpResponse:
    """Credit a request or turn it down."""
    row = _topup(top_up_id)
    form = JudgeForm(request.POST)
    is_approval = request.POST.get("do") == "approve"

    def act(cleaned: dict[str, Any]) -> TopUp:
        who, where = actor(request.party), client_ip(request) or ""
        if is_approval:
            return actions.approve_top_up(top_up_id, note=cleaned["note"], actor=who, address=where)
        return actions.reject_top_up(top_up_id, reason=cleaned["note"], actor=who, address=where)

    if not attempt(form, act, names={"reason": "note"}):
        return _shown(request, top_up_id=top_up_id, form=form)
    if is_approval:
        messages.success(request, gettext("The top-up of %(name)s is credited.") % {"name": row.distributor.name})
    else:
        messages.success(request, gettext("The top-up of %(name)s is turned down.") % {"name": row.distributor.name})
    return HttpResponseRedirect(reverse("platform:topups") + "?tab=pending")


def _topup(top_up_id: int) -> TopUp:
    row = top_ups().filter(pk=top_up_id).first()
    if row is None:
        raise Http404
    return row


def _shown(request: PartyRequest, *, top_up_id: int, form: JudgeForm | None = None) -> HttpResponse:
    row = _topup(top_up_id)
    purse = wallet(row.distributor_id)
    can_judge = row.state == TopUpState.PENDING and request.party.can("topups.review")
    context = {
        "title": gettext("Top-up %(number)s") % {"number": row.pk},
        "topup": row,
        "has_voucher": bool(row.voucher_type),
        "wallet": purse,
        "namesakes": namesakes(row.bank_reference).exclude(pk=row.pk)[:5] if can_judge else [],
        "after_fen": purse.balance_fen + row.amount_fen,
        "form": form or (JudgeForm() if can_judge else None),
    }
    return render(request, "platform/topup.html", context, status=422 if form else 200)
