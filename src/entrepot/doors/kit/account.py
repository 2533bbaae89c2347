"""A user's own account: password, second factor, passkeys, recovery codes, sessions."""

from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.usersessions.models import UserSession
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.signals import user_login_failed
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.doors.kit import operations, second_factor
from entrepot.doors.kit.language import own_address
from entrepot.doors.kit.party import PartyRequest, View, page
from entrepot.doors.kit.steps import ENROL_KEY, is_confirmed, mark_confirmed
from entrepot.parties.models import User

_SIGNED_FOR = "kit.second-factor"
_SECRET_S = 900


def _fresh(view: View) -> View:
    """Let only somebody in who proved within the last ten minutes who he is; others prove it first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_confirmed(request):
            return view(request, *args, **kwargs)
        onward = request.path if request.method == "GET" else reverse("kit:account")
        return HttpResponseRedirect(f"{reverse('kit:confirm')}?{urlencode({'next': onward})}")

    return guarded


@page()
@require_GET
def account(request: PartyRequest) -> HttpResponse:
    """Show what guards the account and where it is signed in."""
    user = request.party.user
    found = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    context = {
        "title": _("Account and security"),
        "app": next((one for one in found if one.type == Authenticator.Type.TOTP), None),
        "passkeys": [(one, one.wrap().name) for one in found if one.type == Authenticator.Type.WEBAUTHN],
        "codes_left": _codes_left(found),
        "is_required": second_factor.is_required(user),
        "sessions": [
            (one, one.session_key == request.session.session_key)
            for one in UserSession.objects.filter(user=user).order_by("-last_seen_at")
            if one.exists()
        ],
    }
    return render(request, "kit/account.html", context)


def _codes_left(found: list[Authenticator]) -> int | None:
    for one in found:
        if one.type == Authenticator.Type.RECOVERY_CODES:
            return len(RecoveryCodes(one).get_unused_codes())
    return None


class ConfirmForm(forms.Form):
    """The password once more."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


@page()
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def confirm(request: PartyRequest) -> HttpResponse:
    """Ask for the password once more before something that guards the account is changed."""
    user = request.party.user
    form = ConfirmForm(request.POST or None)
    onward = own_address(request, address=request.GET.get("next", "")) or reverse("kit:account")
    if request.method == "POST" and form.is_valid():
        credentials = {"username": user.username}
        if not AxesProxyHandler.is_allowed(request, credentials):
            form.add_error(None, _("Too many attempts. This account is locked for 15 minutes."))
        elif user.check_password(form.cleaned_data["password"]):
            mark_confirmed(request)
            return HttpResponseRedirect(onward)
        else:
            user_login_failed.send(sender=__name__, credentials=credentials, request=request)
            form.add_error("password", _("The password is wrong."))
    context = {"title": _("Please confirm that it is you"), "form": form}
    return render(request, "kit/account_confirm.html", context, status=422 if form.errors else 200)


@page()
@_fresh
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: PartyRequest) -> HttpResponse:
    """Change the password; every other session ends."""
    user = request.party.user
    form = PasswordChangeForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        _end_other_sessions(request)
        UserSession.objects.filter(user=user).update(session_key=request.session.session_key)
        operations.record(request, verb="user.password_changed", of=user)
        messages.success(request, gettext("The password is changed; you were signed out everywhere else."))
        return HttpResponseRedirect(reverse("kit:account"))
    context = {"title": _("Change the password"), "form": form}
    return render(request, "kit/account_form.html", context, status=422 if form.errors else 200)


class EnrolForm(forms.Form):
    """The first code of a new app, with the secret it was made from, signed by us."""

    secret = forms.CharField(widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("Code from the app"),
        max_length=10,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-input", "autofocus": True}
        ),
    )


@page(before_steps=True)
@_fresh
@require_http_methods(["GET", "POST"])
def enrol(request: PartyRequest) -> HttpResponse:
    """Set up an app for one-time codes: show its QR code, ask for a first code, hand out recovery codes."""
    user = request.party.user
    title = _("Second factor by app")
    if request.method == "GET":
        secret = second_factor.new_secret()
        signed = signing.dumps([user.pk, secret], salt=_SIGNED_FOR, compress=True)
        form = EnrolForm(initial={"secret": signed})
        return _enrol_page(request, form=form, secret=secret)
    form = EnrolForm(request.POST)
    try:
        owner, secret = signing.loads(request.POST.get("secret", ""), salt=_SIGNED_FOR, max_age=_SECRET_S)
    except signing.BadSignature:
        owner = 0
    if owner != user.pk:
        messages.warning(request, gettext("That took too long; here is a new QR code."))
        return HttpResponseRedirect(request.path)
    step = second_factor.fits(secret, code=form.cleaned_data["code"]) if form.is_valid() else None
    if step is None:
        form.add_error("code", _("This code does not fit. Is the clock of the device right?"))
        return _enrol_page(request, form=form, secret=secret, status=422)
    codes = second_factor.enrol(user, secret=secret, step=step)
    request.session.pop(ENROL_KEY, None)
    operations.record(request, verb="user.second_factor_added", of=user, after={"type": "totp"})
    return render(request, "kit/account_codes.html", {"title": title, "codes": codes, "is_new": True})


