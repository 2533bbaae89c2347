"""Roles of a world that began before some permissions were there."""

import importlib

import pytest
from django.apps import apps

from entrepot.base import scope
from entrepot.parties import actions
from entrepot.parties.models import Role
from entrepot.parties.rules import DEFAULT_ROLES, EVERYTHING, HEAD_ROLE
from tests.world import STAFF, World

LATER = importlib.import_module("entrepot.parties.migrations.0006_roles_catch_up")
FIRST = {
    ("platform", "运营"): (
        *("orders.view", "goods.view", "goods.edit", "goods.review", "stock.view", "stock.edit"),
        *("suppliers.view", "suppliers.edit", "distributors.view", "distributors.edit", "tiers.edit", "keys.edit"),
        *("topups.view", "log.view"),
    ),
    ("platform", "客服"): (
        *("orders.view", "orders.cancel", "orders.refund", "orders.complete", "consignee.reveal"),
        *("goods.view", "stock.view", "distributors.view"),
    ),
    ("platform", "财务"): (
        *("orders.view", "topups.view", "topups.review", "money.credit", "ledger.view"),
        *("distributors.view", "suppliers.view", "log.view"),
    ),
    ("platform", "仓库"): (
        *("orders.view", "orders.ship", "consignee.reveal", "goods.view", "stock.view", "stock.edit"),
    ),
    ("supplier", "发货员"): (
        *("orders.view", "orders.ship", "consignee.reveal", "goods.view", "stock.view", "stock.edit"),
    ),
    ("distributor", "客服"): (
        *("orders.view", "orders.cancel", "orders.refund", "orders.complete", "consignee.reveal", "goods.view"),
    ),
    ("distributor", "财务"): ("orders.view", "topups.view", "topups.request", "ledger.view"),
}
"""What the first release gave; what a release adds stands in a migration, in `GIVEN_SINCE`."""
GIVEN_SINCE = [LATER.ADDED]


def test_what_a_role_has_now_was_given_at_first_or_by_a_migration() -> None:
    for kind, roles in DEFAULT_ROLES.items():
        for name, permissions in roles.items():
            if name == HEAD_ROLE[kind]:
                assert permissions == (EVERYTHING,)
                continue
            given = set(FIRST.get((kind, name), ()))
            for added in GIVEN_SINCE:
                given |= set(added.get(kind, {}).get(name, ()))
            assert set(permissions) == given, f"{kind} {name}: give older worlds the difference by a migration"


@pytest.mark.usefixtures("fresh_database")
def test_an_older_world_catches_up_and_keeps_what_people_decided() -> None:
    with scope.platform():
        for (kind, name), permissions in FIRST.items():
            Role.objects.filter(kind=kind, name=name).update(permissions=list(permissions))
    own = actions.create_role("platform", name=World().name("夜班"), permissions=["orders.view"], actor=STAFF)
    with scope.platform():
        clerk = Role.objects.get(kind="platform", name="客服")
    with_more = sorted({*clerk.permissions, "orders.reroute", "aftersales.view"})
    actions.change_role(clerk.pk, permissions=with_more, actor=STAFF)
    actions.change_role(
        clerk.pk,
        permissions=[code for code in with_more if code not in ("orders.reroute", "orders.cancel")],
        actor=STAFF,
    )
    for _ in range(2):
        with scope.platform():
            LATER.catch_up(apps, None)
    with scope.platform():
        found = {(role.kind, role.name): set(role.permissions) for role in Role.objects.all()}
        assert Role.objects.get(pk=own.pk).permissions == ["orders.view"]
    for kind, name in FIRST:
        taken = {"orders.reroute", "orders.cancel"} if (kind, name) == ("platform", "客服") else set()
        assert found[kind, name] == set(DEFAULT_ROLES[kind][name]) - taken, name
