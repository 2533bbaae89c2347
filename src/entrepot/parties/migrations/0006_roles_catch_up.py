"""Give the roles that come with the system the permissions that were added after some world began."""

from typing import Any

from django.db import migrations

# Written out, since the roles a new world begins with may be others by then. Who adds a permission to one of them adds a
# migration like this one; tests/rooms/test_roles.py asks for it.
ADDED: dict[str, dict[str, tuple[str, ...]]] = {
    "platform": {
        "运营": (
            *("aftersales.view", "aftersales.edit", "aftersales.rule", "aftersales.table"),
            *("referrers.view", "referrers.edit"),
        ),
        "客服": ("aftersales.view", "aftersales.edit", "aftersales.rule", "orders.reroute"),
        "财务": ("bills.view", "bills.edit", "bills.pay", "referrers.view", "referrers.pay"),
        "仓库": ("aftersales.view", "aftersales.edit"),
    },
    "supplier": {"发货员": ("aftersales.view", "aftersales.edit")},
    "distributor": {"客服": ("aftersales.view", "aftersales.edit")},
}


def catch_up(apps: Any, schema_editor: Any) -> None:
    """Give each role what it lacks, save what somebody has taken from it; other roles stay as they are."""
    del schema_editor
    roles, log = apps.get_model("parties", "Role"), apps.get_model("events", "Operation")
    for kind, added in ADDED.items():
        for role in roles.objects.filter(kind=kind, name__in=added):
            taken: set[str] = set()
            for line in log.objects.filter(object_kind="role", object_id=str(role.pk), verb="role.changed"):
                before, after = line.before or {}, line.after or {}
                taken |= set(before.get("permissions", ())) - set(after.get("permissions", ()))
            lacking = [code for code in added[role.name] if code not in role.permissions and code not in taken]
            if lacking:
                role.permissions = [*role.permissions, *lacking]
                role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("parties", "0005_terms_are_the_platforms"), ("events", "0001_initial")]
    operations = [migrations.RunPython(catch_up, migrations.RunPython.noop)]
