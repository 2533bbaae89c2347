"""Roles of the three back offices, each with its matrix of permissions."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.shell import OFFICES
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale
from entrepot.doors.platform.permission_words import matrix, permission_word
from entrepot.doors.platform.users import role_kinds
from entrepot.parties import actions
from entrepot.parties.models import PartyKind, Role
from entrepot.parties.rules import EVERYTHING, PERMISSIONS


class RoleForm(SeenForm):
    """A role: its name and what those who have it may do."""

    name = forms.CharField(label=_("Role name"), max_length=40)
    permissions = forms.MultipleChoiceField(label=_("Permissions"), required=False)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["permissions"].choices = [  # type: ignore[attr-defined]
            (code, permission_word(code)) for code in PERMISSIONS[kind]
        ]

    @property
    def rows(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """Return the matrix: heading, then code, word and whether it is given."""
        given = set(self["permissions"].value() or ())
        return [(head, [(code, word, code in given) for code, word in found]) for head, found in matrix(self.kind)]


@page("platform", "users.view")
@require_GET
def roles(request: PartyRequest) -> HttpResponse:
    """Show the roles of all back offices."""
    groups = [
        (
            OFFICES[kind].title,
            kind,
            [(role, [permission_word(code) for code in role.permissions]) for role in found],
            [permission_word(code) for code in _given_to_nobody(kind, roles=found)],
        )
        for kind, found in role_kinds().items()
    ]
    context = {"title": _("Roles"), "groups": groups, "can_edit": request.party.can("users.edit")}
    return render(request, "platform/roles.html", context)


def _given_to_nobody(kind: str, *, roles: list[Any]) -> list[str]:
    """Return the permissions that nobody has by a role of his, save those who may do everything."""
    given = {code for role in roles if role.user_count for code in role.permissions}
    return [code for code in PERMISSIONS[kind] if code not in given]


@page("platform", "users.edit")
@require_http_methods(["GET", "POST"])
def role_new(request: PartyRequest, kind: str) -> HttpResponse:
    """Add a role to a back office."""
    if kind not in PartyKind.values:
        raise Http404
    form = RoleForm(request.POST or None, kind=kind, initial={"seen": "new"})

    def act(cleaned: dict[str, Any]) -> Role:
        return actions.create_role(
            kind,
            name=cleaned["name"],
            permissions=cleaned["permissions"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if request.method == "POST" and (made := attempt(form, act)):
        messages.success(request, gettext("Role “%(name)s” is added.") % {"name": made.name})
        return HttpResponseRedirect(reverse("platform:roles"))
    context = {"title": _("New role"), "form": form, "office": OFFICES[kind].title}
    return render(request, "platform/role.html", context, status=422 if form.is_bound else 200)


@page("platform", "users.edit")
@require_http_methods(["GET", "POST"])
def role_edit(request: PartyRequest, role_id: int) -> HttpResponse:
    """Change a role for all who have it."""
    role = Role.objects.filter(pk=role_id).first()
    if role is None or EVERYTHING in role.permissions:
        raise Http404
    initial = {"name": role.name, "permissions": role.permissions, "seen": mark_of(role, "name", "permissions")}
    form = RoleForm(request.POST or None, kind=role.kind, initial=initial)

    def act(cleaned: dict[str, Any]) -> Role:
        locked = Role.objects.select_for_update(no_key=True).get(pk=role_id)
        refuse_stale(cleaned["seen"], mark=mark_of(locked, "name", "permissions"))
        return actions.change_role(
            role_id,
            name=cleaned["name"],
            permissions=cleaned["permissions"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if request.method == "POST" and attempt(form, act) is not None:
        messages.success(request, gettext("Role “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return HttpResponseRedirect(reverse("platform:roles"))
    context = {"title": role.name, "form": form, "office": OFFICES[role.kind].title}
    return render(request, "platform/role.html", context, status=422 if form.is_bound else 200)
