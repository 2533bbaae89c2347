"""Who may come in by which entrance."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, OuterRef
from django.http import HttpRequest

from entrepot.doors.kit.party import scope_of
from entrepot.parties.models import PartyState, Role, User


class EntranceBackend(ModelBackend):
    """Checks name and password, and that the user belongs to the back office at whose entrance he stands.

    A wrong name, a wrong password and a wrong entrance look alike from outside, in words and in time.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        entrance: str = "",
        **kwargs: Any,
    ) -> User | None:
        """Return the user when all three fit, otherwise None."""
        found = super().authenticate(request, username=username, password=password)
        if not isinstance(found, User) or found.kind != entrance or not _party_may_enter(found):
            return None
        return found

    def get_user(self, user_id: int) -> User | None:
        """Return the user of a session, with the permissions of his roles for `party_of`, by one question."""
        roles = Role.objects.filter(users=OuterRef("pk"), kind=OuterRef("kind")).order_by()
        held = roles.annotate(held=Func(F("permissions"), function="unnest")).values("held")
        user = User.objects.annotate(role_permissions=ArraySubquery(held)).filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


def _party_may_enter(user: User) -> bool:
    """A party that the platform has not activated yet has no one who may sign in; a suspended one may still look."""
    with scope_of(user, read_only=True):
        owner = user.party
    return owner is None or owner.state != PartyState.PENDING
