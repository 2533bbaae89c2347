"""Registers the distributor's back office with Django."""

from django.apps import AppConfig


class DistributorOfficeConfig(AppConfig):
    """The app of the distributor's back office."""

    name = "entrepot.doors.distributor"
    label = "distributor_office"

    def ready(self) -> None:
        """Give the frame its menu, once the models are there."""
        from entrepot.doors.distributor import menu

        menu.install()
