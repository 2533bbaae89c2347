"""Registers the referrer's back office with Django."""

from django.apps import AppConfig


class ReferrerOfficeConfig(AppConfig):
    """The app of the referrer's back office."""

    name = "entrepot.doors.referrer"
    label = "referrer_office"

    def ready(self) -> None:
        """Give the frame its menu, once the models are there."""
        from entrepot.doors.referrer import menu

        menu.install()
