"""Bills of the demo world's suppliers, in every state a person may want to look at."""

from datetime import datetime, timedelta

from entrepot.base import scope
from entrepot.base.days import day_of
from entrepot.doors.cli.demo.people import People
from entrepot.doors.cli.demo.pictures import slip
from entrepot.settlement import actions
from entrepot.settlement.models import Bill
from entrepot.settlement.queries import lines_of
from entrepot.settlement.rules import Period, last_period

_DAYS_BACK = (5, 2, 0)


def bill_suppliers(people: People, *, now: datetime) -> None:
    """Bill the farm by week and the factory by day: some paid, one in dispute, one to pay, one to look through."""
    today = day_of(now)
    for name, cycle in (("farm", "week"), ("factory", "day")):
        said = actions.NewTerms(
            cycle=cycle, rights_days=1, answer_days=5, is_silence_consent=name == "farm", is_sent_at_once=False
        )
        actions.change_terms(people.suppliers[name].pk, terms=said, actor=people.actors["caiwu"])
    week = last_period("week", today=today)
    earlier = Period(week.first - timedelta(days=7), week.first)
    farm = [_run(people, "farm", period=period) for period in (earlier, week)]
    if farm[0] is not None:
        _paid(people, "farm", farm[0], at=now)
    if farm[1] is not None:
        _disputed(people, "farm", farm[1])
    ends = [today - timedelta(days=days) for days in _DAYS_BACK]
    periods = [Period(until - timedelta(days=1), until) for until in ends]
    first, second, _draft = (_run(people, "factory", period=period) for period in periods)
    if first is not None:
        actions.settle_bill(_paid(people, "factory", first, at=now).pk, actor=people.actors["caiwu"])
    if second is not None:
        _confirmed(people, "factory", second)


def _run(people: People, name: str, *, period: Period) -> Bill | None:
    cycle = "week" if name == "farm" else "day"
    return actions.run_period(people.suppliers[name].pk, period=period, cycle=cycle)


def _sent(people: People, bill: Bill) -> Bill:
    return bill if bill.state == "carried" else actions.send_bill(bill.pk, actor=people.actors["caiwu"])


def _confirmed(people: People, name: str, bill: Bill) -> Bill:
    bill = _sent(people, bill)
    if bill.state != "sent":
        return bill
    return actions.confirm_bill(bill.supplier_id, bill_id=bill.pk, revision=bill.revision, actor=people.actors[name])


def _paid(people: People, name: str, bill: Bill, *, at: datetime) -> Bill:
    bill = _confirmed(people, name, bill)
    reference = f"{at:%Y%m%d}{bill.pk:08d}"
    voucher = slip(f"CNY {bill.total_fen // 100:,}.{bill.total_fen % 100:02d}", reference=reference)
    return actions.pay_bill(bill.pk, bank_reference=reference, voucher=voucher, actor=people.actors["caiwu"])


def _disputed(people: People, name: str, bill: Bill) -> None:
    bill = _sent(people, bill)
    if bill.state != "sent":
        return
    with scope.platform():
        wrong = list(lines_of(bill.pk).values_list("pk", flat=True)[:2])
    actions.dispute_lines(
        bill.supplier_id,
        bill_id=bill.pk,
        line_ids=wrong,
        reason="这两单我们补发过，供货价少算了一件",
        actor=people.actors[name],
    )
