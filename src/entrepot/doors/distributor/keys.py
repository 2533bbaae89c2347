"""The connection of the mall: number, keys, allow-list, callback address, and how to sign."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.parties import actions
from entrepot.parties.actions import NewKey
from entrepot.parties.models import ApiKey, Distributor
from entrepot.parties.queries import keys_of
from entrepot.parties.rules import LIVE_KEYS_AT_MOST

VECTOR = {
    "secret": "whsec_ZW50cmVwb3QtZGVtby1zZWNyZXQtMzItYnl0ZXMtb2sh",
    "nonce": "n0nce-0123456789ab",
    "timestamp": "1700000000",
    "method": "POST",
    "path": "/api/v1/orders?x=1",
    "body": '{"a":"水果"}',
    "signature": "v1,FoQZLSiTBI7Vm10n5Rf+F5ik1AZ/BnpuzAtiZh3N4To=",
}
"""The published example of a signature: whoever gets the same has understood."""


class ConnectionForm(forms.Form):
    """Allow-list and callback address."""

    allow_list = forms.CharField(
        label=gettext_lazy("Allow-list"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("One IPv4 or IPv6 address or network a line; empty lets calls come from anywhere."),
    )
    callback_url = forms.CharField(
        label=gettext_lazy("Callback address"),
        required=False,
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://mall.example.com/entrepot"}),
    )


@require_GET
@page("distributor", "keys.edit")
def keys(request: PartyRequest) -> HttpResponse:
    """Show everything the mall needs to connect; secrets are not among it."""
    return _shown(request)


def _shown(
    request: PartyRequest, *, form: ConnectionForm | None = None, new: NewKey | None = None, status: int = 200
) -> HttpResponse:
    distributor = Distributor.objects.get(pk=request.party.id)
    rows = list(keys_of(request.party.id))
    initial = {"allow_list": "\n".join(distributor.allow_list), "callback_url": distributor.callback_url}
    context = {
        "title": _("API and keys"),
        "distributor": distributor,
        "rows": rows,
        "may_issue": sum(row.is_live for row in rows) < LIVE_KEYS_AT_MOST,
        "form": form or ConnectionForm(initial=initial),
        "new": new,
        "vector": VECTOR,
        "base": request.build_absolute_uri("/api/v1"),
    }
    return render(request, "distributor/keys.html", context, status=status)


@require_POST
@page("distributor", "keys.edit")
def key_issue(request: PartyRequest) -> HttpResponse:
    """Issue a key and show its secret, this once."""
    try:
        new = actions.issue_key(
            request.party.id,
            actor=actor(request.party),
            label=request.POST.get("label", ""),
            ends_at=_end_of(request.POST.get("ends_on", "")),
            address=client_ip(request) or "",
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("distributor:keys"))
    return _shown(request, new=new)


def _end_of(text: str) -> datetime | None:
    """Return the end of a day, None when none was named. Raises Mistake."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise Mistake("ends_on", _("Not a date.")) from None
    return datetime.combine(day, time.max, timezone.get_current_timezone())


@require_POST
@page("distributor", "keys.edit")
def key_revoke(request: PartyRequest, key_id: int) -> HttpResponse:
    """Make a key useless from the next call on."""
    try:
        row = actions.revoke_key(
            request.party.id, key_id=key_id, actor=actor(request.party), address=client_ip(request) or ""
        )
    except ApiKey.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Key %(key)s is revoked.") % {"key": row.key})
    return HttpResponseRedirect(reverse("distributor:keys"))


@require_POST
@page("distributor", "keys.edit")
def connection(request: PartyRequest) -> HttpResponse:
    """Change allow-list and callback address."""
    form = ConnectionForm(request.POST)
    if form.is_valid():
        values: dict[str, Any] = form.cleaned_data
        try:
            actions.change_distributor(
                request.party.id,
                actor=actor(request.party),
                allow_list=values["allow_list"].replace(",", "\n").splitlines(),
                callback_url=values["callback_url"],
                address=client_ip(request) or "",
            )
        except Mistake as mistake:
            form.add_error(mistake.field if mistake.field in form.fields else None, mistake.reason)
        else:
            messages.success(request, _("The connection is changed."))
            return HttpResponseRedirect(reverse("distributor:keys"))
    return _shown(request, form=form, status=422)
