"""What staff of the platform and suppliers do with bills."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from entrepot.base import scope
from entrepot.settlement import actions
from entrepot.settlement.models import Bill
from entrepot.settlement.queries import lines_of
from tests.doors.deeds import deed, no_deed
from tests.doors.deeds.stage import Stage
from tests.world import STAFF, taken

BILLS = "/platform/bills/"


def earned(stage: Stage) -> int:
    """Let the stage's supplier have earned what is payable at once; returns his id."""
    said = actions.NewTerms(
        cycle="month", rights_days=0, answer_days=3, is_silence_consent=False, is_sent_at_once=False
    )
    actions.change_terms(stage.supplier_party.pk, terms=said, actor=STAFF)
    for _ in range(2):
        taken(stage.world.complete(stage.order(stage.supplied, state="received")))
    return int(stage.supplier_party.pk)


def draft(stage: Stage) -> Bill:
    return actions.bill_now(earned(stage), actor=STAFF)


def sent(stage: Stage) -> Bill:
    return actions.send_bill(draft(stage).pk, actor=STAFF)


def confirmed(stage: Stage) -> Bill:
    bill = sent(stage)
    actor = f"supplier/{bill.supplier_id}/1/proof"
    return actions.confirm_bill(bill.supplier_id, bill_id=bill.pk, revision=1, actor=actor)


def paid(stage: Stage) -> Bill:
    return actions.pay_bill(confirmed(stage).pk, bank_reference="R1", actor=STAFF)


def first_line(bill: Bill) -> int:
    with scope.platform():
        return int(lines_of(bill.pk).values_list("pk", flat=True)[0])


@deed("platform:bills-make", "bill.created")
def make_a_bill(stage: Stage) -> Any:
    return stage.platform.post(f"{BILLS}due/{earned(stage)}/")


@deed("platform:bills-send", "statement.ready")
def send_bills(stage: Stage) -> Any:
    return stage.platform.post(f"{BILLS}send/", ids=[draft(stage).pk])


@deed("platform:bill-send", "statement.ready")
def send_a_bill(stage: Stage) -> Any:
    return stage.platform.post(f"{BILLS}{draft(stage).pk}/send/")


@deed("platform:bill-put-off", "bill.put_off", reason="发票未到")
def put_off_a_line(stage: Stage) -> Any:
    bill = draft(stage)
    return stage.platform.post(f"{BILLS}{bill.pk}/put-off/", line=first_line(bill), reason="发票未到")


@deed("platform:bill-rule", "bill.ruled", reason="已核对")
def rule_on_a_line(stage: Stage) -> Any:
    bill = sent(stage)
    line = first_line(bill)
    actions.dispute_lines(
        bill.supplier_id, bill_id=bill.pk, line_ids=[line], reason="x", actor=f"supplier/{bill.supplier_id}/1/proof"
    )
    given = {f"l{line}-ruling": "moved", f"l{line}-reason": "已核对"}
    return stage.platform.post(f"{BILLS}{bill.pk}/lines/{line}/", **given)


@deed("platform:bill-pay", "bill.paid", "supplier.paid")
def pay_a_bill(stage: Stage) -> Any:
    return stage.platform.post(f"{BILLS}{confirmed(stage).pk}/pay/", bank_reference="R1")


@deed("platform:bill-settle", "bill.settled")
def settle_a_bill(stage: Stage) -> Any:
    return stage.platform.post(f"{BILLS}{paid(stage).pk}/settle/")


@deed("platform:bills-payments", "bill.paid", "supplier.paid")
def match_a_file(stage: Stage) -> Any:
    bill = confirmed(stage)
    text = f"流水号,备注,金额\nR1,{bill.number},{bill.total_fen // 100}.{bill.total_fen % 100:02d}\n"
    return stage.platform.post(f"{BILLS}payments/", file=SimpleUploadedFile("bank.csv", text.encode()))


@deed("platform:bills-usual", "bill.terms")
def change_the_usual_terms(stage: Stage) -> Any:
    page = f"{BILLS}terms/"
    held = stage.platform.form(page)
    answer = stage.platform.fill(page, answer_days="9" if held["answer_days"] != "9" else "8")
    actions.change_terms(
        None,
        terms=actions.NewTerms(
            cycle="month", rights_days=7, answer_days=7, is_silence_consent=False, is_sent_at_once=False
        ),
        actor="system",
    )
    return answer


@deed("platform:bills-terms", "bill.terms")
def change_a_suppliers_terms(stage: Stage) -> Any:
    return stage.platform.fill(f"{BILLS}terms/{stage.supplier_party.pk}/", rights_days="3")


@deed("platform:bills-terms", "bill.terms_usual")
def forget_a_suppliers_terms(stage: Stage) -> Any:
    return stage.platform.post(f"{BILLS}terms/{earned(stage)}/", do="usual")


@deed("supplier:bill-confirm", "bill.confirmed")
def confirm_a_bill(stage: Stage) -> Any:
    return stage.supplier.post(f"/supplier/bills/{sent(stage).pk}/confirm/", revision="1")


@deed("supplier:bill-dispute", "bill.disputed", reason="少算了")
def dispute_a_line(stage: Stage) -> Any:
    bill = sent(stage)
    return stage.supplier.post(f"/supplier/bills/{bill.pk}/dispute/", ids=[first_line(bill)], reason="少算了")


@deed("supplier:bill-received", "bill.settled")
def say_the_money_has_come(stage: Stage) -> Any:
    return stage.supplier.post(f"/supplier/bills/{paid(stage).pk}/received/")


no_deed("platform:bills-payments-refused", "hands back as a sheet what its own answer refused a moment ago")
