"""Let the accountants of a world that was made before there were bills see, send and pay them."""

from typing import Any

from django.db import migrations

_ADDED = ["bills.view", "bills.edit", "bills.pay"]


def let_them(apps: Any, schema_editor: Any) -> None:
    del schema_editor
    for role in apps.get_model("parties", "Role").objects.filter(kind="platform", name="财务"):
        role.permissions = list(dict.fromkeys([*role.permissions, *_ADDED]))
        role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("settlement", "0002_guards"), ("parties", "0003_numbers_and_roles")]
    operations = [migrations.RunPython(let_them, migrations.RunPython.noop)]
