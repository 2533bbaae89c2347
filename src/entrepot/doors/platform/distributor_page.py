"""The page of one distributor: money, keys, terms, latest movements."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import attempt
from entrepot.doors.platform.choice_words import DISTRIBUTOR_KINDS
from entrepot.doors.platform.log_words import changes_of, verb_word
from entrepot.doors.platform.suppliers import WhyForm
from entrepot.events.queries import operations_on
from entrepot.ledger.queries import statement, wallet
from entrepot.parties import actions
from entrepot.parties.models import ApiKey, Distributor
from entrepot.parties.queries import keys_of, role_names_of, users_of
from entrepot.sandbox.actions import make_sandbox
from entrepot.sandbox.queries import kept_of

MOVEMENT_WORDS: dict[str, Any] = {
    "top_up": _("Top-up"),
    "adjustment": _("Adjustment"),
    "draw": _("Order drawn"),
    "refund": _("Refund of an order"),
    "membership": _("Membership paid"),
}
_LATEST = 8


class KeyForm(forms.Form):
    """What a key is for."""

    label = forms.CharField(label=_("Label"), max_length=60, required=False)


def distributor_or_404(distributor_id: int) -> Distributor:
    """Return a distributor with his tier; no such one is no such page."""
    row = Distributor.objects.select_related("tier").filter(pk=distributor_id).first()
    if row is None:
        raise Http404
    return row


@page("platform", "distributors.view")
@require_GET
def distributor(request: PartyRequest, distributor_id: int) -> HttpResponse:
    """Show one distributor."""
    return shown(request, distributor_id=distributor_id)


def shown(request: PartyRequest, *, distributor_id: int, **forms_given: forms.Form) -> HttpResponse:
    """Show one distributor with the forms given, which came back with errors."""
    row = distributor_or_404(distributor_id)
    party = request.party
    context: dict[str, Any] = {
        "title": row.name,
        "distributor": row,
        "kind": DISTRIBUTOR_KINDS.get(row.kind, ""),
        "hold_minutes": row.hold_ttl_s // 60,
        "wallet": wallet(distributor_id),
        "keys": keys_of(distributor_id),
        "users": role_names_of(users_of("distributor", party_id=distributor_id)),
        "history": [
            (line, verb_word(line.verb), changes_of(line))
            for line in operations_on("distributor", object_id=distributor_id)[:10]
        ],
        "key_form": KeyForm(),
        "why_form": WhyForm(),
        "can": {
            "edit": party.can("distributors.edit"),
            "keys": party.can("keys.edit"),
            "credit": party.can("money.credit"),
            "ledger": party.can("ledger.view"),
            "orders": party.can("orders.view"),
            "users": party.can("users.view"),
        },
        "link": request.build_absolute_uri("/distributor/"),
        "sandbox": kept_of(distributor_id),
    }
    if context["can"]["ledger"]:
        rows = statement(distributor_id=distributor_id)[:_LATEST]
        context["movements"] = [(move, MOVEMENT_WORDS.get(move.kind, move.kind)) for move in rows]
    return render(request, "platform/distributor.html", context | forms_given, status=422 if forms_given else 200)


@page("platform", "keys.edit", in_scope=False)
@require_POST
def sandbox_make(request: PartyRequest, distributor_id: int) -> HttpResponse:
    """Make the distributor's sandbox for him; keys he issues himself."""
    try:
        make_sandbox(distributor_id, actor=actor(request.party), address=client_ip(request) or "")
    except Distributor.DoesNotExist:
        raise Http404 from None
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        messages.success(
            request, gettext("The sandbox is ready; its keys are issued in the distributor's back office.")
        )
    return HttpResponseRedirect(reverse("platform:distributor", args=[distributor_id]))


@page("platform", "keys.edit")
@require_POST
def key_issue(request: PartyRequest, distributor_id: int) -> HttpResponse:
    """Issue a key; its secret is shown this once."""
    row = distributor_or_404(distributor_id)
    form = KeyForm(request.POST)

    def act(cleaned: dict[str, Any]) -> actions.NewKey:
        return actions.issue_key(
            distributor_id, label=cleaned["label"], actor=actor(request.party), address=client_ip(request) or ""
        )

    made = attempt(form, act)
    if made is None:
        return shown(request, distributor_id=distributor_id, key_form=form)
    context = {
        "title": row.name,
        "key": made.key,
        "secret": made.secret,
        "back": reverse("platform:distributor", args=[distributor_id]),
    }
    return render(request, "platform/key_issued.html", context)


@page("platform", "keys.edit")
@require_POST
def key_revoke(request: PartyRequest, distributor_id: int, key_id: int) -> HttpResponse:
    """Make a key useless from the next call on."""
    distributor_or_404(distributor_id)
    try:
        row = actions.revoke_key(
            distributor_id,
            key_id=key_id,
            reason=request.POST.get("reason", "")[:200],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
    except ApiKey.DoesNotExist:
        raise Http404 from None
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        messages.success(request, gettext("Key %(key)s no longer works.") % {"key": row.key})
    return HttpResponseRedirect(reverse("platform:distributor", args=[distributor_id]))
