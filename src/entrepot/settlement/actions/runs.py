"""Making bills: at the end of a period, and by hand."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.clock import database_now
from entrepot.base.days import day_of
from entrepot.base.mistakes import Mistake
from entrepot.parties.models import Supplier
from entrepot.settlement.actions.sending import send_locked
from entrepot.settlement.actions.steps import freeze, note, recount
from entrepot.settlement.models import Bill, BillLine, BillState, Leaving, Run
from entrepot.settlement.queries import beginning_of, terms_of, unbilled
from entrepot.settlement.rules import Period, bill_number

BY_HAND = "by_hand"


def run_period(supplier_id: int, *, period: Period, cycle: str) -> Bill | None:
    """Bill a supplier at the end of a period for all that was payable before its end and is on no bill.

    It happens once per supplier and period, whether or not there was anything; None when it had happened or there was
    nothing. Where the terms say so the bill is sent at once.
    """
    with scope.platform():
        _lock(supplier_id)
        run, is_new = Run.objects.get_or_create(supplier_id=supplier_id, period_until=period.until)
        if not is_new:
            return None
        bill = _bill(supplier_id, period=period, cycle=cycle, due_before=beginning_of(period.until), actor=SYSTEM)
        if bill is not None:
            run.bill = bill
            run.save(update_fields=["bill"])
        return bill


def bill_now(supplier_id: int, *, actor: str, address: str = "") -> Bill:
    """Bill a supplier by hand (手动出账) for all that is payable by now. Refuses when there is nothing.

    Raises Supplier.DoesNotExist.
    """
    with scope.platform():
        _lock(supplier_id)
        now = database_now()
        today = day_of(now)
        last = Bill.objects.filter(supplier_id=supplier_id).aggregate(last=Max("period_until"))["last"]
        first = today if last is None else min(last, today)
        period = Period(first, today + timedelta(days=1))
        bill = _bill(supplier_id, period=period, cycle=BY_HAND, due_before=now, actor=actor, address=address)
        if bill is None:
            raise Mistake("", _("Nothing is payable to this supplier yet."))
        return bill


def _lock(supplier_id: int) -> None:
    """Let one run of a supplier wait for the other; the constraint on lines is there for whoever forgets to."""
    Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id, is_platform=False)


def _bill(
    supplier_id: int, *, period: Period, cycle: str, due_before: datetime, actor: str, address: str = ""
) -> Bill | None:
    terms = terms_of([supplier_id])[supplier_id]
    found = unbilled(supplier_id, rights_days=terms.rights_days, due_before=due_before)
    if not found:
        return None
    if cycle == BY_HAND:
        earliest = day_of(min(one.at for one in found))
        period = Period(min(period.first, earliest), period.until)
    bill = Bill.objects.create(
        number=bill_number(day_of(database_now()), serial=_serial()),
        supplier_id=supplier_id,
        cycle=cycle,
        period_from=period.first,
        period_until=period.until,
    )
    carried = _take_over(bill)
    lines = [(one.transfer_id, one.amount_fen) for one in found] + carried
    BillLine.objects.bulk_create(
        [
            BillLine(bill=bill, supplier_id=supplier_id, transfer_id=transfer_id, amount_fen=amount_fen)
            for transfer_id, amount_fen in sorted(lines)
        ],
        batch_size=1000,
    )
    recount(bill)
    if bill.total_fen <= 0:
        # Nothing is to be paid: the supplier is shown it, and its lines go on the next bill.
        bill.state = BillState.CARRIED
        freeze(bill)
    bill.save()
    note(bill, "bill.created", actor=actor, address=address, bill_lines=bill.line_count, amount_fen=bill.total_fen)
    if bill.state == BillState.DRAFT and terms.is_sent_at_once:
        send_locked(bill, actor=actor, address=address)
    return bill


def _take_over(bill: Bill) -> list[tuple[int, int]]:
    """Take the lines of bills that were carried over off them; return their transfers and amounts (fen)."""
    waiting = Bill.objects.filter(supplier_id=bill.supplier_id, state=BillState.CARRIED, carried_to__isnull=True)
    lines = BillLine.objects.filter(bill__in=waiting, left_by="")
    taken = list(lines.values_list("transfer_id", "amount_fen"))
    lines.update(left_by=Leaving.CARRIED)
    waiting.update(carried_to=bill)
    return taken


def _serial() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('settlement_bill_serial')")
        return int(cursor.fetchone()[0])
