"""A payment file of the bank or of Alipay: each row pays the bill it names, and refused rows come back as a sheet."""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import FenField
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import ImportColumn, RefusedRow, Sheet, UnreadableSheet, read_sheet, refused_xlsx
from entrepot.settlement import actions
from entrepot.settlement.models import Bill

_ROWS = 2_000
_SALT, _SALT_S = "entrepot.refused-payments", 3600


def _read_amount(text: str) -> int:
    """Return yuan as fen; banks write what goes out with a minus before it."""
    from django.core.exceptions import ValidationError

    try:
        amount_fen = FenField().to_python(text.replace("-", "").replace("￥", "").replace("元", ""))
    except ValidationError as wrong:
        raise ValueError(gettext("“%(text)s” is no amount.") % {"text": text}) from wrong
    if not amount_fen:
        raise ValueError(gettext("“%(text)s” is no amount.") % {"text": text})
    return amount_fen


IMPORT = (
    ImportColumn(
        name="text", headings=(_("Bill"), "账单编号", "结算单", "备注", "附言", "摘要", "用途", "转账备注", "Remark", "Bill")
    ),
    ImportColumn(
        name="amount_fen",
        headings=(_("Amount"), "金额", "金额（元）", "交易金额", "支出金额", "借方发生额", "转账金额", "Amount"),
        read=_read_amount,
    ),
    ImportColumn(
        name="reference",
        headings=(
            _("Bank reference"), "银行流水号", "流水号", "交易流水号", "交易号", "支付宝交易号", "业务流水号", "订单号", "Reference"
        ),
    ),
)  # fmt: skip


@page("platform", "bills.pay")
@require_http_methods(["GET", "POST"])
def payments(request: PartyRequest) -> HttpResponse:
    """Pay bills by a file; refused rows come back as a sheet."""
    context: dict[str, Any] = {"title": _("Match a payment file"), "limit": _ROWS}
    if request.method == "GET":
        return render(request, "platform/bills_payments.html", context)
    upload = request.FILES.get("file")
    if upload is None or upload.file is None:
        context["fault"] = _("Choose a file first.")
        return render(request, "platform/bills_payments.html", context, status=422)
    try:
        sheet = read_sheet(upload.file, columns=IMPORT, limit=_ROWS)
    except UnreadableSheet as wrong:
        context["fault"] = str(wrong)
        return render(request, "platform/bills_payments.html", context, status=422)
    paid, known = _match(sheet, who=actor(request.party), address=client_ip(request) or "")
    sheet.refused.sort(key=lambda row: row.number)
    context |= {
        "sheet": sheet,
        "paid": len(paid),
        "known": known,
        "paid_fen": sum(bill.total_fen for bill in paid),
        "sealed": _sealed(sheet),
    }
    return render(request, "platform/bills_payments.html", context)


def _match(sheet: Sheet, *, who: str, address: str) -> tuple[list[Bill], int]:
    """Pay what each row names; return the bills paid and how many rows were known already."""
    paid: list[Bill] = []
    known = 0
    for row in list(sheet.rows):
        payment = actions.Payment(
            text=row.values["text"], amount_fen=row.values["amount_fen"], reference=row.values["reference"]
        )
        try:
            bill = actions.match_payment(payment, actor=who, address=address)
        except Mistake as mistake:
            sheet.refuse(row, reason=mistake.reason)
            continue
        if bill is None:
            known += 1
        else:
            paid.append(bill)
    return paid, known


def _sealed(sheet: Sheet) -> str:
    """Return the refused rows as a signed text that the page carries, so that nothing has to be kept for it."""
    if not sheet.refused:
        return ""
    rows = [[row.number, row.cells, row.reason] for row in sheet.refused]
    return signing.dumps([sheet.headings, rows], salt=_SALT, compress=True)


@page("platform", "bills.pay")
@require_POST
def refused(request: PartyRequest) -> HttpResponse:
    """Hand the refused rows of a file back as a sheet with the reasons."""
    try:
        headings, rows = signing.loads(request.POST.get("sealed", ""), salt=_SALT, max_age=_SALT_S)
    except signing.BadSignature:
        messages.error(request, gettext("The result is too old; import the file again."))
        return HttpResponseRedirect(reverse("platform:bills-payments"))
    found = [RefusedRow(number=number, cells=cells, reason=reason) for number, cells, reason in rows]
    return refused_xlsx(headings, refused=found, name=f"{gettext('refused')}-{timezone.localtime():%Y%m%d-%H%M}")
