"""People who sign in: accounts and passwords."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import staff_of
from entrepot.base.mistakes import Mistake, taken
from entrepot.events.operations import record
from entrepot.parties import rules
from entrepot.parties.models import Distributor, Referrer, Role, Supplier, User

# Without letters and digits that are easily taken for one another.
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """An account with a password that is shown this once."""

    user: User
    password: str


def create_user(
    kind: str,
    *,
    username: str,
    actor: str,
    party_id: int = 0,
    display_name: str = "",
    role_ids: Sequence[int] = (),
    password: str | None = None,
    address: str = "",
) -> NewUser:
    """Add a user to a back office and party (0: the platform), with roles; without a password one is made up.

    Refuses a user name that is taken or not 3 to 40 letters, digits, `_`, `.` or `-`, a weak password, roles of
    another back office, and a party that is not the actor's own unless the actor is of the platform.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]{3,40}", username):
        raise Mistake("username", _("3 to 40 letters, digits, dots, hyphens or underscores."))
    refuse_strangers(kind, party_id=party_id, actor=actor)
    user = User(
        username=username,
        kind=kind,
        supplier_id=party_id if kind == "supplier" else None,
        distributor_id=party_id if kind == "distributor" else None,
        referrer_id=party_id if kind == "referrer" else None,
        display_name=display_name.strip()[:40] or username,
    )
    word = password if password is not None else made_up_password()
    _set_password(user, word)
    with scope.desk():
        roles = roles_by_id(kind, role_ids=role_ids)
        with taken("username", _("There is a user of that name.")):
            user.save()
        user.roles.set(roles)
        record(
            actor=actor,
            verb="user.created",
            object_kind="user",
            object_id=user.pk,
            label=username,
            after={"kind": kind, "party_id": party_id, "roles": [role.name for role in roles]},
            address=address,
        )
    return NewUser(user=user, password=word)


def create_head(
    kind: str, *, party: Supplier | Distributor | Referrer, username: str, actor: str, address: str = ""
) -> NewUser:
    """Add the first user of a party, who may do everything in its back office."""
    role = Role.objects.get(kind=kind, name=rules.HEAD_ROLE[kind])
    return create_user(
        kind,
        username=username,
        actor=actor,
        party_id=party.pk,
        display_name=party.name,
        role_ids=[role.pk],
        address=address,
    )


def reset_password(user_id: int, *, actor: str, address: str = "") -> NewUser:
    """Give a user a made-up password, shown this once; his sessions end. Raises User.DoesNotExist for a stranger's."""
    with scope.desk():
        user = own_user(user_id, actor=actor)
        word = made_up_password()
        user.set_password(word)
        user.save(update_fields=["password"])
        record(
            actor=actor,
            verb="user.password_reset",
            object_kind="user",
            object_id=user.pk,
            label=user.username,
            address=address,
        )
    return NewUser(user=user, password=word)


def change_password(user_id: int, *, old: str, new: str, actor: str, address: str = "") -> User:
    """Let a user change his own password. Refuses a wrong old one and a weak new one."""
    with scope.desk():
        user = own_user(user_id, actor=actor)
        if not user.check_password(old):
            raise Mistake("old", _("That is not your password."))
        _set_password(user, new, field="new")
        user.save(update_fields=["password"])
        record(
            actor=actor,
            verb="user.password_changed",
            object_kind="user",
            object_id=user.pk,
            label=user.username,
            address=address,
        )
    return user


def rename_user(user_id: int, *, display_name: str, actor: str, address: str = "") -> User:
    """Change the name a user is shown by. Refuses an empty one. Raises User.DoesNotExist for a stranger's."""
    if not display_name.strip():
        raise Mistake("display_name", _("Enter a name."))
    with scope.desk():
        user = own_user(user_id, actor=actor)
        before, user.display_name = user.display_name, display_name.strip()[:40]
        if before != user.display_name:
            user.save(update_fields=["display_name"])
            record(
                actor=actor,
                verb="user.renamed",
                object_kind="user",
                object_id=user.pk,
                label=user.username,
                before={"display_name": before},
                after={"display_name": user.display_name},
                address=address,
            )
    return user


def deactivate_user(user_id: int, *, actor: str, reason: str = "", address: str = "") -> User:
    """Lock a user out at once. Refuses oneself, and the last one who may do everything in that back office."""
    person = staff_of(actor)
    if person is not None and person.user_id == user_id:
        raise Mistake("", _("You cannot deactivate yourself."))
    return _set_active(user_id, is_active=False, actor=actor, reason=reason, address=address)


def activate_user(user_id: int, *, actor: str, reason: str = "", address: str = "") -> User:
    """Let a deactivated user in again. Raises User.DoesNotExist for a stranger's."""
    return _set_active(user_id, is_active=True, actor=actor, reason=reason, address=address)


def _set_active(user_id: int, *, is_active: bool, actor: str, reason: str, address: str) -> User:
    with scope.desk():
        user = own_user(user_id, actor=actor)
        if user.is_active == is_active:
            return user
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        keep_a_head(user)
        record(
            actor=actor,
            verb="user.activated" if is_active else "user.deactivated",
            object_kind="user",
            object_id=user.pk,
            label=user.username,
            before={"is_active": not is_active},
            after={"is_active": is_active},
            reason=reason,
            address=address,
        )
    return user


def own_user(user_id: int, *, actor: str) -> User:
    """Return the locked user if the actor may manage him: the platform any, others those of their own party.

    Raises User.DoesNotExist otherwise.
    """
    rows = User.objects.select_for_update(no_key=True, of=("self",))
    person = staff_of(actor)
    if person is not None and person.kind == "supplier":
        rows = rows.filter(kind="supplier", supplier_id=person.party_id)
    elif person is not None and person.kind == "distributor":
        rows = rows.filter(kind="distributor", distributor_id=person.party_id)
    elif person is not None and person.kind == "referrer":
        rows = rows.filter(kind="referrer", referrer_id=person.party_id)
    return rows.get(pk=user_id)


def refuse_strangers(kind: str, *, party_id: int, actor: str) -> None:
    """Refuse an actor of a party who reaches into another one."""
    person = staff_of(actor)
    if person is not None and person.kind != "platform" and (person.kind, person.party_id) != (kind, party_id):
        raise Mistake("", _("You may only manage users of your own company."))


def roles_by_id(kind: str, *, role_ids: Sequence[int]) -> list[Role]:
    """Return roles of a back office by id; refuses ids that are not there."""
    roles = list(Role.objects.filter(kind=kind, pk__in=role_ids).order_by("id"))
    if len(roles) != len(set(role_ids)):
        raise Mistake("roles", _("Choose roles of this back office."))
    return roles


def keep_a_head(user: User) -> None:
    """Refuse what would leave a party without anybody who may do everything in its back office."""
    if not _heads(user).exists():
        raise Mistake("", _("Somebody who may do everything must remain."))


def made_up_password() -> str:
    """Return a random password of 14 letters and digits that are easy to tell apart."""
    return "".join(secrets.choice(_LETTERS) for _place in range(14))


def _heads(user: User) -> QuerySet[User]:
    # Locked, so that two heads cannot remove one another at the same moment.
    heads = User.objects.filter(
        Q(is_superuser=True) | Q(roles__permissions__contains=[rules.EVERYTHING]),
        kind=user.kind,
        supplier=user.supplier,
        distributor=user.distributor,
        referrer=user.referrer,
        is_active=True,
    )
    return User.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=heads.values("pk")).order_by("pk")


def _set_password(user: User, password: str, *, field: str = "password") -> None:
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise Mistake(field, " ".join(weak.messages)) from None
    user.set_password(password)
