"""Roles and who has them."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.events.operations import record
from entrepot.parties import rules
from entrepot.parties.actions.users import keep_a_head, own_user, roles_by_id
from entrepot.parties.models import Role, User


def create_role(kind: str, *, name: str, permissions: Sequence[str], actor: str, address: str = "") -> Role:
    """Add a role (角色) to a back office. Refuses a name that is empty or taken, and permissions it does not know."""
    role = Role(kind=kind, name=name.strip(), permissions=sorted(set(permissions)))
    _check(role)
    with scope.platform():
        with taken("name", _("There is a role of that name.")):
            role.save()
        record(
            actor=actor,
            verb="role.created",
            object_kind="role",
            object_id=role.pk,
            label=role.name,
            after={"permissions": role.permissions},
            address=address,
        )
    return role


def change_role(
    role_id: int, *, actor: str, name: str | None = None, permissions: Sequence[str] | None = None, address: str = ""
) -> Role:
    """Change name or permissions of a role, for all who have it.

    Refuses as `create_role` does, and any change to a role that may do everything. Raises Role.DoesNotExist.
    """
    with scope.platform():
        role = Role.objects.select_for_update(no_key=True).get(pk=role_id)
        if rules.EVERYTHING in role.permissions:
            raise Mistake("", _("The role that may do everything stays as it is."))
        before = {"name": role.name, "permissions": list(role.permissions)}
        role.name = role.name if name is None else name.strip()
        role.permissions = role.permissions if permissions is None else sorted(set(permissions))
        _check(role)
        after = {"name": role.name, "permissions": list(role.permissions)}
        if before == after:
            return role
        with taken("name", _("There is a role of that name.")):
            role.save()
        record(
            actor=actor,
            verb="role.changed",
            object_kind="role",
            object_id=role.pk,
            label=role.name,
            before=before,
            after=after,
            address=address,
        )
    return role


def set_roles(user_id: int, *, role_ids: Sequence[int], actor: str, address: str = "") -> User:
    """Give a user exactly these roles.

    Refuses roles of another back office, and taking the last role that may do everything. Raises User.DoesNotExist
    for a user of a party that is not the actor's.
    """
    with scope.desk():
        user = own_user(user_id, actor=actor)
        roles = roles_by_id(user.kind, role_ids=role_ids)
        before = sorted(user.roles.values_list("name", flat=True))
        after = sorted(role.name for role in roles)
        if before == after:
            return user
        user.roles.set(roles)
        keep_a_head(user)
        record(
            actor=actor,
            verb="user.roles",
            object_kind="user",
            object_id=user.pk,
            label=user.username,
            before={"roles": before},
            after={"roles": after},
            address=address,
        )
    return user


def _check(role: Role) -> None:
    if not role.name:
        raise Mistake("name", _("Enter a name."))
    if rules.EVERYTHING in role.permissions:
        raise Mistake("permissions", _("Only the role that comes with the system may do everything."))
    if rules.strange_permissions(role.kind, permissions=role.permissions):
        raise Mistake("permissions", _("Choose permissions of this back office."))
