"""Addresses of the referrer's back office."""

from django.urls import path

from entrepot.doors.referrer import earnings, home

app_name = "referrer"
urlpatterns = [
    path("", home.home, name="home"),
    path("entries/", earnings.entries, name="entries"),
    path("payouts/", earnings.payouts, name="payouts"),
    path("payouts/<int:payout_id>/proof/", earnings.proof, name="proof"),
]
