"""Registers the platform office with Django, and its menu with the frame."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """The app of the platform's back office."""

    name = "entrepot.doors.platform"
    label = "platform_office"

    def ready(self) -> None:
        """Give the frame its menu."""
        from entrepot.doors.kit.shell import register
        from entrepot.doors.platform.menu import FIND_HINT, GROUPS

        register("platform", groups=GROUPS, find_url_name="platform:find", find_hint=FIND_HINT)
