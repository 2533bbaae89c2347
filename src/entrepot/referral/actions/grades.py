"""Grades with their rates, and which grade a referrer is in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.mistakes import Mistake, taken
from entrepot.base.money import BPS
from entrepot.events.operations import changes, record
from entrepot.parties.actions import NewUser, create_referrer
from entrepot.parties.models import Referrer
from entrepot.referral import queries, rules
from entrepot.referral.models import Grade, GradeRate, GradeStay

_LOCK = 0x6EADE
"""Whoever saves rates holds this lock: two savings that are right each by itself could be too much together."""


def create_grade(
    name: str,
    *,
    supplier_rate_bps: int,
    distributor_rate_bps: int,
    actor: str,
    position: int = 0,
    note: str = "",
    reached_from_fen: int | None = None,
    address: str = "",
) -> Grade:
    """Add a grade (推荐等级) with its rates of the platform's own income.

    Refuses an empty or taken name, and rates that with those of another grade on the other side could exceed the whole.
    """
    if not name.strip():
        raise Mistake("name", _("Enter a name."))
    with scope.platform():
        now = moment()
        _refuse_excess(name.strip(), supplier_rate_bps, distributor_rate_bps)
        grade = Grade(name=name.strip(), position=position, note=note.strip(), reached_from_fen=reached_from_fen)
        with taken("name", _("There is a grade of that name.")):
            grade.save()
        _write_rates(grade, supplier_rate_bps, distributor_rate_bps, since=now)
        record(
            actor=actor,
            verb="grade.created",
            object_kind="grade",
            object_id=grade.pk,
            label=grade.name,
            after=_facts(grade, supplier_rate_bps, distributor_rate_bps),
            address=address,
        )
    return grade


def change_grade(
    grade_id: int,
    *,
    name: str,
    supplier_rate_bps: int,
    distributor_rate_bps: int,
    actor: str,
    position: int = 0,
    note: str = "",
    reached_from_fen: int | None = None,
    address: str = "",
) -> Grade:
    """Change a grade; other rates hold for orders placed from now on, earlier orders keep theirs.

    Refuses what `create_grade` refuses. Raises Grade.DoesNotExist.
    """
    if not name.strip():
        raise Mistake("name", _("Enter a name."))
    with scope.platform():
        now = moment()
        Grade.objects.select_for_update(no_key=True).get(pk=grade_id)
        grade: Any = queries.grades().get(pk=grade_id)
        rates = (grade.supplier_rate_bps, grade.distributor_rate_bps)
        before = _facts(grade, *rates)
        _refuse_excess(name.strip(), supplier_rate_bps, distributor_rate_bps, grade_id=grade_id)
        grade.name, grade.position, grade.note = name.strip(), position, note.strip()
        grade.reached_from_fen = reached_from_fen
        old, new = changes(before, _facts(grade, supplier_rate_bps, distributor_rate_bps))
        if not new:
            return grade
        with taken("name", _("There is a grade of that name.")):
            grade.save()
        if (supplier_rate_bps, distributor_rate_bps) != rates:
            _write_rates(grade, supplier_rate_bps, distributor_rate_bps, since=now)
        record(
            actor=actor,
            verb="grade.changed",
            object_kind="grade",
            object_id=grade.pk,
            label=grade.name,
            before=old,
            after=new,
            address=address,
        )
    return grade


def admit_referrer(
    name: str,
    *,
    username: str,
    grade_id: int,
    actor: str,
    contact: str = "",
    is_active: bool = True,
    address: str = "",
) -> tuple[Referrer, NewUser]:
    """Admit a referrer (推荐人) in a grade, with his first user, whose one-time password is returned.

    Refuses an empty name, a taken user name, and a grade that is not there.
    """
    with scope.platform():
        _grade(grade_id)
        referrer, user = create_referrer(
            name, username=username, contact=contact, is_active=is_active, actor=actor, address=address
        )
        GradeStay.objects.create(referrer=referrer, grade_id=grade_id, since=moment())
    return referrer, user


def set_grade(referrer_id: int, *, grade_id: int, actor: str, reason: str = "", address: str = "") -> Grade:
    """Put a referrer into a grade for orders placed from now on; in it already, nothing happens.

    Refuses a grade that is not there. Raises Referrer.DoesNotExist.
    """
    with scope.platform():
        now = moment()
        referrer = Referrer.objects.select_for_update(no_key=True).get(pk=referrer_id)
        grade = _grade(grade_id)
        before = queries.grades_of([referrer_id]).get(referrer_id)
        if before is not None and before.pk == grade_id:
            return grade
        GradeStay.objects.create(referrer=referrer, grade=grade, since=now)
        record(
            actor=actor,
            verb="referrer.graded",
            object_kind="referrer",
            object_id=referrer.pk,
            label=f"{referrer.number} {referrer.name}",
            before={"grade": "" if before is None else before.name},
            after={"grade": grade.name},
            reason=reason,
            address=address,
        )
    return grade


def promote(referrer_ids: Sequence[int]) -> int:
    """Move referrers up who have reached a higher grade by the income they brought; return how many."""
    with scope.platform():
        thresholds = dict(Grade.objects.values_list("pk", "reached_from_fen"))
        if not any(start is not None for start in thresholds.values()):
            return 0
        brought, current = queries.brought_fen(list(referrer_ids)), queries.grades_of(list(referrer_ids))
        done = 0
        for referrer_id, grade in sorted(current.items()):
            reached = rules.promotion(brought.get(referrer_id, 0), current_id=grade.pk, thresholds=thresholds)
            if reached is not None:
                set_grade(referrer_id, grade_id=reached, actor=SYSTEM, reason=_("reached by what was brought"))
                done += 1
    return done


def moment() -> datetime:
    """Return the moment from which a change of rights holds.

    The transaction takes its id first: an order placed later has a higher one, so that whoever follows the ledger finds
    this change before he finds that order.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_current_xact_id()")
        cursor.execute("select clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _grade(grade_id: int) -> Grade:
    grade = Grade.objects.filter(pk=grade_id).first()
    if grade is None:
        raise Mistake("grade", _("Choose a grade."))
    return grade


def _facts(grade: Grade, supplier_rate_bps: int, distributor_rate_bps: int) -> dict[str, object]:
    return {
        "name": grade.name,
        "supplier_rate_bps": supplier_rate_bps,
        "distributor_rate_bps": distributor_rate_bps,
        "position": grade.position,
        "note": grade.note,
        "reached_from_fen": grade.reached_from_fen,
    }


def _write_rates(grade: Grade, supplier_rate_bps: int, distributor_rate_bps: int, *, since: datetime) -> None:
    GradeRate.objects.create(
        grade=grade, supplier_rate_bps=supplier_rate_bps, distributor_rate_bps=distributor_rate_bps, since=since
    )


def _refuse_excess(name: str, supplier_bps: int, distributor_bps: int, *, grade_id: int | None = None) -> None:
    for field, rate_bps in (("supplier_rate_bps", supplier_bps), ("distributor_rate_bps", distributor_bps)):
        if not 0 <= rate_bps <= BPS:
            raise Mistake(field, _("A rate lies between 0 and 100 %."))
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
    known = [
        (grade.name, rules.Rates(grade.supplier_rate_bps, grade.distributor_rate_bps))
        for grade in queries.grades()
        if grade.pk != grade_id
    ]
    pair = rules.excess([*known, (name, rules.Rates(supplier_bps, distributor_bps))])
    if pair is not None:
        said = _("A supplier brought by a “%(first)s” and a distributor brought by a “%(second)s” would cost more than"
                 " the platform's whole income of a line.")  # fmt: skip
        raise Mistake("", said % {"first": pair[0], "second": pair[1]})
