"""The demo world's referrer: he brought one supplier and one mall before they traded."""

from datetime import datetime

from entrepot.base import scope
from entrepot.doors.cli.demo.people import People
from entrepot.parties.models import Distributor, Supplier
from entrepot.referral.actions import admit_referrer, create_grade
from entrepot.referral.models import Attachment, Grade, GradeRate, GradeStay

NAME = "韩立诚"
_GRADES = (("银牌推荐人", 1000, 500, 0), ("金牌推荐人", 1500, 800, 500_000_00))


def refer(people: People, *, since: datetime) -> None:
    """Make grades, the referrer with his account, and whom he brought, all of it so `since`.

    The worker books his shares when it follows the ledger of the demo world's past for the first time.
    """
    admin = people.actors["admin"]
    grades = [
        create_grade(
            name,
            supplier_rate_bps=supplier_bps,
            distributor_rate_bps=distributor_bps,
            reached_from_fen=reached_from_fen,
            position=position,
            actor=admin,
        )
        for position, (name, supplier_bps, distributor_bps, reached_from_fen) in enumerate(_GRADES, start=1)
    ]
    referrer, made = admit_referrer(
        NAME, username="referrer", contact="139 0000 5566", grade_id=grades[0].pk, actor=admin
    )
    people.introduce(made, party=f"{NAME} · {grades[0].name}", display_name=NAME)
    with scope.platform():
        _date(grades, since=since)
        GradeStay.objects.create(referrer=referrer, grade=grades[0], since=since)
        type(referrer).objects.filter(pk=referrer.pk).update(created_at=since)
        farm: Supplier = people.suppliers["farm"]
        mall: Distributor = people.malls["mall1"]
        for party in (farm, mall):
            Attachment.objects.create(
                referrer=referrer,
                supplier=farm if party is farm else None,
                distributor=mall if party is mall else None,
                party_number=party.number,
                party_name=party.name,
                since=since,
            )


def _date(grades: list[Grade], *, since: datetime) -> None:
    """Give the grades their rates of the past; what was written today holds from today on, and says the same."""
    for grade, (_name, supplier_bps, distributor_bps, _from) in zip(grades, _GRADES, strict=True):
        GradeRate.objects.create(
            grade=grade, supplier_rate_bps=supplier_bps, distributor_rate_bps=distributor_bps, since=since
        )
