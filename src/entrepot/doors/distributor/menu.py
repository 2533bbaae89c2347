"""The menu of the distributor's back office, its search, and the balance that is always in view."""

from django.utils.translation import gettext_lazy as _

from entrepot.doors.distributor.notices import notices
from entrepot.doors.kit.party import Party
from entrepot.doors.kit.shell import Group, Item, register
from entrepot.ledger.queries import wallet

_MENU = (
    Group(label=_("Business"), items=(Item(label=_("Dashboard"), url_name="distributor:home", icon="chart-bar"),)),
    Group(
        label=_("Supply"),
        items=(
            Item(label=_("Goods to sell"), url_name="distributor:goods", icon="cube", permission="goods.view"),
            Item(label=_("Selection"), url_name="distributor:selection", icon="check-circle", permission="goods.view"),
        ),
    ),
    Group(
        label=_("Orders"),
        items=(
            Item(
                label=_("My orders"),
                url_name="distributor:orders",
                icon="clipboard-document-list",
                permission="orders.view",
            ),
            Item(
                label=_("After-sale"),
                url_name="distributor:aftersales",
                icon="arrow-uturn-left",
                permission="aftersales.view",
            ),
        ),
    ),
    Group(
        label=_("Funds"),
        items=(
            Item(label=_("Top-ups"), url_name="distributor:topups", icon="inbox-arrow-down", permission="topups.view"),
            Item(label=_("Ledger"), url_name="distributor:ledger", icon="banknotes", permission="ledger.view"),
            Item(
                label=_("Waiting for funds"),
                url_name="distributor:waiting",
                icon="clock",
                permission="orders.view",
            ),
            Item(
                label=_("Membership"),
                url_name="distributor:membership",
                icon="identification",
                permission="ledger.view",
            ),
            Item(
                label=_("Monthly statements"),
                url_name="distributor:statements",
                icon="document-text",
                permission="ledger.view",
            ),
        ),
    ),
    Group(
        label=_("Connection"),
        items=(
            Item(
                label=_("Connect the mall"),
                url_name="distributor:connecting",
                icon="clipboard-document-check",
                permission="keys.edit",
            ),
            Item(label=_("API and keys"), url_name="distributor:keys", icon="key", permission="keys.edit"),
            Item(label=_("Callbacks"), url_name="distributor:callbacks", icon="paper-airplane", permission="keys.edit"),
            Item(label=_("Sandbox"), url_name="distributor:sandbox", icon="beaker", permission="keys.edit"),
        ),
    ),
    Group(
        label=_("Company"),
        items=(Item(label=_("Users"), url_name="distributor:users", icon="users", permission="users.view"),),
    ),
)


def install() -> None:
    """Give the frame of the distributor's pages its menu."""
    register(
        "distributor",
        groups=_MENU,
        find_url_name="distributor:orders",
        find_hint=_("Order or tracking number"),
        wallet_fen=_available_fen,
        wallet_url_name="distributor:ledger",
        notices=notices,
    )


def _available_fen(party: Party) -> int:
    return wallet(party.id).available_fen
