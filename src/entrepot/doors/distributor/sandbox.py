"""The sandbox: everything a mall's developer needs to try without money, and the result of his conformance run."""

import json
import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.base.money import yuan
from entrepot.base.worlds import sandbox_of
from entrepot.callbacks import actions as callbacks
from entrepot.callbacks.queries import endpoint_of
from entrepot.callbacks.rules import RESERVED, TYPES
from entrepot.callbacks.words import fault_words
from entrepot.doors.distributor.callbacks import log_of
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page, scope_of
from entrepot.ledger.queries import wallet
from entrepot.parties import actions as parties
from entrepot.parties.actions import NewKey
from entrepot.parties.models import ApiKey
from entrepot.parties.queries import keys_of
from entrepot.parties.rules import LIVE_KEYS_AT_MOST
from entrepot.sandbox import actions, rules
from entrepot.sandbox.models import Sandbox
from entrepot.sandbox.queries import standing_of

CERTIFICATE_AT_MOST = 200_000
_STEP = re.compile(r"(\d{1,18}):(shipped|received|completed)\Z")


@require_GET
@page("distributor", "keys.edit", in_scope=False)
def sandbox(request: PartyRequest) -> HttpResponse:
    """Show the sandbox, or what one is good for."""
    return _shown(request)


@require_GET
@page("distributor", "keys.edit", in_scope=False)
def sandbox_calls(request: PartyRequest) -> HttpResponse:
    """Show the log of calls to the sandbox's callback address."""
    try:
        own = _own(request)
    except Sandbox.DoesNotExist:
        raise Http404 from None
    with scope.distributor(own, read_only=True):
        context = {"title": _("Callbacks of the sandbox"), "is_sandbox": True} | log_of(
            endpoint_of(own), query=request.GET
        )
    with scope_of(request.party.user, read_only=True):
        return render(request, "distributor/sandbox_calls.html", context)


def _shown(request: PartyRequest, *, new: NewKey | None = None, status: int = 200) -> HttpResponse:
    party_id = request.party.id
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    found = standing_of(party_id, language=language)
    context: dict[str, Any] = {"title": _("Sandbox"), "sandbox": found}
    if found is not None:
        base = request.build_absolute_uri("/api/v1")
        with scope.distributor(found.id, read_only=True):
            keys, endpoint, funds = list(keys_of(found.id)), endpoint_of(found.id), wallet(found.id)
        key = next((row.key for row in keys if row.is_live), "ek_test_…")
        context |= {
            "keys": keys,
            "may_issue": sum(row.is_live for row in keys) < LIVE_KEYS_AT_MOST,
            "new": new,
            "endpoint": endpoint,
            "callback_secret": callbacks.secret_of(endpoint),
            "wallet": funds,
            "base": base,
            "step_fen": rules.FUNDS_FEN,
            "skus": [sku for sku in found.skus if not sku.goods_no.endswith("-SCRIPT")],
            "scripts": [
                (one.suffix, f"{found.number}-X{one.suffix}", one.code, one.words[language == "en"])
                for one in rules.SCRIPTS
            ],
            "reason": fault_words(endpoint.reason, endpoint.reason_facts),
            "types": [name for name in TYPES if name not in RESERVED],
            "reserved": RESERVED,
            "command": command(endpoint.url, key=key, platform=request.build_absolute_uri("/").rstrip("/")),
            "outcomes": _outcomes(found.certificate),
        }
    # The frame shows the live balance, which only the party's own scope can read.
    with scope_of(request.party.user, read_only=True):
        return render(request, "distributor/sandbox.html", context, status=status)


def command(callback_url: str, *, key: str, platform: str) -> str:
    """Return the conformance run of a mall as it is typed; its secret is asked for from the environment.

    The kit reads the other secret, under which callbacks are signed, from the platform by itself.
    """
    callback = callback_url or "https://mall.example/entrepot"
    return (
        f'bin/conformance --callback {callback} --key {key} --secret "$ENTREPOT_SECRET" --platform {platform}'
        " --inspect https://mall.example/inspect"
    )


def _outcomes(certificate: Any) -> list[tuple[str, int]]:
    """Return how many checks of a certificate passed, failed and were left out."""
    checks = [] if certificate is None else certificate["checks"]
    return [(name, sum(one["outcome"] == name for one in checks)) for name in ("passed", "failed", "unchecked")]


@require_POST
@page("distributor", "keys.edit", in_scope=False)
def sandbox_deed(request: PartyRequest, deed: str) -> HttpResponse:
    """Do what one of the buttons says."""
    if deed not in _DEEDS:
        raise Http404
    try:
        if said := _DEEDS[deed](request):
            messages.success(request, said)
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    except Sandbox.DoesNotExist:
        raise Http404 from None
    return HttpResponseRedirect(reverse("distributor:sandbox-calls" if deed == "again" else "distributor:sandbox"))


