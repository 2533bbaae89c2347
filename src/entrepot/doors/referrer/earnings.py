"""A referrer's entries and payouts."""

from datetime import date

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.referral_words import ENTRY_COLUMNS, MonthField, entry_why, entry_word
from entrepot.doors.kit.sheets import TooManyRows, export_xlsx
from entrepot.ledger.queries import owed_to_referrer_fen
from entrepot.referral import queries
from entrepot.referral.models import EntryKind, Payout


class EntrySearch(FilterForm):
    """Entries by month and kind."""

    month = MonthField(label=gettext_lazy("Month"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[("", gettext_lazy("All")), *((kind.value, entry_word(kind)) for kind in EntryKind)],
    )


@require_GET
@page("referrer", "earnings.view")
def entries(request: PartyRequest) -> HttpResponseBase:
    """Show his entries, newest first, or hand them out as a sheet."""
    form = EntrySearch(request.GET)
    month: date | None = form.value("month")
    rows = queries.entries(referrer_id=request.party.id, month=month)
    if kind := form.value("kind"):
        rows = rows.filter(kind=kind)
    if request.GET.get("export") == "xlsx":
        try:
            return export_xlsx(rows.iterator(chunk_size=1000), name=_("Entries"), columns=ENTRY_COLUMNS)
        except TooManyRows:
            return HttpResponse(_("Too many rows; narrow the search."), status=413)
    shown = page_of(rows, query=request.GET)
    rates = queries.own_rates(request.party.id)
    context = {
        "title": _("Entries"),
        "form": form,
        "page": shown,
        "rows": [(entry, entry_word(entry.kind), entry_why(entry, rates=rates)) for entry in shown],
        "owed_fen": owed_to_referrer_fen(request.party.id),
        "is_narrowed": bool(form.used),
    }
    return render(request, "referrer/entries.html", context)


@require_GET
@page("referrer", "earnings.view")
def payouts(request: PartyRequest) -> HttpResponse:
    """Show what he was paid, newest first."""
    found = page_of(queries.payouts(referrer_id=request.party.id), query=request.GET)
    context = {"title": _("Payouts"), "page": found, "owed_fen": owed_to_referrer_fen(request.party.id)}
    return render(request, "referrer/payouts.html", context)


@require_GET
@page("referrer", "earnings.view")
def proof(request: PartyRequest, payout_id: int) -> HttpResponse:
    """Hand out the picture of a payout of his."""
    try:
        data, media_type = queries.proof_of(payout_id)
    except Payout.DoesNotExist:
        raise Http404 from None
    if not data:
        raise Http404
    return HttpResponse(data, content_type=media_type, headers={"Cache-Control": "private, no-store"})
