"""What staff of the platform do with partners, their money, tiers, users and roles."""

from typing import Any

from entrepot.parties import actions
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage
from tests.doors.test_platform_partners import new_distributor
from tests.doors.test_platform_staff import asked
from tests.world import STAFF

PLATFORM = "/platform"


@deed("platform:supplier-new", "supplier.created", "user.created")
def admit_a_supplier(stage: Stage) -> Any:
    return stage.platform.fill(f"{PLATFORM}/suppliers/new/", name=stage.world.name("S"), username=stage.login_name())


@deed("platform:supplier-change", "supplier.changed")
def change_a_supplier(stage: Stage) -> Any:
    page = f"{PLATFORM}/suppliers/{stage.supplier_party.pk}/"
    return stage.platform.fill(page, at=f"{page}change/", name=stage.world.name("S"))


@deed("platform:supplier-state", "supplier.suspended", reason="资质过期")
def suspend_a_supplier(stage: Stage) -> Any:
    page = f"{PLATFORM}/suppliers/{stage.supplier_party.pk}/"
    return stage.platform.fill(page, at=f"{page}state/", do="suspend", reason="资质过期")


@deed("platform:distributor-new", "distributor.created", "user.created")
def admit_a_distributor(stage: Stage) -> Any:
    return stage.platform.post(f"{PLATFORM}/distributors/new/", **new_distributor(stage.world, stage.world.tier()))


@deed("platform:distributor-edit", "distributor.changed")
def change_terms(stage: Stage) -> Any:
    address = f"{PLATFORM}/distributors/{stage.distributor_party.pk}/edit/"
    return stage.platform.fill(address, tier_id=stage.world.tier().pk, hold_minutes="5")


@deed("platform:distributor-state", "distributor.suspended", reason="欠款")
def suspend_a_distributor(stage: Stage) -> Any:
    page = f"{PLATFORM}/distributors/{stage.distributor_party.pk}/"
    return stage.platform.fill(page, at=f"{page}state/", do="suspend", reason="欠款")


@deed("platform:key-issue", "key.issued")
def issue_a_key(stage: Stage) -> Any:
    page = f"{PLATFORM}/distributors/{stage.distributor_party.pk}/"
    return stage.platform.fill(page, at=f"{page}keys/", label="生产")


@deed("platform:key-revoke", "key.revoked")
def revoke_a_key(stage: Stage) -> Any:
    key = actions.issue_key(stage.distributor_party.pk, actor=STAFF)
    page = f"{PLATFORM}/distributors/{stage.distributor_party.pk}/"
    return stage.platform.fill(page, at=f"{page}keys/{key.row.pk}/revoke/")


@deed("platform:credit", "money.credited", "balance.credited", reason="线下转账")
def credit_money(stage: Stage) -> Any:
    address = f"{PLATFORM}/distributors/{stage.distributor_party.pk}/credit/"
    form = {"kind": "top_up", "amount_fen": "100.50", "reason": "线下转账", "confirmed": "1"}
    return stage.platform.fill(address, **form)


@deed("platform:limit", "money.limit", "balance.limit", reason="授信")
def set_a_limit(stage: Stage) -> Any:
    address = f"{PLATFORM}/distributors/{stage.distributor_party.pk}/limit/"
    return stage.platform.fill(address, limit_fen="500", reason="授信")


@deed("platform:tier-new", "tier.created")
def add_a_tier(stage: Stage) -> Any:
    return stage.platform.fill(f"{PLATFORM}/tiers/new/", name=stage.world.name("T"), fee_rate_bps="5")


@deed("platform:tier-edit", "tier.changed")
def change_a_tier(stage: Stage) -> Any:
    address = f"{PLATFORM}/tiers/{stage.world.tier().pk}/"
    return stage.platform.fill(address, fee_rate_bps="7", confirmed="1")


@deed("platform:topup-judge", "topup.approved", "balance.credited")
def approve_a_top_up(stage: Stage) -> Any:
    page = f"{PLATFORM}/topups/{asked(stage.world, stage.distributor_party).pk}/"
    return stage.platform.fill(page, at=f"{page}judge/", do="approve")


@deed("platform:topup-judge", "topup.rejected", reason="未到账")
def turn_a_top_up_down(stage: Stage) -> Any:
    page = f"{PLATFORM}/topups/{asked(stage.world, stage.distributor_party).pk}/"
    return stage.platform.fill(page, at=f"{page}judge/", do="reject", note="未到账")


@deed("platform:user-new", "user.created")
def add_a_user(stage: Stage) -> Any:
    role = actions.create_role("platform", name=stage.world.name("R"), permissions=["orders.view"], actor=STAFF)
    form = {"username": stage.login_name(), "display_name": "小王", "roles": [role.pk]}
    return stage.platform.fill(f"{PLATFORM}/users/new/", **form)


@deed("platform:user", "user.renamed", "user.roles")
def change_a_user(stage: Stage) -> Any:
    role = actions.create_role("platform", name=stage.world.name("R"), permissions=["orders.view"], actor=STAFF)
    address = f"{PLATFORM}/users/{stage.colleague('platform').user.pk}/"
    return stage.platform.fill(address, display_name="小李", roles=[role.pk])


@deed("platform:user-password", "user.password_reset")
def reset_a_password(stage: Stage) -> Any:
    page = f"{PLATFORM}/users/{stage.colleague('supplier').user.pk}/"
    return stage.platform.fill(page, at=f"{page}password/")


@deed("platform:user-state", "user.deactivated", reason="离职")
def lock_a_user_out(stage: Stage) -> Any:
    page = f"{PLATFORM}/users/{stage.colleague('platform').user.pk}/"
    return stage.platform.fill(page, at=f"{page}state/", do="deactivate", reason="离职")


@deed("platform:role-new", "role.created")
def add_a_role(stage: Stage) -> Any:
    return stage.platform.fill(
        f"{PLATFORM}/roles/new/platform/", name=stage.world.name("R"), permissions=["orders.view"]
    )


@deed("platform:role-edit", "role.changed")
def change_a_role(stage: Stage) -> Any:
    role = actions.create_role("platform", name=stage.world.name("R"), permissions=["orders.view"], actor=STAFF)
    return stage.platform.fill(f"{PLATFORM}/roles/{role.pk}/", permissions=["goods.view"])
