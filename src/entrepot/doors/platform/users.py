"""People who sign in: the list, a new one for the platform, roles, passwords, locking out."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.attempts import attempt
from entrepot.doors.platform.suppliers import credentials
from entrepot.parties import actions
from entrepot.parties.models import PartyKind, Role, User
from entrepot.parties.queries import roles_of

_TABS = (
    (PartyKind.PLATFORM, _("Platform")),
    (PartyKind.SUPPLIER, _("Suppliers")),
    (PartyKind.DISTRIBUTOR, _("Distributors")),
    (PartyKind.REFERRER, _("Referrers")),
)
_COLUMNS = (
    Column(title=_("Login name"), value=lambda row: row.username, width=20),
    Column(title=_("Name"), value=lambda row: row.display_name, width=20),
    Column(title=_("Works for"), value=lambda row: str(row.party or gettext("Platform")), width=28),
    Column(title=_("Roles"), value=lambda row: ", ".join(role.name for role in row.roles.all()), width=28),
    Column(title=_("State"), value=lambda row: gettext("Active") if row.is_active else gettext("Disabled"), width=12),
    Column(title=_("Last signed in"), value=lambda row: row.last_login, kind="moment", width=20),
)


class UserSearch(FilterForm):
    """A user by name or login name."""

    text = forms.CharField(label=_("Name or login name"), max_length=60)
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All")), ("active", _("Active")), ("disabled", _("Disabled"))]
    )

    def rows(self) -> QuerySet[User]:
        """Return the users that meet the search."""
        found = (
            User.objects.select_related("supplier", "distributor", "referrer").prefetch_related("roles").order_by("-id")
        )
        if text := self.value("text"):
            found = found.filter(Q(username__icontains=text) | Q(display_name__icontains=text))
        if state := self.value("state"):
            found = found.filter(is_active=state == "active")
        return found


class RolesField(forms.TypedMultipleChoiceField):
    """Roles of one back office, as boxes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Roles"), coerce=int, widget=forms.CheckboxSelectMultiple, **kwargs)

    def load(self, kind: str) -> None:
        """Take the roles there are now."""
        self.choices = [(role.pk, role.name) for role in roles_of(kind)]


class NewUserForm(forms.Form):
    """A person of the platform's own staff."""

    username = forms.CharField(
        label=_("Login name"),
        max_length=40,
        help_text=_("3 to 40 letters, digits, dots, hyphens or underscores. The password is made up and shown once."),
    )
    display_name = forms.CharField(label=_("Name"), max_length=40)
    roles = RolesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].load("platform")  # type: ignore[attr-defined]


class UserForm(forms.Form):
    """The name a user is shown by, and his roles."""

    display_name = forms.CharField(label=_("Name"), max_length=40)
    roles = RolesField(required=False)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].load(kind)  # type: ignore[attr-defined]


@page("platform", "users.view")
@require_GET
def users(request: PartyRequest) -> HttpResponseBase:
    """Show the users of all back offices, or hand them out as a sheet."""
    form = UserSearch(request.GET)
    tab = request.GET.get("tab", "")
    found = form.rows()
    listed = found.filter(kind=tab) if tab in PartyKind.values else found
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('users')}-{timezone.localtime():%Y%m%d-%H%M}"
        return export_xlsx(listed.iterator(chunk_size=500), name=name, columns=_COLUMNS)
    counted = dict(found.order_by().values_list("kind").annotate(Count("id")))
    context = {
        "title": _("Users"),
        "form": form,
        "tabs": [
            ("", _("All"), sum(counted.values())),
            *((kind, word, counted.get(kind, 0)) for kind, word in _TABS),
        ],
        "page": page_of(listed, query=request.GET),
        "is_narrowed": bool(form.used or tab),
        "can_edit": request.party.can("users.edit"),
    }
    return render(request, "platform/users.html", context)


@page("platform", "users.edit")
@require_http_methods(["GET", "POST"])
def user_new(request: PartyRequest) -> HttpResponse:
    """Add a person to the platform's staff; the one-time password is shown this once."""
    form = NewUserForm(request.POST or None)

    def act(cleaned: dict[str, Any]) -> actions.NewUser:
        return actions.create_user(
            "platform",
            username=cleaned["username"],
            display_name=cleaned["display_name"],
            role_ids=cleaned["roles"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if request.method == "POST" and (made := attempt(form, act)):
        back = reverse("platform:user", args=[made.user.pk])
        return credentials(request, title=made.user.display_name, user=made, back=back, entrance="platform")
    context = {"title": _("New user"), "form": form, "back": reverse("platform:users")}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "users.view")
@require_http_methods(["GET", "POST"])
def user(request: PartyRequest, user_id: int) -> HttpResponse:
    """Show one user; with the permission, change his name and roles."""
    row = _user(user_id)
    can_edit = request.party.can("users.edit")
    if request.method == "POST" and not can_edit:
        return HttpResponse(status=403)
    initial = {"display_name": row.display_name, "roles": [role.pk for role in row.roles.all()]}
    form = UserForm(request.POST or None, kind=row.kind, initial=initial)

    def act(cleaned: dict[str, Any]) -> User:
        who, where = actor(request.party), client_ip(request) or ""
        actions.rename_user(user_id, display_name=cleaned["display_name"], actor=who, address=where)
        return actions.set_roles(user_id, role_ids=cleaned["roles"], actor=who, address=where)

    if request.method == "POST" and attempt(form, act) is not None:
        messages.success(request, gettext("%(name)s is saved.") % {"name": row.username})
        return HttpResponseRedirect(reverse("platform:user", args=[user_id]))
    context = {
        "title": row.display_name or row.username,
        "user_row": row,
        "form": form if can_edit else None,
        "is_me": row.pk == request.party.user.pk,
    }
    return render(request, "platform/user.html", context, status=422 if form.is_bound else 200)


@page("platform", "users.edit")
@require_POST
def user_password(request: PartyRequest, user_id: int) -> HttpResponse:
    """Give a user a made-up password, shown this once; his sessions end."""
    row = _user(user_id)
    made = actions.reset_password(user_id, actor=actor(request.party), address=client_ip(request) or "")
    back = reverse("platform:user", args=[user_id])
    return credentials(request, title=row.display_name or row.username, user=made, back=back, entrance=row.kind)


@page("platform", "users.edit")
@require_POST
def user_state(request: PartyRequest, user_id: int) -> HttpResponse:
    """Lock a user out, or let him in again."""
    row = _user(user_id)
    change = actions.activate_user if request.POST.get("do") == "activate" else actions.deactivate_user
    reason = request.POST.get("reason", "")[:200]
    form = forms.Form(request.POST)

    def act(_cleaned: dict[str, Any]) -> User:
        return change(user_id, reason=reason, actor=actor(request.party), address=client_ip(request) or "")

    if attempt(form, act):
        messages.success(request, gettext("%(name)s is saved.") % {"name": row.username})
    else:
        messages.error(request, " ".join(str(error) for error in form.non_field_errors()))
    return HttpResponseRedirect(reverse("platform:user", args=[user_id]))


def _user(user_id: int) -> User:
    row = (
        User.objects.select_related("supplier", "distributor", "referrer")
        .prefetch_related("roles")
        .filter(pk=user_id)
        .first()
    )
    if row is None:
        raise Http404
    return row


def role_kinds() -> dict[str, list[Role]]:
    """Return the roles of all back offices by back office."""
    found: dict[str, list[Role]] = {str(kind): [] for kind in PartyKind}
    for role in Role.objects.annotate(user_count=Count("users")).order_by("id"):
        found[role.kind].append(role)
    return found
