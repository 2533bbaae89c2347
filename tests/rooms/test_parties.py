"""What staff do with tiers, distributors, keys, suppliers, users and roles."""

from typing import Any

import pytest

from entrepot.base import scope
from entrepot.base.actors import staff
from entrepot.base.mistakes import Mistake
from entrepot.events.models import Event, Operation
from entrepot.parties import actions, queries, rules
from entrepot.parties.models import ApiKey, Distributor, Role, User
from tests.world import World


def refused(action: Any, *arguments: Any, **keywords: Any) -> str:
    """The field an action refuses."""
    with pytest.raises(Mistake) as caught:
        action(*arguments, **keywords)
    assert caught.value.reason
    return caught.value.field


def mall(world: World, mark: str, admin: str, **more: Any) -> tuple[Distributor, actions.NewUser]:
    return actions.create_distributor("云选商城", tier_id=world.tier().pk, username=f"m{mark}", actor=admin, **more)


def log_of(kind: str, object_id: object) -> list[Operation]:
    with scope.platform():
        return list(Operation.objects.filter(object_kind=kind, object_id=str(object_id)).order_by("id"))


def test_a_new_distributor_has_number_user_and_record(world: World, mark: str, admin: str) -> None:
    party, head = mall(world, mark, admin, allow_list=["203.0.113.7", " 2001:db8::/48 ", "203.0.113.7/32", ""])
    assert party.number.startswith("D1") and party.state == "active"
    assert party.allow_list == ["203.0.113.7/32", "2001:db8::/48"]
    user = User.objects.get(pk=head.user.pk)
    assert user.check_password(head.password) and user.distributor_id == party.pk
    assert [role.permissions for role in user.roles.all()] == [[rules.EVERYTHING]]
    (row,) = log_of("distributor", party.pk)
    assert (row.verb, row.actor, row.kind, row.party_id) == ("distributor.created", admin, "platform", 0)
    assert row.after["tier_id"] == party.tier_id and head.password not in str(row.after)


def test_numbers_are_never_given_twice(world: World, mark: str, admin: str) -> None:
    numbers = {mall(world, f"{mark}{serial}", admin)[0].number for serial in range(3)}
    assert len(numbers) == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "  "}, "name"),
        ({"tier_id": 0}, "tier_id"),
        ({"funds_policy": "later"}, "funds_policy"),
        ({"hold_minutes": 0}, "hold_minutes"),
        ({"hold_minutes": 61}, "hold_minutes"),
        ({"allow_list": ["10.0.0.0/33"]}, "allow_list"),
        ({"allow_list": ["mall.example"]}, "allow_list"),
        ({"callback_url": "ftp://mall.example/"}, "callback_url"),
        ({"callback_url": "https://user:pass@mall.example/"}, "callback_url"),
        ({"callback_url": "https:///nowhere"}, "callback_url"),
        ({"low_balance_fen": -1}, "low_balance_fen"),
    ],
)
def test_a_mistake_names_its_field_and_changes_nothing(
    world: World, mark: str, admin: str, wrong: dict[str, Any], field: str
) -> None:
    party, _head = mall(world, mark, admin)
    before = _row(party)
    assert refused(actions.change_distributor, party.pk, actor=admin, **wrong) == field
    assert _row(party) == before
    assert len(log_of("distributor", party.pk)) == 1


def _row(party: Distributor) -> dict[str, Any]:
    with scope.platform():
        return Distributor.objects.filter(pk=party.pk).values().get()


