"""Allotments: the list of all, and the form that opens, changes and closes one."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.base import scope
from entrepot.catalog.models import Sku
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.cells import Cell, Link, Nothing, Row, badge, number, plain_list
from entrepot.doors.kit.figures import goods_title, stamp, thousands
from entrepot.doors.kit.forms import DayField, Entries, LongSelect
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.order_acts import busy
from entrepot.parties.models import Distributor, Tier
from entrepot.stock.queries import all_allotments
from entrepot.trade import desk
from entrepot.trade.terms import CloseAllotment, SetAllotment

_TABS: dict[str, Any] = {"": _("Open"), "short": _("Floor not given"), "closed": _("Closed")}
_HEADS = (
    *((_("SKU"), False), (_("For"), False), (_("Floor"), True), (_("Given"), True), (_("In the pool"), True)),
    *((_("Taken"), True), (_("Cap"), True), (_("Buffer"), True), (_("Ends"), False), (_("State"), False)),
)
_COLUMNS = (
    Column(title=_("SKU code"), value=lambda row: row.sku.code, width=20),
    Column(title=_("Goods"), value=lambda row: row.sku.goods.name, width=36),
    Column(title=_("For"), value=lambda row: (row.distributor or row.tier).name, width=24),
    Column(title=_("Floor"), value=lambda row: row.floor, kind="int"),
    Column(title=_("Given"), value=lambda row: row.given, kind="int"),
    Column(title=_("In the pool"), value=lambda row: row.pool_free, kind="int"),
    Column(title=_("Taken"), value=lambda row: row.taken, kind="int"),
    Column(title=_("Cap"), value=lambda row: row.cap, kind="int"),
    Column(title=_("Buffer"), value=lambda row: row.buffer, kind="int"),
    Column(title=_("Ends"), value=lambda row: row.ends_at, kind="moment", width=20),
)


def _parties() -> list[tuple[str, str]]:
    tiers = [(f"t{tier.pk}", gettext("Tier: %(name)s") % {"name": tier.name}) for tier in Tier.objects.all()]
    rows = Distributor.objects.order_by("number").values_list("pk", "number", "name")
    return tiers + [(f"d{pk}", f"{number} {name}") for pk, number, name in rows]


class AllotmentSearch(FilterForm):
    """An allotment by its goods or by whose it is."""

    text = forms.CharField(
        label=_("Goods"), max_length=60, widget=forms.TextInput(attrs={"placeholder": _("Name, goods no. or SKU code")})
    )
    party = forms.ChoiceField(label=_("For"), widget=LongSelect)

    def full_clean(self) -> None:
        """Give the select its parties before anything is judged."""
        self.fields["party"].choices = Entries([("", _("All")), *_parties()])  # type: ignore[attr-defined]
        super().full_clean()

    def rows(self) -> QuerySet[Any]:
        """Return the allotments that meet the search."""
        found: QuerySet[Any] = all_allotments()
        if text := self.value("text"):
            found = found.filter(
                Q(sku__code__istartswith=text)
                | Q(sku__goods__goods_no__istartswith=text)
                | Q(sku__goods__name__icontains=text)
            )
        if party := self.value("party"):
            found = found.filter(**{"tier_id" if party[0] == "t" else "distributor_id": int(party[1:])})
        return found


class AllotmentForm(forms.Form):
    """The figures of an allotment. `once`: sent twice, it has one effect; `seen` is the version it was filled in over."""

    party = forms.ChoiceField(label=_("For"), widget=LongSelect)
    floor = forms.IntegerField(
        label=_("Guaranteed floor"),
        min_value=0,
        max_value=100_000_000,
        help_text=_("So many pieces are moved from the shared pool and kept for this party alone."),
    )
    cap = forms.IntegerField(
        label=_("Cap"),
        min_value=1,
        max_value=100_000_000,
        required=False,
        help_text=_("The most this party may take in all, shared pool included. Empty: no cap."),
    )
    buffer = forms.IntegerField(
        label=_("Safety buffer"),
        min_value=0,
        max_value=100_000_000,
        initial=0,
        help_text=_("The last pieces of the pool, which are not sold."),
    )
    ends_on = DayField(
        label=_("Last day"),
        required=False,
        help_text=_("After it what is left goes back to the shared pool by itself. Empty: until it is closed."),
    )
    is_partial = forms.BooleanField(label=_("Give what there is now, and the rest as it comes"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    once = forms.CharField(widget=forms.HiddenInput, max_length=40)
    seen = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"].choices = Entries([("", _("Choose")), *_parties()])  # type: ignore[attr-defined]
        self.fields["once"].initial = uuid.uuid4().hex

    def ask(self, sku: str, *, actor: str) -> SetAllotment:
        """Return the ask for the desk."""
        cleaned = self.cleaned_data
        kind, party_id = cleaned["party"][0], int(cleaned["party"][1:])
        ends_on = cleaned["ends_on"]
        return SetAllotment(
            sku=sku,
            cause=f"allotment:{cleaned['once']}",
            actor=actor,
            distributor_id=party_id if kind == "d" else None,
            tier_id=party_id if kind == "t" else None,
            floor=cleaned["floor"],
            cap=cleaned["cap"],
            buffer=cleaned["buffer"],
            ends_at=_end_of(ends_on) if ends_on else None,
            is_partial=cleaned["is_partial"],
            reason=cleaned["reason"],
        )


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, timezone.get_default_timezone())


@page("platform", "stock.view")
@require_GET
def allotments(request: PartyRequest) -> HttpResponseBase:
    """Show every allotment, those whose floor could not be given in a tab of their own."""
    form = AllotmentSearch(request.GET)
    tab = request.GET.get("tab", "")
    found = form.rows().filter(is_open=tab != "closed")
    if tab == "short":
        found = found.filter(given__lt=F("floor"))
    if request.GET.get("export") == "xlsx":
        return export_xlsx(found.iterator(chunk_size=500), name=gettext("allotments"), columns=_COLUMNS)
    shown = page_of(found, query=request.GET)
    missing = sum(row.shortage for row in shown) if tab != "closed" else 0
    warning = gettext(
        "The shared pool cannot give %(n)d guaranteed pieces of this page yet; they follow with new stock."
    )
    return plain_list(
        request,
        title=_("Allotments"),
        lead=gettext("Pieces set apart for one distributor or tier; the rest of a SKU is shared by all."),
        notes=[(warning % {"n": missing}, "warn")] if missing else [],
        form=form,
        tabs=[(value, word, None) for value, word in _TABS.items()],
        heads=_HEADS,
        rows=[_row(row, can_edit=request.party.can("stock.edit")) for row in shown],
        page=shown,
        has_export=True,
        is_narrowed=bool(form.used or tab),
        nothing=Nothing(
            title=_("No allotments yet"),
            text=_("Open one from the page of a SKU's stock."),
            icon="archive-box",
            narrowed=_("No allotment matches"),
        ),
    )


def _row(row: Any, *, can_edit: bool) -> Row:
    party = row.distributor or row.tier
    if not row.is_open:
        state = badge(_("Closed"))
    elif row.shortage:
        state = badge(gettext("%(n)d short") % {"n": row.shortage}, tone="bad")
    else:
        state = badge(_("Open"), tone="ok")
    links = (
        [Link(label=_("Change"), url=reverse("platform:allotment", args=[row.pk]))] if can_edit and row.is_open else []
    )
    return Row(
        cells=[
            Cell(
                text=goods_title(row.sku.goods.name, row.sku.spec),
                small=row.sku.code,
                url=reverse("platform:sku-stock", args=[row.sku_id]),
            ),
            Cell(text=party.name, small=_("Tier") if row.tier_id else row.distributor.number),
            number(thousands(row.floor)),
            number(thousands(row.given), tone="bad" if row.is_open and row.shortage else ""),
            number(thousands(row.pool_free), small=gettext("%(n)d reserved") % {"n": row.pool_reserved}),
            number(thousands(row.taken)),
            number("—" if row.cap is None else thousands(row.cap)),
            number(thousands(row.buffer)),
            Cell(text=stamp(row.ends_at) if row.ends_at else "—"),
            state,
        ],
        links=links,
    )


@page("platform", "stock.edit", in_scope=False)
@require_http_methods(["GET", "POST"])
def allotment_new(request: PartyRequest, sku_id: int) -> HttpResponse:
    """Open an allotment of one SKU, or change the one its party has."""
    with scope.platform(read_only=True):
        sku = Sku.objects.select_related("goods").filter(pk=sku_id).first()
        form = AllotmentForm(request.POST or None)
    if sku is None:
        raise Http404
    return _set(request, sku=sku, form=form, back=reverse("platform:sku-stock", args=[sku_id]), row=None)


@page("platform", "stock.edit", in_scope=False)
@require_http_methods(["GET", "POST"])
def allotment(request: PartyRequest, allotment_id: int) -> HttpResponse:
    """Change floor, cap, buffer and end of an open allotment."""
    with scope.platform(read_only=True):
        row = _open_or_404(allotment_id)
        ends_on = timezone.localtime(row.ends_at - timedelta(seconds=1)).date() if row.ends_at else None
        initial = {
            "party": f"t{row.tier_id}" if row.tier_id else f"d{row.distributor_id}",
            "floor": row.floor,
            "cap": row.cap,
            "buffer": row.buffer,
            "ends_on": ends_on,
            "seen": row.version,
        }
        form = AllotmentForm(request.POST or None, initial=initial)
    form.fields["party"].choices = [choice for choice in form.fields["party"].choices if choice[0] == initial["party"]]  # type: ignore[attr-defined]
    return _set(request, sku=row.sku, form=form, back=reverse("platform:allotments"), row=row)


def _set(request: PartyRequest, *, sku: Sku, form: AllotmentForm, back: str, row: Any) -> HttpResponse:
    if request.method == "POST" and form.is_valid() and _is_done(request, sku=sku, form=form, row=row):
        return HttpResponseRedirect(back)
    with scope.platform(read_only=True):
        context = {
            "title": gettext("Allotment of %(name)s") % {"name": goods_title(sku.goods.name, sku.spec)},
            "form": form,
            "row": row,
            "sku": sku,
            "back": back,
        }
        return render(request, "platform/allotment.html", context, status=422 if form.errors else 200)


def _is_done(request: PartyRequest, *, sku: Sku, form: AllotmentForm, row: Any) -> bool:
    if row is not None and form.cleaned_data["seen"] != row.version:
        form.add_error(None, _("Somebody has changed this since you opened it. Look again before you save."))
        return False
    try:
        (answer,) = desk.run([form.ask(sku.code, actor=actor(request.party))])
    except desk.Busy:
        form.add_error(None, busy())
        return False
    if not answer.is_accepted:
        fault = answer.faults[0]
        field = {"/floor": "floor", "/buffer": "buffer", "/cap": "cap", "/ends": "ends_on"}.get(fault.pointer)
        form.add_error(field, _why(fault.facts) or reason_of(answer))
        return False
    messages.success(request, gettext("The allotment of %(sku)s is saved.") % {"sku": sku.code})
    if answer.facts["shortage"]:
        left = gettext("%(n)d pieces of the floor are still missing; they follow as soon as there is stock.")
        messages.warning(request, left % {"n": answer.facts["shortage"]})
    return True


def _why(facts: dict[str, Any]) -> str:
    if "available" in facts:
        said = gettext("The shared pool has %(available)d free pieces, %(wanted)d more are needed for this floor.")
        return said % facts
    return {
        "buffer_above_floor": gettext("The buffer is not above the floor."),
        "cap_below_floor": gettext("The cap is not below what the floor guarantees."),
        "ends_at_is_over": gettext("This day is over."),
    }.get(str(facts.get("why")), "")


def _open_or_404(allotment_id: int) -> Any:
    row = all_allotments().filter(pk=allotment_id, is_open=True).first()
    if row is None:
        raise Http404
    return row


@page("platform", "stock.edit", in_scope=False)
@require_POST
def allotment_close(request: PartyRequest, allotment_id: int) -> HttpResponse:
    """Close an allotment: its free pieces go back to the shared pool."""
    with scope.platform(read_only=True):
        row = _open_or_404(allotment_id)
    reason = request.POST.get("reason", "").strip()[:200]
    if not reason:
        messages.error(request, gettext("Say why."))
        return HttpResponseRedirect(reverse("platform:allotment", args=[allotment_id]))
    try:
        (answer,) = desk.run([CloseAllotment(row.sku.code, allotment_id, actor(request.party), reason)])
    except desk.Busy:
        messages.error(request, str(busy()))
    else:
        said = gettext("The allotment is closed; %(n)d pieces went back to the shared pool.")
        messages.success(request, said % {"n": -answer.facts.get("moved", 0)})
    return HttpResponseRedirect(reverse("platform:allotments"))
