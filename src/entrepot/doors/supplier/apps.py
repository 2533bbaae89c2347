"""Registers the supplier's back office with Django."""

from django.apps import AppConfig


class SupplierOfficeConfig(AppConfig):
    """The app of the supplier's back office."""

    name = "entrepot.doors.supplier"
    label = "supplier_office"

    def ready(self) -> None:
        """Give the frame its menu, once the models are there."""
        from entrepot.doors.supplier import menu

        menu.install()