def test_a_change_is_recorded_with_before_and_after_and_told(world: World, mark: str, admin: str) -> None:
    party, _head = mall(world, mark, admin)
    tier = world.tier(fee_rate_bps=650)
    actions.change_distributor(
        party.pk, tier_id=tier.pk, hold_minutes=20, actor=admin, reason="升级", address="1.2.3.4"
    )
    row = log_of("distributor", party.pk)[-1]
    assert row.before == {"tier_id": party.tier_id, "hold_ttl_s": 900}
    assert row.after == {"tier_id": tier.pk, "hold_ttl_s": 1200}
    assert (row.reason, row.address) == ("升级", "1.2.3.4")
    with scope.distributor(party.pk):
        event = Event.objects.get(type="tier.changed")
    assert event.data["fee_rate_bps"] == 650
    actions.change_distributor(party.pk, hold_minutes=20, actor=admin)
    assert log_of("distributor", party.pk)[-1].pk == row.pk, "nothing changed, so nothing is recorded"


def test_a_new_rate_is_one_fact_for_the_whole_tier(world: World, mark: str, admin: str) -> None:
    tier = world.tier(fee_rate_bps=500)
    actions.change_tier(tier.pk, fee_rate_bps=450, actor=admin, reason="活动")
    row = log_of("tier", tier.pk)[-1]
    assert (row.before, row.after) == ({"fee_rate_bps": 500}, {"fee_rate_bps": 450})
    with scope.platform():
        told = Event.objects.filter(type="tier.changed", object_id=tier.pk)
        assert [(row.distributor_id, row.data["tier_id"]) for row in told] == [(None, str(tier.pk))]
        price = Event.objects.get(type="price.changed", object_kind="tier", object_id=tier.pk)
        assert (price.data["old"], price.data["new"], price.data["hint"]) == (500, 450, "changes")
    assert refused(actions.change_tier, tier.pk, fee_rate_bps=10_001, actor=admin) == "fee_rate_bps"
    assert refused(actions.create_tier, tier.name, fee_rate_bps=1, actor=admin) == "name"


def test_suspension_needs_a_reason(world: World, mark: str, admin: str) -> None:
    party, _head = mall(world, mark, admin)
    assert refused(actions.suspend_distributor, party.pk, actor=admin, reason=" ") == "reason"
    assert actions.suspend_distributor(party.pk, actor=admin, reason="欠款").state == "suspended"
    assert actions.activate_distributor(party.pk, actor=admin).state == "active"
    assert [row.verb for row in log_of("distributor", party.pk)][1:] == [
        "distributor.suspended",
        "distributor.activated",
    ]


def test_two_live_keys_and_the_secret_only_sealed(world: World, mark: str, admin: str) -> None:
    party, _head = mall(world, mark, admin)
    first = actions.issue_key(party.pk, actor=admin)
    second = actions.issue_key(party.pk, actor=admin)
    assert first.key.startswith("ek_live_") and len(first.key) == 32 and first.secret.startswith("whsec_")
    assert refused(actions.issue_key, party.pk, actor=admin) == ""
    with scope.distributor(party.pk):
        stored = ApiKey.objects.get(key=second.key)
        assert second.secret.encode() not in bytes(stored.secret_sealed)
        assert queries.secret_of(stored) == second.secret
    actions.revoke_key(party.pk, key_id=first.row.pk, actor=admin, reason="轮换")
    third = actions.issue_key(party.pk, actor=admin)
    assert third.secret not in str([row.after for row in log_of("key", third.row.pk)])


def test_a_key_of_somebody_else_is_not_there(world: World, mark: str, admin: str) -> None:
    mine, _head = mall(world, mark, admin)
    other, _head = mall(world, f"{mark}o", admin)
    key = actions.issue_key(other.pk, actor=admin)
    with pytest.raises(ApiKey.DoesNotExist):
        actions.revoke_key(mine.pk, key_id=key.row.pk, actor=admin)
    with scope.distributor(other.pk):
        assert ApiKey.objects.get(pk=key.row.pk).is_live


