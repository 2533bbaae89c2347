"""Addresses of suppliers' bills."""

from django.urls import path

from entrepot.doors.platform import bills, bills_acts, bills_due, bills_payments

BILLS = [
    path("bills/", bills.bills, name="bills"),
    path("bills/send/", bills_acts.send_many, name="bills-send"),
    path("bills/due/", bills_due.due, name="bills-due"),
    path("bills/due/<int:supplier_id>/", bills_due.make, name="bills-make"),
    path("bills/terms/", bills_due.usual, name="bills-usual"),
    path("bills/terms/<int:supplier_id>/", bills_due.terms, name="bills-terms"),
    path("bills/payments/", bills_payments.payments, name="bills-payments"),
    path("bills/payments/refused/", bills_payments.refused, name="bills-payments-refused"),
    path("bills/<int:bill_id>/", bills.bill, name="bill"),
    path("bills/<int:bill_id>/xlsx/", bills.xlsx, name="bill-xlsx"),
    path("bills/<int:bill_id>/pdf/", bills.pdf, name="bill-pdf"),
    path("bills/<int:bill_id>/voucher/", bills.voucher, name="bill-voucher"),
    path("bills/<int:bill_id>/send/", bills_acts.send, name="bill-send"),
    path("bills/<int:bill_id>/put-off/", bills_acts.put_off, name="bill-put-off"),
    path("bills/<int:bill_id>/lines/<int:line_id>/", bills_acts.rule, name="bill-rule"),
    path("bills/<int:bill_id>/pay/", bills_acts.pay, name="bill-pay"),
    path("bills/<int:bill_id>/settle/", bills_acts.settle, name="bill-settle"),
]
