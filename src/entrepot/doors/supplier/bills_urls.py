"""Addresses of the supplier's bills."""

from django.urls import path

from entrepot.doors.supplier import bills

BILLS = [
    path("bills/", bills.bill_list, name="bills"),
    path("bills/<int:bill_id>/", bills.bill_detail, name="bill"),
    path("bills/<int:bill_id>/xlsx/", bills.bill_sheet, name="bill-sheet"),
    path("bills/<int:bill_id>/pdf/", bills.bill_paper, name="bill-paper"),
    path("bills/<int:bill_id>/voucher/", bills.bill_voucher, name="bill-voucher"),
    path("bills/<int:bill_id>/confirm/", bills.bill_confirm, name="bill-confirm"),
    path("bills/<int:bill_id>/dispute/", bills.bill_dispute, name="bill-dispute"),
    path("bills/<int:bill_id>/received/", bills.bill_received, name="bill-received"),
]
