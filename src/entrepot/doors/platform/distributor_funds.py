"""Funds foresight: whose money runs short and when, the orders that wait for funds, and when to warn."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db import connection
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.money import yuan
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.cells import Cell, Link, Nothing, Row, badge, number, plain_list
from entrepot.doors.kit.figures import stamp
from entrepot.doors.kit.forms import Entries, LongSelect
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.attempts import attempt
from entrepot.ledger.queries import watches
from entrepot.parties.models import Distributor
from entrepot.recharge import foresight

_TABS: dict[str, Any] = {"": _("All"), "short": _("Will run short"), "waiting": _("With waiting orders")}
_HEADS = (
    *((_("Distributor"), False), (_("Available"), True), (_("Spent a day"), True), (_("Lasts"), True)),
    *((_("Until"), False), (_("Warned below"), True), (_("Waiting for funds"), True), (_("State"), False)),
)
_COLUMNS = (
    Column(title=_("Number"), value=lambda row: row["number"], width=12),
    Column(title=_("Company name"), value=lambda row: row["name"], width=28),
    Column(title=_("Available"), value=lambda row: row["available_fen"], kind="fen"),
    Column(title=_("Spent a day"), value=lambda row: row["pace_fen"], kind="fen"),
    Column(title=_("Days"), value=lambda row: row["days"], kind="int"),
    Column(title=_("Until"), value=lambda row: row["until"], kind="day"),
    Column(title=_("Warned below"), value=lambda row: row["warn_below_fen"], kind="fen"),
    Column(title=_("Waiting for funds"), value=lambda row: row["waiting_fen"], kind="fen"),
)
# Every waiting order with what it and all before it take: the one ahead keeps its place. Of each distributor the orders
# before one that is shown are shown as well, so that no others need be added up.
_WAITING = """
with o as (
    select * from orders_order where state = 'awaiting_funds' {condition} order by id limit 500
)
select o.id, o.out_order_no, d.id, d.name, o.total_fen, o.created_at,
       sum(o.total_fen) over (partition by o.distributor_id order by o.id)::bigint,
       (a.balance_fen - a.held_fen + a.credit_limit_fen)::bigint, a.waiting_fen
from o
join parties_distributor d on d.id = o.distributor_id
join ledger_account a on a.kind = 'prepaid' and a.distributor_id = o.distributor_id
order by o.id
"""
_OF_ONE = "and distributor_id = %(distributor_id)s"


class FundsSearch(FilterForm):
    """A distributor by number or name."""

    text = forms.CharField(label=_("Number or name"), max_length=60)


@page("platform", "distributors.view")
@require_GET
def funds(request: PartyRequest) -> HttpResponseBase:
    """Show for how long each distributor's money lasts; those who will run short in a tab of their own."""
    form = FundsSearch(request.GET)
    tab = request.GET.get("tab", "")
    listed = Distributor.objects.filter(state="active")
    if text := form.value("text"):
        listed = listed.filter(Q(number__istartswith=text) | Q(name__icontains=text))
    if tab in ("short", "waiting"):
        chosen = foresight.setting()
        found = watches()
        if tab == "short":
            soon = foresight.short_within(chosen.warn_days)
            ids = soon | {owner for owner, watch in found.items() if watch.is_low}
        else:
            ids = {owner for owner, watch in found.items() if watch.waiting_fen}
        listed = listed.filter(pk__in=ids)
    if request.GET.get("export") == "xlsx":
        return export_xlsx(iter(_facts(list(listed.order_by("-id")))), name=gettext("funds"), columns=_COLUMNS)
    shown = page_of(listed, query=request.GET)
    rows = [_row(facts, can_see_ledger=request.party.can("ledger.view")) for facts in _facts(list(shown))]
    buttons = [Link(label=_("Orders waiting for funds"), url=reverse("platform:funds-waiting"))]
    if request.party.can("money.credit"):
        buttons.append(Link(label=_("When to warn"), url=reverse("platform:funds-setting")))
    return plain_list(
        request,
        title=_("Funds foresight"),
        lead=gettext(
            "At the pace of the last 7 or 28 days, whichever is faster. A distributor is warned once, before his first refusal."
        ),
        form=form,
        tabs=[(value, word, None) for value, word in _TABS.items()],
        buttons=buttons,
        heads=_HEADS,
        rows=rows,
        page=shown,
        has_export=True,
        is_narrowed=bool(form.used or tab),
        nothing=Nothing(title=_("No distributors yet"), icon="user-group", narrowed=_("No distributor matches")),
    )


def _facts(parties: list[Distributor]) -> list[dict[str, Any]]:
    today = timezone.localtime(database_now()).date()
    found = foresight.outlooks([party.pk for party in parties], today=today)
    rows = []
    for party in parties:
        outlook = found[party.pk]
        rows.append(
            {
                "id": party.pk,
                "number": party.number,
                "name": party.name,
                "available_fen": outlook.wallet.available_fen,
                "pace_fen": outlook.pace_fen,
                "days": outlook.days_left,
                "until": outlook.runs_out_on,
                "warn_below_fen": outlook.warn_below_fen,
                "waiting_fen": outlook.waiting_fen,
                "is_low": outlook.is_low,
            }
        )
    return rows


