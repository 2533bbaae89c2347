"""Referrers with their number series, and the people who sign in for them."""

from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from entrepot.base.guards import row_security
from entrepot.parties.rules import DEFAULT_ROLES


def add_roles(apps: Any, schema_editor: Any) -> None:
    del schema_editor
    role = apps.get_model("parties", "Role")
    for name, permissions in DEFAULT_ROLES["referrer"].items():
        role.objects.get_or_create(kind="referrer", name=name, defaults={"permissions": list(permissions)})


def nobody_else(kind: str) -> models.Q:
    """Return the condition of a user who works for a party of this kind and for no other."""
    return models.Q(kind=kind, **{f"{name}__isnull": name != kind for name in ("supplier", "distributor", "referrer")})


KINDS = [("platform", "platform"), ("supplier", "supplier"), ("distributor", "distributor"), ("referrer", "referrer")]


class Migration(migrations.Migration):
    dependencies = [("parties", "0003_numbers_and_roles")]
    operations = [
        migrations.CreateModel(
            name="Referrer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=80)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "pending"), ("active", "active"), ("suspended", "suspended")],
                        default="pending",
                        max_length=12,
                    ),
                ),
                ("contact", models.CharField(blank=True, max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
        ),
        migrations.AlterField("role", "kind", models.CharField(choices=KINDS, max_length=12)),
        migrations.AlterField("user", "kind", models.CharField(choices=KINDS, max_length=12)),
        migrations.AddField(
            "user",
            "referrer",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="users",
                to="parties.referrer",
            ),
        ),
        migrations.RemoveConstraint("user", "user_belongs_to_his_kind"),
        migrations.AddConstraint(
            "user",
            models.CheckConstraint(
                condition=(
                    nobody_else("platform") | nobody_else("supplier") | nobody_else("distributor")
                    | nobody_else("referrer")
                ),
                name="user_belongs_to_his_kind",
            ),
        ),
        row_security("parties_referrer", referrer="id = {party}"),
        migrations.RunSQL(
            "create sequence parties_referrer_serial start 10001;"
            " grant usage on sequence parties_referrer_serial to public;",
            "drop sequence parties_referrer_serial;",
        ),
        migrations.RunPython(add_roles, migrations.RunPython.noop),
    ]