def test_users_are_managed_within_their_own_company(world: World, mark: str, admin: str) -> None:
    supplier, head = actions.create_supplier("农场", username=f"f{mark}", actor=admin)
    boss = staff("supplier", party_id=supplier.pk, user_id=head.user.pk, name="孙有田")
    party, mall_head = mall(world, mark, admin)
    shipper = Role.objects.get(kind="supplier", name="发货员")
    made = actions.create_user("supplier", party_id=supplier.pk, username=f"s{mark}", role_ids=[shipper.pk], actor=boss)
    assert made.user.supplier_id == supplier.pk
    strange = {"party_id": party.pk, "username": f"x{mark}", "actor": boss}
    assert refused(actions.create_user, "distributor", **strange) == ""
    assert refused(actions.create_user, "platform", username=f"x{mark}", actor=boss) == ""
    assert not User.objects.filter(username=f"x{mark}").exists()
    for action in (actions.reset_password, actions.deactivate_user, actions.activate_user):
        with pytest.raises(User.DoesNotExist):
            action(mall_head.user.pk, actor=boss)
    with pytest.raises(User.DoesNotExist):
        actions.set_roles(mall_head.user.pk, role_ids=[], actor=boss)
    assert User.objects.get(pk=mall_head.user.pk).check_password(mall_head.password)


def test_somebody_who_may_do_everything_remains(world: World, mark: str, admin: str) -> None:
    supplier, head = actions.create_supplier("农场", username=f"f{mark}", actor=admin)
    boss = staff("supplier", party_id=supplier.pk, user_id=head.user.pk, name="孙有田")
    assert refused(actions.deactivate_user, head.user.pk, actor=boss) == ""
    assert refused(actions.deactivate_user, head.user.pk, actor=admin) == ""
    assert refused(actions.set_roles, head.user.pk, role_ids=[], actor=admin) == ""
    assert User.objects.get(pk=head.user.pk).is_active
    assert User.objects.get(pk=head.user.pk).roles.count() == 1
    role = Role.objects.get(kind="supplier", name="负责人")
    actions.create_user("supplier", party_id=supplier.pk, username=f"g{mark}", role_ids=[role.pk], actor=boss)
    assert not actions.deactivate_user(head.user.pk, actor=admin, reason="离职").is_active


def test_roles_hold_permissions_of_their_own_back_office(mark: str, admin: str) -> None:
    assert refused(actions.create_role, "supplier", name=f"R{mark}", permissions=["money.credit"], actor=admin) == (
        "permissions"
    )
    assert refused(actions.create_role, "supplier", name=f"R{mark}", permissions=["*"], actor=admin) == "permissions"
    role = actions.create_role("platform", name=f"R{mark}", permissions=["orders.view"], actor=admin)
    actions.change_role(role.pk, permissions=["orders.view", "orders.ship"], actor=admin)
    assert log_of("role", role.pk)[-1].after["permissions"] == ["orders.ship", "orders.view"]
    head = Role.objects.get(kind="platform", name="超级管理员")
    assert refused(actions.change_role, head.pk, permissions=[], actor=admin) == ""


@pytest.mark.parametrize("password", ["short", "password123", "12345678901"])
def test_weak_passwords_are_refused(mark: str, admin: str, password: str) -> None:
    assert refused(actions.create_user, "platform", username=f"w{mark}", password=password, actor=admin) == "password"


def test_a_changed_password_needs_the_old_one(mark: str, admin: str) -> None:
    made = actions.create_user("platform", username=f"p{mark}", actor=admin)
    me = staff("platform", party_id=0, user_id=made.user.pk, name="x")
    new = {"new": "sehr-lang-und-neu-77", "actor": me}
    assert refused(actions.change_password, made.user.pk, old="wrong", **new) == "old"
    assert actions.change_password(made.user.pk, old=made.password, **new).check_password(new["new"])


def test_default_roles_are_there_and_only_hold_known_permissions(mark: str, admin: str) -> None:
    for kind, names in rules.DEFAULT_ROLES.items():
        for name, permissions in names.items():
            assert Role.objects.get(kind=kind, name=name).permissions == list(permissions)
            assert rules.strange_permissions(kind, permissions=permissions) == []