def _who(request: PartyRequest) -> dict[str, str]:
    return {"actor": actor(request.party), "address": client_ip(request) or ""}


def _make(request: PartyRequest) -> str:
    if actions.make_sandbox(request.party.id, **_who(request)):
        return _("Your sandbox is ready. Issue a key to begin.")
    return _("You have a sandbox already.")


def _top_up(request: PartyRequest) -> str:
    balance_fen = actions.top_up(request.party.id, actor=actor(request.party))
    return _("The balance of the sandbox is %(amount)s now.") % {"amount": yuan(balance_fen)}


def _restore(request: PartyRequest) -> str:
    actions.restore(request.party.id, **_who(request))
    return _("The goods are as they were at the beginning.")


def _ship(request: PartyRequest) -> str:
    at_once = request.POST.get("at_once") == "yes"
    actions.set_shipping(request.party.id, at_once=at_once, **_who(request))
    return _("Orders ship at once.") if at_once else _("Orders ship by the button.")


def _call(request: PartyRequest) -> str:
    event_type = request.POST.get("type", "")
    actions.call_with(request.party.id, event_type=event_type, **_who(request))
    state = callbacks.read_endpoint(_own(request)).state
    if state == "active":
        return _("%(type)s is on its way to your callback address.") % {"type": event_type}
    told = {
        "none": _("%(type)s was not sent: enter a callback address first. It can be pulled by GET /events."),
        "pending": _(
            "%(type)s waits: the callback address has not answered its challenge yet. It is sent once it has."
        ),
        "disabled": _("%(type)s was not sent: the address is disabled. Have it asked once more, then press again."),
    }
    messages.warning(request, told[state] % {"type": event_type})
    return ""


def _again(request: PartyRequest) -> str:
    seq = request.POST.get("seq", "")
    if not seq.isascii() or not seq.isdigit() or len(seq) > 15:
        raise Http404
    with scope.in_sandbox():
        who, address = actor(request.party), client_ip(request) or ""
        count = callbacks.replay(_own(request), first_seq=int(seq), last_seq=int(seq), actor=who, address=address)
    said = _("Event %(seq)s is sent again.") if count else _("Event %(seq)s is on its way already.")
    return said % {"seq": seq}


def _move(request: PartyRequest) -> str:
    found = _STEP.match(request.POST.get("order", ""))
    if found is None:
        raise Mistake("", _("This order is not of a sandbox."))
    actions.move_on(int(found[1]), until=found[2], actor=actor(request.party), distributor_id=request.party.id)
    return _("The order is moved on.")


def _address(request: PartyRequest) -> str:
    with scope.in_sandbox():
        callbacks.set_endpoint(_own(request), url=request.POST.get("callback_url", ""), **_who(request))
    return _("The callback address is saved.")


def _ask_again(request: PartyRequest) -> str:
    with scope.in_sandbox():
        callbacks.try_again(_own(request), **_who(request))
    return _("The address is asked once more.")


def _certificate(request: PartyRequest) -> str:
    upload = request.FILES.get("certificate")
    content: Any = None
    if upload is not None and upload.size is not None and upload.size <= CERTIFICATE_AT_MOST:
        try:
            content = json.loads(upload.read())
        except ValueError:
            content = None
    actions.keep_certificate(request.party.id, certificate=content, **_who(request))
    return _("The certificate is kept.")


_DEEDS: dict[str, Callable[[PartyRequest], str]] = {
    "make": _make,
    "top-up": _top_up,
    "restore": _restore,
    "shipping": _ship,
    "call": _call,
    "again": _again,
    "move": _move,
    "address": _address,
    "ask-again": _ask_again,
    "certificate": _certificate,
}


def _own(request: PartyRequest) -> int:
    """Return the id of the party's own sandbox. Raises Sandbox.DoesNotExist."""
    found = standing_of(request.party.id, orders=0)
    if found is None:
        raise Sandbox.DoesNotExist
    return found.id


@require_POST
@page("distributor", "keys.edit", in_scope=False)
def sandbox_key(request: PartyRequest) -> HttpResponse:
    """Issue a test key and show its secret, this once."""
    try:
        new = parties.issue_key(
            _own(request),
            label=request.POST.get("label", ""),
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("distributor:sandbox"))
    except Sandbox.DoesNotExist:
        raise Http404 from None
    return _shown(request, new=new)


@require_POST
@page("distributor", "keys.edit", in_scope=False)
def sandbox_key_revoke(request: PartyRequest, key_id: int) -> HttpResponse:
    """Make a test key useless from the next call on."""
    try:
        row = parties.revoke_key(
            sandbox_of(request.party.id),
            key_id=key_id,
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
    except ApiKey.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Key %(key)s is revoked.") % {"key": row.key})
    return HttpResponseRedirect(reverse("distributor:sandbox"))
