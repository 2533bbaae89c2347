"""The menu of the referrer's back office."""

from django.utils.translation import gettext_lazy as _

from entrepot.doors.kit.shell import Group, Item, register

_MENU = (Group(label=_("Business"), items=(Item(label=_("Dashboard"), url_name="referrer:home", icon="chart-bar"),)),)


def install() -> None:
    """Give the frame of the referrer's pages its menu."""
    register("referrer", groups=_MENU)