def _enrol_page(request: PartyRequest, *, form: EnrolForm, secret: str, status: int = 200) -> HttpResponse:
    context = {
        "title": _("Second factor by app"),
        "form": form,
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "qr": second_factor.qr(request.party.user, secret=secret),
        "must": ENROL_KEY in request.session,
    }
    return render(request, "kit/account_enrol.html", context, status=status)


@page()
@_fresh
@require_POST
def remove_factor(request: PartyRequest, factor_id: int) -> HttpResponse:
    """Remove an app or a passkey; platform staff keep at least one."""
    user = request.party.user
    mine = Authenticator.objects.select_for_update().filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    factor = get_object_or_404(mine, pk=factor_id)
    is_last = mine.count() == 1
    if is_last and second_factor.is_required(user):
        messages.error(request, gettext("Platform staff need a second factor: add another one first."))
        return HttpResponseRedirect(reverse("kit:account"))
    factor.delete()
    if is_last:
        Authenticator.objects.filter(user=user).delete()
    operations.record(request, verb="user.second_factor_removed", of=user, before={"type": factor.type})
    messages.success(request, gettext("Removed."))
    return HttpResponseRedirect(reverse("kit:account"))


@page()
@_fresh
@require_POST
def recovery_codes(request: PartyRequest) -> HttpResponse:
    """Make new recovery codes; the old ones stop working. They are shown this once."""
    user = request.party.user
    if not second_factor.has_any(user):
        return HttpResponseRedirect(reverse("kit:account"))
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(user).get_unused_codes()
    operations.record(request, verb="user.recovery_codes_made", of=user)
    return render(request, "kit/account_codes.html", {"title": _("Recovery codes"), "codes": codes})


class PasskeyForm(forms.Form):
    """A name for a new passkey, and what the browser made."""

    name = forms.CharField(label=_("Name of the passkey"), max_length=60)
    credential = forms.JSONField(widget=forms.HiddenInput)


@page(before_steps=True)
@_fresh
@require_http_methods(["GET", "POST"])
def add_passkey(request: PartyRequest) -> HttpResponse:
    """Add a passkey of this device or of a security key."""
    user = request.party.user
    form = PasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            credential = form.cleaned_data["credential"]
            passkeys.parse_registration_response(credential)
            passkeys.complete_registration(credential)
        except forms.ValidationError:
            form.add_error(None, _("The passkey was not accepted. Please try again."))
        else:
            passkeys.WebAuthn.add(user, form.cleaned_data["name"], credential)
            request.session.pop(ENROL_KEY, None)
            operations.record(request, verb="user.second_factor_added", of=user, after={"type": "webauthn"})
            codes = RecoveryCodes.activate(user).get_unused_codes()
            context = {"title": _("Passkey added"), "codes": codes, "is_new": True}
            return render(request, "kit/account_codes.html", context)
    # The challenge goes into the session, which is no table of the trade and is saved after the page.
    options = dict(passkeys.begin_registration(user, passwordless=False))
    context = {"title": _("Add a passkey"), "form": form, "options": options}
    return render(request, "kit/account_passkey.html", context, status=422 if form.errors else 200)


@page()
@require_POST
def end_session(request: PartyRequest, session_id: int) -> HttpResponse:
    """Sign out one of the user's own sessions."""
    session = get_object_or_404(UserSession, pk=session_id, user=request.party.user)
    session.end()
    operations.record(request, verb="user.session_ended", of=request.party.user, before={"address": session.ip})
    messages.success(request, gettext("Signed out there."))
    return HttpResponseRedirect(reverse("kit:account"))


@page()
@require_POST
def end_other_sessions(request: PartyRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    ended = _end_other_sessions(request)
    operations.record(request, verb="user.other_sessions_ended", of=request.party.user, before={"sessions": ended})
    messages.success(request, gettext("Signed out everywhere else."))
    return HttpResponseRedirect(reverse("kit:account"))


def _end_other_sessions(request: PartyRequest) -> int:
    return end_sessions(request.party.user, spare=request.session.session_key or "")


def end_sessions(user: User, *, spare: str = "") -> int:
    """End a user's sessions, all or all but one: after a new password, or when the platform locks somebody out.

    Returns how many there were.
    """
    sessions = list(UserSession.objects.filter(user=user).exclude(session_key=spare))
    for session in sessions:
        session.end()
    return len(sessions)