def _row(facts: dict[str, Any], *, can_see_ledger: bool) -> Row:
    days = facts["days"]
    if facts["waiting_fen"]:
        state = badge(_("Orders wait"), tone="bad")
    elif facts["is_low"]:
        state = badge(_("Runs short"), tone="warn")
    else:
        state = badge(_("Enough"), tone="ok")
    links = [Link(label=_("Ledger"), url=reverse("platform:ledger", args=[facts["id"]]))] if can_see_ledger else []
    return Row(
        cells=[
            Cell(text=facts["name"], small=facts["number"], url=reverse("platform:distributor", args=[facts["id"]])),
            number(f"¥{yuan(facts['available_fen'])}", tone="bad" if facts["is_low"] else ""),
            number(f"¥{yuan(facts['pace_fen'])}"),
            number("—" if days is None else gettext("%(n)d days") % {"n": days}),
            Cell(text=facts["until"].isoformat() if facts["until"] else "—"),
            number(f"¥{yuan(facts['warn_below_fen'])}" if facts["warn_below_fen"] else "—"),
            number(
                f"¥{yuan(facts['waiting_fen'])}" if facts["waiting_fen"] else "—",
                url=f"{reverse('platform:funds-waiting')}?distributor={facts['id']}" if facts["waiting_fen"] else "",
            ),
            state,
        ],
        links=links,
    )


class WaitingSearch(FilterForm):
    """Waiting orders of one distributor."""

    distributor = forms.TypedChoiceField(label=_("Distributor"), coerce=int, empty_value=None, widget=LongSelect)

    def full_clean(self) -> None:
        """Give the select its distributors before anything is judged."""
        rows = Distributor.objects.order_by("number").values_list("pk", "name")
        self.fields["distributor"].choices = Entries([("", _("All")), *rows])  # type: ignore[attr-defined]
        super().full_clean()


_WAITING_COLUMNS = (
    Column(title=_("Order no."), value=lambda row: str(row[0])),
    Column(title=_("Mall's order no."), value=lambda row: row[1], width=24),
    Column(title=_("Distributor"), value=lambda row: row[3], width=24),
    Column(title=_("Amount"), value=lambda row: row[4], kind="fen"),
    Column(title=_("Placed"), value=lambda row: row[5], kind="moment", width=20),
    Column(title=_("Top-up needed"), value=lambda row: max(0, row[6] - row[7]), kind="fen"),
)


@page("platform", "orders.view")
@require_GET
def waiting(request: PartyRequest) -> HttpResponseBase:
    """Show the orders that wait for funds, the oldest first, with the top-up that lets each go on."""
    form = WaitingSearch(request.GET)
    with connection.cursor() as cursor:
        distributor_id = form.value("distributor")
        condition = _OF_ONE if distributor_id else ""
        cursor.execute(_WAITING.format(condition=condition), {"distributor_id": distributor_id})
        found = cursor.fetchall()
    if request.GET.get("export") == "xlsx":
        return export_xlsx(iter(found), name=gettext("waiting-for-funds"), columns=_WAITING_COLUMNS)
    now = database_now()
    heads = (
        *((_("Order"), False), (_("Distributor"), False), (_("Amount"), True), (_("Waits since"), False)),
        (_("Top-up needed"), True),
    )
    return plain_list(
        request,
        title=_("Orders waiting for funds"),
        lead=gettext("The oldest goes first; none overtakes it. After a top-up they go on by themselves."),
        form=form,
        heads=heads,
        rows=[_waiting_row(row, now=now) for row in found],
        has_export=True,
        is_narrowed=bool(form.used),
        nothing=Nothing(
            title=_("No order waits for funds"), icon="banknotes", narrowed=_("No order of this distributor waits")
        ),
    )


def _waiting_row(row: tuple[Any, ...], *, now: datetime) -> Row:
    order_id, out_no, party_id, name, total, placed, needed, available, waiting_fen = row
    minutes = int((now - placed).total_seconds()) // 60
    age = gettext("%(h)d h %(m)d min") % {"h": minutes // 60, "m": minutes % 60}
    return Row(
        cells=[
            Cell(text=str(order_id), small=out_no, url=reverse("platform:order", args=[order_id])),
            Cell(
                text=name,
                small=gettext("%(amount)s waiting in all") % {"amount": f"¥{yuan(waiting_fen)}"},
                url=reverse("platform:distributor", args=[party_id]),
            ),
            number(f"¥{yuan(total)}"),
            Cell(text=stamp(placed), small=age),
            number(f"¥{yuan(max(0, needed - available))}", tone="bad"),
        ]
    )


class SettingForm(forms.Form):
    """When distributors are warned of low funds."""

    is_automatic = forms.BooleanField(
        label=_("Warn by days of funds"),
        required=False,
        help_text=_("The fixed amount in a distributor's terms holds as well; the higher of the two counts."),
    )
    warn_days = forms.IntegerField(label=_("Warn when funds last less than (days)"), min_value=1, max_value=60)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


@page("platform", "money.credit", in_scope=False)
@require_http_methods(["GET", "POST"])
def funds_setting(request: PartyRequest) -> HttpResponse:
    """Say how many days of funds are too few."""
    with scope.platform(read_only=True):
        known = foresight.setting()
    initial = {"is_automatic": known.is_automatic, "warn_days": known.warn_days}
    form = SettingForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> bool:
        foresight.change_setting(actor=actor(request.party), address=client_ip(request) or "", **cleaned)
        return True

    if request.method == "POST" and attempt(form, act):
        messages.success(request, gettext("The warning is saved."))
        return HttpResponseRedirect(reverse("platform:funds"))
    with scope.platform(read_only=True):
        context = {"title": gettext("When to warn of low funds"), "form": form, "back": reverse("platform:funds")}
        return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)
