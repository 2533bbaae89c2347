"""Every write of the room, one function per business verb."""

from entrepot.parties.actions.distributors import (
    activate_distributor,
    change_distributor,
    create_distributor,
    suspend_distributor,
)
from entrepot.parties.actions.keys import NewKey, issue_key, revoke_key
from entrepot.parties.actions.referrers import (
    activate_referrer,
    change_referrer,
    create_referrer,
    suspend_referrer,
)
from entrepot.parties.actions.roles import change_role, create_role, set_roles
from entrepot.parties.actions.suppliers import (
    activate_supplier,
    change_supplier,
    create_supplier,
    ensure_platform_supplier,
    suspend_supplier,
)
from entrepot.parties.actions.tiers import change_tier, create_tier
from entrepot.parties.actions.users import (
    NewUser,
    activate_user,
    change_password,
    create_user,
    deactivate_user,
    rename_user,
    reset_password,
)

__all__ = [
    "NewKey",
    "NewUser",
    "activate_distributor",
    "activate_referrer",
    "activate_supplier",
    "activate_user",
    "change_distributor",
    "change_password",
    "change_referrer",
    "change_role",
    "change_supplier",
    "change_tier",
    "create_distributor",
    "create_referrer",
    "create_role",
    "create_supplier",
    "create_tier",
    "create_user",
    "deactivate_user",
    "ensure_platform_supplier",
    "issue_key",
    "rename_user",
    "reset_password",
    "revoke_key",
    "set_roles",
    "suspend_distributor",
    "suspend_referrer",
    "suspend_supplier",
]
