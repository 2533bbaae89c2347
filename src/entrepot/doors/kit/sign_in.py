"""Signing in: an entrance for each back office, a password, a second factor, and the way out."""

import time
from typing import cast

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.usersessions.models import UserSession
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.signals import user_login_failed
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from entrepot.base import actors
from entrepot.doors.kit import demo, second_factor
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.language import own_address, remember
from entrepot.doors.kit.shell import OFFICES
from entrepot.doors.kit.steps import ENROL_KEY, mark_confirmed
from entrepot.events import operations
from entrepot.parties.models import User

_PENDING_KEY = "kit.pending"
_PENDING_S = 300
_BACKEND = "entrepot.doors.kit.backend.EntranceBackend"
_LOCKED = _("Too many attempts. This account is locked for 15 minutes.")


class SignInForm(forms.Form):
    """User name and password."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """A code of the app or a recovery code, or what a passkey answered."""

    code = forms.CharField(
        label=_("Code"),
        max_length=16,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-input", "autofocus": True}
        ),
    )
    credential = forms.JSONField(required=False, widget=forms.HiddenInput)


@never_cache
@csrf_protect
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask for name and password at one of the entrances."""
    onward = own_address(request, address=request.GET.get("next", "")) or f"/{kind}/"
    if request.method == "GET":
        if request.user.is_authenticated and request.user.kind == kind:
            return HttpResponseRedirect(onward)
        return _entrance(request, kind=kind, form=SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _entrance(request, kind=kind, form=form, status=422)
    name, password = form.cleaned_data["username"], form.cleaned_data["password"]
    user = authenticate(request, username=name, password=password, entrance=kind)
    if user is None:
        locked = not AxesProxyHandler.is_allowed(request, {"username": name})
        form.add_error(None, _LOCKED if locked else _("User name or password is wrong."))
        return _entrance(request, kind=kind, form=form, status=429 if locked else 422)
    if second_factor.has_any(user):
        # Nobody is signed in yet. The session changes its key here too, so that one planted before is worth nothing.
        request.session.flush()
        request.session[_PENDING_KEY] = {"user": user.pk, "at": time.time(), "next": onward}
        return HttpResponseRedirect(f"/{kind}/login/code/")
    return _let_in(request, user=user, onward=onward)


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask for the second factor of somebody whose password was right."""
    pending = request.session.get(_PENDING_KEY) or {}
    user = User.objects.filter(pk=pending.get("user", 0), kind=kind, is_active=True).first()
    if user is None or time.time() - pending["at"] > _PENDING_S:
        return HttpResponseRedirect(f"/{kind}/login/")
    if request.method == "GET":
        return _code_page(request, user=user, form=CodeForm())
    form = CodeForm(request.POST)
    credentials = {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        form.add_error(None, _LOCKED)
        return _code_page(request, user=user, form=form, status=429)
    if form.is_valid() and proves(user, form=form):
        return _let_in(request, user=user, onward=pending["next"])
    # A wrong code counts like a wrong password: five of either lock the account for a while.
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    form.add_error("code", _("This code is wrong or was used already."))
    return _code_page(request, user=user, form=form, status=422)


def proves(user: User, *, form: CodeForm) -> bool:
    """Check a code, or a passkey's answer to the challenge kept in this session."""
    if credential := form.cleaned_data.get("credential"):
        try:
            passkey = passkeys.complete_authentication(user, credential)
        except forms.ValidationError:
            return False
        passkey.record_usage()
        return True
    code = form.cleaned_data.get("code", "")
    return bool(code) and second_factor.check_code(user, code=code)


def _let_in(request: HttpRequest, *, user: User, onward: str) -> HttpResponse:
    """Sign the user in: a new session key, a line in the list of his sessions, his language."""
    request.session.pop(_PENDING_KEY, None)
    login(request, user, backend=_BACKEND)
    if second_factor.is_required(user) and not second_factor.has_any(user):
        request.session[ENROL_KEY] = True
    mark_confirmed(request)
    request.session.save()
    for ended in UserSession.objects.filter(user=user):
        if not ended.exists():
            ended.delete()
    UserSession.objects.create(
        user=user,
        session_key=cast(str, request.session.session_key),
        ip=client_ip(request) or "0.0.0.0",  # noqa: S104 - "unknown", not an address to listen on
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:200],
    )
    operations.record(
        actor=actors.staff(user.kind, party_id=user.party_id, user_id=user.pk, name=user.username),
        verb="user.signed_in",
        object_kind="user",
        object_id=user.pk,
        label=user.username,
        address=client_ip(request) or "",
    )
    response = HttpResponseRedirect(onward)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        remember(response, code=user.language)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session and go back to the entrance it came in by."""
    kind = request.user.kind if request.user.is_authenticated else ""
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)
    return HttpResponseRedirect(f"/{kind}/login/" if kind else "/")


def _entrance(request: HttpRequest, *, kind: str, form: SignInForm, status: int = 200) -> HttpResponse:
    if kind not in OFFICES:
        raise Http404
    context = {"kind": kind, "office": OFFICES[kind].title, "form": form, "accounts": demo.accounts(kind)}
    return render(request, "kit/sign_in.html", context, status=status)


def _code_page(request: HttpRequest, *, user: User, form: CodeForm, status: int = 200) -> HttpResponse:
    types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    has_passkey = Authenticator.Type.WEBAUTHN in types
    context = {
        "kind": user.kind,
        "office": OFFICES[user.kind].title,
        "form": form,
        "demo_code": second_factor.demo_code(user),
        "has_app": Authenticator.Type.TOTP in types,
        "passkey": dict(passkeys.begin_authentication(user)) if has_passkey else None,
    }
    return render(request, "kit/sign_in_code.html", context, status=status)
