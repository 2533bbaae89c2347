"""Registers the kit with Django."""

from django.apps import AppConfig


class KitConfig(AppConfig):
    """The app whose templates and static files every back office uses."""

    name = "entrepot.doors.kit"
    label = "kit"
