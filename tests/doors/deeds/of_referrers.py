"""What staff of the platform do with referrers and their grades."""

from datetime import date
from functools import cache
from typing import Any

from entrepot.referral import actions
from entrepot.referral.models import Grade
from tests.doors.deeds import deed
from tests.doors.deeds.stage import Stage
from tests.world import STAFF, followed_to_the_end, rows, taken

GRADES = "/platform/referral-grades/"


def grade(stage: Stage) -> Grade:
    return actions.create_grade(stage.world.name("G"), supplier_rate_bps=1000, distributor_rate_bps=100, actor=STAFF)


@cache
def page(stage: Stage) -> str:
    """The page of a referrer of the stage's own."""
    made, _user = actions.admit_referrer(
        stage.world.name("R"), username=stage.login_name(), grade_id=grade(stage).pk, actor=STAFF
    )
    return f"/platform/referrers/{made.pk}/"


def attached(stage: Stage) -> int:
    """An attachment of the stage's supplier."""
    return actions.attach(int(page(stage).split("/")[3]), supplier_id=stage.supplier_party.pk, actor=STAFF).pk


@deed("platform:referral-grade-new", "grade.created")
def add_a_grade(stage: Stage) -> Any:
    name = stage.world.name("G")
    return stage.platform.fill(f"{GRADES}new/", name=name, supplier_rate_bps="1", distributor_rate_bps="2")


@deed("platform:referral-grade-edit", "grade.changed")
def change_a_grade(stage: Stage) -> Any:
    return stage.platform.fill(f"{GRADES}{grade(stage).pk}/", supplier_rate_bps="3")


@deed("platform:referrer-new", "referrer.created", "user.created")
def admit_a_referrer(stage: Stage) -> Any:
    chosen = grade(stage).pk
    return stage.platform.fill(
        "/platform/referrers/new/", name=stage.world.name("R"), username=stage.login_name(), grade=chosen
    )


@deed("platform:referrer-change", "referrer.changed", "referrer.graded", reason="业绩")
def change_a_referrer(stage: Stage) -> Any:
    at = f"{page(stage)}change/"
    return stage.platform.fill(page(stage), at=at, name=stage.world.name("R"), grade=grade(stage).pk, reason="业绩")


@deed("platform:referrer-state", "referrer.suspended", reason="合同争议")
def suspend_a_referrer(stage: Stage) -> Any:
    return stage.platform.fill(page(stage), at=f"{page(stage)}state/", do="suspend", reason="合同争议")


@deed("platform:referrer-attach", "referral.attached", reason="引荐函")
def attach_a_party(stage: Stage) -> Any:
    number = stage.world.name("B").upper()[:20]
    stage.supplier_party.number = number
    from entrepot.base import scope

    with scope.platform():
        stage.supplier_party.save(update_fields=["number"])
    return stage.platform.fill(f"{page(stage)}attach/", number=number, reason="引荐函")


@deed("platform:referrer-detach", "referral.ended", reason="合同到期")
def end_an_attachment(stage: Stage) -> Any:
    return stage.platform.fill(f"{page(stage)}attachments/{attached(stage)}/end/", reason="合同到期")


@deed("platform:referrer-pay", "referral.paid", reason="一月")
def pay_a_referrer(stage: Stage) -> Any:
    attached(stage)
    order = stage.order(stage.supplied, state="received")
    taken(stage.world.complete(order))
    followed_to_the_end()
    paid_on = f"{date(2026, 2, 1)}"
    return stage.platform.fill(f"{page(stage)}pay/", paid_on=paid_on, bank_reference="B1", remark="一月")


@deed("platform:payout-return", "referral.payout_returned", reason="账号已注销")
def put_a_payout_right(stage: Stage) -> Any:
    pay_a_referrer(stage)
    ((made,),) = rows("select max(id) from referral_payout where referrer_id = %s", int(page(stage).split("/")[3]))
    return stage.platform.fill(f"/platform/referrers/payouts/{made}/return/", reason="账号已注销")
