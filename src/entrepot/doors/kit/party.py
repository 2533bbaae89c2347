"""Who is looking: the party behind a request, and the guard on every page of a back office."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_protect

from entrepot.base import scope
from entrepot.doors.kit.shell import OFFICES, Office
from entrepot.doors.kit.steps import next_step
from entrepot.parties.models import Distributor, User

ALL = "*"
"""The permission that stands for every permission of a back office."""


@dataclass(frozen=True, kw_only=True)
class Party:
    """One of the parties, as the signed-in user stands for it.

    `id` is the supplier's, distributor's or referrer's id and 0 for the platform; `permissions` are those of the user's roles.
    """

    kind: str
    id: int
    name: str
    user: User
    permissions: frozenset[str]

    @property
    def office(self) -> Office:
        """Return the back office this party works in."""
        return OFFICES[self.kind]

    def can(self, permission: str) -> bool:
        """Tell whether the user holds a permission; an empty one is held by everybody."""
        return not permission or permission in self.permissions or ALL in self.permissions


class PartyRequest(HttpRequest):
    """A request that `page` has let in: `party` is set.

    A page that reads the available funds itself leaves them in `wallet_fen` for its frame.
    """

    party: Party
    wallet_fen: int


View = Callable[..., HttpResponseBase]


def party_of(user: User) -> Party:
    """Return the party of a signed-in user, with the permissions of his roles; call it inside `scope_of(user)`.

    A superuser holds every permission of his own back office, and no other back office.
    """
    if user.distributor_id:
        # Every page of his office says so when his mall cannot be called: read at one go.
        user.distributor = Distributor.objects.select_related("endpoint").get(pk=user.distributor_id)
    owner = user.party
    if user.is_superuser:
        permissions = frozenset([ALL])
    else:
        held: list[str] | None = getattr(user, "role_permissions", None)  # as the session's user was read
        if held is None:
            roles = user.roles.filter(kind=user.kind).values_list("permissions", flat=True)
            held = [name for names in roles for name in names]
        permissions = frozenset(held)
    name = owner.name if owner else gettext("Platform operations")
    return Party(kind=user.kind, id=user.party_id, name=name, user=user, permissions=permissions)


def scope_of(user: User, *, read_only: bool = False) -> AbstractContextManager[None]:
    """Return the transaction in which the database shows the rows of the user's party and no others."""
    if user.kind == "platform":
        return scope.platform(read_only=read_only)
    if user.kind == "supplier":
        return scope.supplier(user.party_id, read_only=read_only)
    if user.kind == "referrer":
        return scope.referrer(user.party_id, read_only=read_only)
    return scope.distributor(user.party_id, read_only=read_only)


def page(
    kind: str = "", permission: str = "", *, before_steps: bool = False, in_scope: bool = True
) -> Callable[[View], View]:
    """Make a view a page of one back office, or of every one when `kind` is empty: right party, permission, rows.

    Nobody signed in: to the sign-in page of this back office. Signed in elsewhere: 404, as if the address did not
    exist. Permission missing: 403. The view then runs inside a transaction in the party's scope, which is read only
    for GET and HEAD, so a page that is merely looked at can never write. Requests that write are CSRF-protected.
    `before_steps` opens the page to somebody who must still set up a second factor. With `in_scope` off the view runs
    after that transaction and opens its own: so must views that ask the desk, whose batches are whole transactions.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not user.is_authenticated:
                return _to_sign_in(request, kind=kind)
            if kind and user.kind != kind:
                raise Http404
            if not before_steps and (step := next_step(request)) is not None:
                return step
            inner = cast(PartyRequest, request)
            with scope_of(user, read_only=request.method in ("GET", "HEAD")):
                inner.party = party_of(user)
                if not inner.party.can(permission):
                    raise PermissionDenied(permission)
                if in_scope:
                    return view(inner, *args, **kwargs)
            return view(inner, *args, **kwargs)

        guarded.page_of = (kind, permission)  # type: ignore[attr-defined]
        return csrf_protect(guarded)

    return wrap


def _to_sign_in(request: HttpRequest, *, kind: str) -> HttpResponse:
    address = f"/{kind}/login/" if kind else "/"
    if request.headers.get("HX-Request") == "true":
        # A part of a page cannot hold the sign-in form: let the whole window go there.
        return HttpResponse(headers={"HX-Redirect": address})
    if not kind or request.method != "GET":
        return HttpResponseRedirect(address)
    return HttpResponseRedirect(f"{address}?{urlencode({'next': request.get_full_path()})}")
