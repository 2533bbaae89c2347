"""Addresses of the referrer's back office."""

from django.urls import path

from entrepot.doors.referrer import home

app_name = "referrer"
urlpatterns = [
    path("", home.home, name="home"),
]
