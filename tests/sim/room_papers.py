"""Bills and payouts as deeds of a simulation."""

from collections.abc import Callable
from datetime import timedelta

from django.db import connection

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.parties.models import Referrer, Supplier
from entrepot.referral.actions import pay_out
from entrepot.settlement import actions
from entrepot.settlement.jobs import confirm_unanswered
from entrepot.settlement.queries import ZONE
from entrepot.settlement.rules import Period
from tests.sim.backstage import Result
from tests.sim.deeds import Deed
from tests.sim.views import rows

STAFF = "system"
Act = Callable[[Deed], Result]
_MARK = """
select b.state, b.revision, (select count(*) from settlement_billline l where l.bill_id = b.id and l.left_by = ''
       and l.disputed_at is null) as plain
from settlement_bill b where b.id = %s
"""
_LAST = "select coalesce(max(b.id), 0) as id from settlement_bill b join parties_supplier s on s.id = b.supplier_id where s.number = %s"


def _on_bill(act: Callable[[Deed], object]) -> Act:
    """A step of a bill that nobody else takes: begun again after the database went away, it is done if the bill has moved."""

    def whole(deed: Deed) -> Result:
        with scope.desk(read_only=True):
            mark = rows(_MARK, deed.more["bill"])
        if deed.is_shaken and deed.facts.get("mark", mark) != mark:
            return Result()
        deed.facts["mark"] = mark
        act(deed)
        return Result()

    return whole


def _making(act: Callable[[Deed, int], object]) -> Act:
    """The making of a bill, likewise; answers with its id, none when nothing was to be billed."""

    def whole(deed: Deed) -> Result:
        number = deed.more["supplier"]
        with scope.platform(read_only=True):
            (last,) = rows(_LAST, number)
            supplier_id = Supplier.objects.values_list("pk", flat=True).get(number=number)
        if deed.is_shaken and deed.facts.get("last", last) != last:
            return Result(facts={"bill": last["id"]})
        deed.facts["last"] = last
        bill = act(deed, supplier_id)
        return Result(facts={"bill": getattr(bill, "pk", None)})

    return whole


def _bill(deed: Deed, supplier_id: int) -> object:
    return actions.bill_now(supplier_id, actor=STAFF)


def _run(deed: Deed, supplier_id: int) -> object:
    """A run at the end of a period some days ahead: each is one of its own, as no real run comes so late."""
    until = database_now().astimezone(ZONE).date() + timedelta(days=deed.more["days"])
    period = Period(until - timedelta(days=1), until)
    return actions.run_period(supplier_id, period=period, cycle="day")


def _consent(deed: Deed) -> Result:
    """Let the time for an answer be over."""
    with scope.platform(), connection.cursor() as cursor:
        cursor.execute(
            "update settlement_bill set answer_by = clock_timestamp() - interval '1 second'"
            " where id = %s and answer_by is not null",
            [deed.more["bill"]],
        )
    from threading import Event

    confirm_unanswered(Event())
    return Result()


def _supplier_of(bill_id: int) -> int:
    with scope.desk(read_only=True):
        (bill,) = rows("select supplier_id from settlement_bill where id = %s", bill_id)
    return int(bill["supplier_id"])


def _confirm(deed: Deed) -> object:
    bill_id = deed.more["bill"]
    return actions.confirm_bill(_supplier_of(bill_id), bill_id=bill_id, revision=deed.more["revision"], actor=STAFF)


def _dispute(deed: Deed) -> object:
    bill_id = deed.more["bill"]
    ids = deed.more["line_ids"]
    return actions.dispute_lines(_supplier_of(bill_id), bill_id=bill_id, line_ids=ids, reason="simulation", actor=STAFF)


def _judge_line(deed: Deed) -> object:
    return actions.rule_line(
        deed.more["bill"],
        line_id=deed.more["line_ids"][0],
        ruling=deed.more["ruling"],
        adjustment_fen=deed.more.get("amount", 0),
        reason="simulation",
        actor=STAFF,
    )


def _put_off(deed: Deed) -> object:
    return actions.put_off_line(deed.more["bill"], line_id=deed.more["line_ids"][0], reason="simulation", actor=STAFF)


def _pay_referrer(deed: Deed) -> Result:
    with scope.platform(read_only=True):
        referrer = Referrer.objects.get(number=deed.more["referrer"])
        today = database_now().astimezone(ZONE).date()
    pay_out(
        referrer.pk,
        amount_fen=deed.more["amount"],
        month=today,
        paid_on=today,
        actor=STAFF,
        once=deed.more["once"],
        bank_reference="simulation",
    )
    return Result()


DEEDS: dict[str, Act] = {
    "bill": _making(_bill),
    "run": _making(_run),
    "put_off": _on_bill(_put_off),
    "send": _on_bill(lambda deed: actions.send_bill(deed.more["bill"], actor=STAFF)),
    "confirm_bill": _on_bill(_confirm),
    "consent": _consent,
    "dispute": _on_bill(_dispute),
    "judge_line": _on_bill(_judge_line),
    "pay": _on_bill(lambda deed: actions.pay_bill(deed.more["bill"], bank_reference="simulation", actor=STAFF)),
    "settle_bill": _on_bill(lambda deed: actions.settle_bill(deed.more["bill"], actor=STAFF)),
    "pay_referrer": _pay_referrer,
}
