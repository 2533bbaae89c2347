"""Number series of the parties, and the roles a world begins with."""

from typing import Any

from django.db import migrations

from entrepot.parties.rules import DEFAULT_ROLES


def add_roles(apps: Any, schema_editor: Any) -> None:
    del schema_editor
    role = apps.get_model("parties", "Role")
    for kind, roles in DEFAULT_ROLES.items():
        for name, permissions in roles.items():
            role.objects.get_or_create(kind=kind, name=name, defaults={"permissions": list(permissions)})


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_guards")]
    operations = [
        migrations.RunSQL(
            "create sequence parties_distributor_serial start 10001;"
            " create sequence parties_supplier_serial start 10001;"
            " grant usage on sequence parties_distributor_serial, parties_supplier_serial to public;",
            "drop sequence parties_distributor_serial; drop sequence parties_supplier_serial;",
        ),
        migrations.RunPython(add_roles, migrations.RunPython.noop),
    ]
