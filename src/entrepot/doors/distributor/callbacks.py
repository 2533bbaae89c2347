"""The mall's callbacks: where it is called, how it fares, every call with its answer, and what can be sent again."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.callbacks import actions
from entrepot.callbacks.models import Endpoint, EndpointState, MessageState
from entrepot.callbacks.queries import calls_of, counted, endpoint_of, failed_of, standing_of
from entrepot.callbacks.rules import TYPES, VERIFY
from entrepot.callbacks.words import fault_words
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import DayRangeField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page, scope_of


class EndpointForm(forms.Form):
    """The address, and which events go there."""

    callback_url = forms.CharField(
        label=gettext_lazy("Callback address"),
        required=False,
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://mall.example.com/entrepot"}),
        help_text=gettext_lazy("A new address is asked for a challenge first; empty ends callbacks."),
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        required=False,
        choices=[(name, name) for name in TYPES],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing ticked means all."),
    )


# The messages of one order of a distributor's; both of them are looked up by an index.
_OF_ORDER = """
select m.id from orders_order o
join events_event e on e.object_kind = 'order' and e.object_id = o.id
join callbacks_message m on m.event_id = e.id and m.distributor_id = o.distributor_id
where o.distributor_id = %s and (o.out_order_no = %s or o.id = %s)
"""


class CallSearch(FilterForm):
    """The search form of the log of calls."""

    type = forms.ChoiceField(
        label=gettext_lazy("Event"), choices=[("", gettext_lazy("All")), *((name, name) for name in (*TYPES, VERIFY))]
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[
            ("", gettext_lazy("All")),
            (MessageState.DELIVERED, gettext_lazy("Heard")),
            (MessageState.WAITING, gettext_lazy("Will be tried again")),
            (MessageState.DEAD, pgettext_lazy("callback", "Given up")),
        ],
    )
    order = forms.CharField(
        label=gettext_lazy("Order number"),
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Your number or ours")}),
    )
    days = DayRangeField(label=gettext_lazy("Date"))


def log_of(endpoint: Endpoint, *, query: Mapping[str, str]) -> dict[str, Any]:
    """Return what the list of calls to a mall shows for an address of ours; inside the distributor's scope."""
    search, distributor_id = CallSearch(query), endpoint.distributor_id
    rows = _found(calls_of(distributor_id), search=search, distributor_id=distributor_id)
    tab = query.get("tab", "")
    shown = page_of(failed_of(rows) if tab == "failed" else rows, query=query)
    every, failed = counted(rows)
    for call in shown:
        call.words = fault_words(call.fault, call.fault_facts)
    return {
        "search": search,
        "page": shown,
        "tabs": [("", _("All"), every), ("failed", _("Failed"), failed)],
        "is_narrowed": bool(tab or search.used),
        "is_called": endpoint.state == EndpointState.ACTIVE,
    }


def _found(rows: QuerySet[Any], *, search: CallSearch, distributor_id: int) -> QuerySet[Any]:
    if kind := search.value("type"):
        rows = rows.filter(type=kind)
    if state := search.value("state"):
        rows = rows.filter(message__state=state)
    if number := search.value("order"):
        ours = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else -1
        rows = rows.filter(message_id__in=RawSQL(_OF_ORDER, [distributor_id, number, ours]))  # noqa: S611 - ours
    since, until = search.value("days") or (None, None)
    if since:
        rows = rows.filter(at__gte=since)
    return rows.filter(at__lt=until) if until else rows


@require_GET
@page("distributor", "keys.edit")
def callbacks(request: PartyRequest) -> HttpResponse:
    """Show the address with its state, and the log of calls."""
    return _shown(request)


def _shown(
    request: PartyRequest, *, form: EndpointForm | None = None, secret: str = "", status: int = 200
) -> HttpResponse:
    endpoint = endpoint_of(request.party.id)
    context = {
        "title": _("Callbacks"),
        "endpoint": endpoint,
        "form": form or EndpointForm(initial={"callback_url": endpoint.url, "types": endpoint.types}),
        "secret": secret,
        "reason": fault_words(endpoint.reason, endpoint.reason_facts),
        "standing": standing_of(request.party.id),
    } | log_of(endpoint, query=request.GET)
    return render(request, "distributor/callbacks.html", context, status=status)


@require_POST
@page("distributor", "keys.edit", in_scope=False)
def callback_save(request: PartyRequest) -> HttpResponse:
    """Change the address and the events that go there."""
    form = EndpointForm(request.POST)
    if form.is_valid():
        try:
            actions.set_endpoint(
                request.party.id,
                url=form.cleaned_data["callback_url"],
                types=form.cleaned_data["types"],
                actor=actor(request.party),
                address=client_ip(request) or "",
            )
        except Mistake as mistake:
            form.add_error(mistake.field if mistake.field in form.fields else None, mistake.reason)
        else:
            messages.success(request, _("The callback address is saved."))
            return HttpResponseRedirect(reverse("distributor:callbacks"))
    with scope_of(request.party.user, read_only=True):
        return _shown(request, form=form, status=422)


@require_POST
@page("distributor", "keys.edit", in_scope=False)
def callback_deed(request: PartyRequest, deed: str) -> HttpResponse:
    """Send a test, ask the address once more, or send again what was given up."""
    party_id, who, address = request.party.id, actor(request.party), client_ip(request) or ""
    try:
        if deed == "test":
            actions.send_test(party_id, actor=who, address=address)
            messages.success(request, _("A test is on its way; it shows below in a moment."))
        elif deed == "retry":
            actions.try_again(party_id, actor=who, address=address)
            messages.success(request, _("The address is asked once more."))
        elif deed == "dead":
            count = actions.replay(party_id, only_dead=True, actor=who, address=address)
            messages.success(request, _("%(count)d events are sent again.") % {"count": count})
        elif deed.isdigit():
            seq = int(deed)
            count = actions.replay(party_id, first_seq=seq, last_seq=seq, actor=who, address=address)
            said = _("Event %(seq)s is sent again.") if count else _("Event %(seq)s is on its way already.")
            messages.success(request, said % {"seq": deed})
        else:
            return HttpResponse(status=404)
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    return HttpResponseRedirect(reverse("distributor:callbacks"))


@require_POST
@page("distributor", "keys.edit")
def callback_secret(request: PartyRequest) -> HttpResponse:
    """Renew the secret under which callbacks are signed, and show it, this once."""
    try:
        secret = actions.renew_secret(request.party.id, actor=actor(request.party), address=client_ip(request) or "")
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("distributor:callbacks"))
    return _shown(request, secret=secret)
