"""The distributor's own users."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.account import end_sessions
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.parties import actions
from entrepot.parties.actions import NewUser
from entrepot.parties.models import User
from entrepot.parties.queries import roles_of, users_of

_KIND = "distributor"


def _role_choices() -> list[tuple[int, str]]:
    return [(role.pk, role.name) for role in roles_of(_KIND)]


class UserForm(forms.Form):
    """A new user."""

    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    display_name = forms.CharField(label=gettext_lazy("Name"), max_length=40, required=False)
    roles = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Roles"), coerce=int, choices=_role_choices, widget=forms.CheckboxSelectMultiple
    )


@require_GET
@page(_KIND, "users.view")
def users(request: PartyRequest) -> HttpResponse:
    """Show who may sign in, and as what."""
    return _shown(request)


def _shown(
    request: PartyRequest, *, form: UserForm | None = None, new: NewUser | None = None, status: int = 200
) -> HttpResponse:
    rows = [(user, {role.pk for role in user.roles.all()}) for user in users_of(_KIND, party_id=request.party.id)]
    context = {
        "title": _("Users"),
        "rows": rows,
        "roles": [(role.pk, role.name) for role in roles_of(_KIND)],
        "form": form or UserForm(),
        "new": new,
        "can_edit": request.party.can("users.edit"),
    }
    return render(request, "distributor/users.html", context, status=status)


@require_POST
@page(_KIND, "users.edit")
def user_create(request: PartyRequest) -> HttpResponse:
    """Add a user and show the password made up for him, this once."""
    form = UserForm(request.POST)
    if form.is_valid():
        values: dict[str, Any] = form.cleaned_data
        try:
            new = actions.create_user(
                _KIND,
                username=values["username"],
                actor=actor(request.party),
                party_id=request.party.id,
                display_name=values["display_name"],
                role_ids=values["roles"],
                address=client_ip(request) or "",
            )
        except Mistake as mistake:
            form.add_error(mistake.field if mistake.field in form.fields else None, mistake.reason)
        else:
            return _shown(request, new=new)
    return _shown(request, form=form, status=422)


@require_POST
@page(_KIND, "users.edit")
def user_step(request: PartyRequest, user_id: int, step: str) -> HttpResponse:
    """Change the roles of a user, lock him out or let him in, or give him a new password."""
    who, where = actor(request.party), client_ip(request) or ""
    try:
        if step == "roles":
            ids = [int(text) for text in request.POST.getlist("roles") if text.isdigit() and len(text) < 19]
            user = actions.set_roles(user_id, role_ids=ids, actor=who, address=where)
            messages.success(request, _("The roles of %(name)s are changed.") % {"name": user.username})
        elif step == "lock":
            user = actions.deactivate_user(user_id, actor=who, address=where)
            end_sessions(user)
            messages.success(request, _("%(name)s is locked out.") % {"name": user.username})
        elif step == "unlock":
            user = actions.activate_user(user_id, actor=who, address=where)
            messages.success(request, _("%(name)s may sign in again.") % {"name": user.username})
        elif step == "password":
            new = actions.reset_password(user_id, actor=who, address=where)
            end_sessions(new.user)
            return _shown(request, new=new)
        else:
            raise Http404
    except User.DoesNotExist:
        raise Http404 from None
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    return HttpResponseRedirect(reverse("distributor:users"))
