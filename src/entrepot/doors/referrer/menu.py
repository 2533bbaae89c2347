"""The menu of the referrer's back office."""

from django.utils.translation import gettext_lazy as _

from entrepot.doors.kit.shell import Group, Item, register

_MENU = (
    Group(label=_("Business"), items=(Item(label=_("Dashboard"), url_name="referrer:home", icon="chart-bar"),)),
    Group(
        label=_("Referral"),
        items=(
            Item(label=_("Entries"), url_name="referrer:entries", icon="list-bullet", permission="earnings.view"),
            Item(label=_("Payouts"), url_name="referrer:payouts", icon="banknotes", permission="earnings.view"),
        ),
    ),
)


def install() -> None:
    """Give the frame of the referrer's pages its menu."""
    register("referrer", groups=_MENU)
