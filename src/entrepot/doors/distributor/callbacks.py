"""The mall's callbacks: where it is called, how it fares, every call with its answer, and what can be sent again."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.callbacks import actions
from entrepot.callbacks.queries import calls_of, endpoint_of, standing_of
from entrepot.callbacks.rules import TYPES
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.lists import page_of
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


@require_GET
@page("distributor", "keys.edit")
def callbacks(request: PartyRequest) -> HttpResponse:
    """Show the address with its state, and the log of calls."""
    return _shown(request)


def _shown(
    request: PartyRequest, *, form: EndpointForm | None = None, secret: str = "", status: int = 200
) -> HttpResponse:
    endpoint = endpoint_of(request.party.id)
    tab = request.GET.get("tab", "")
    standing = standing_of(request.party.id)
    context = {
        "title": _("Callbacks"),
        "endpoint": endpoint,
        "form": form or EndpointForm(initial={"callback_url": endpoint.url, "types": endpoint.types}),
        "secret": secret,
        "standing": standing,
        "page": page_of(calls_of(request.party.id, only_failed=tab == "failed"), query=request.GET),
        "tabs": [("", _("All"), standing.calls), ("failed", _("Failed"), standing.failed)],
        "is_narrowed": bool(tab),
    }
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
