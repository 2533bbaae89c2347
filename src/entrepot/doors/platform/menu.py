"""The menu of the platform office."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entrepot.doors.kit.shell import Group, Item

FIND_HINT = _("Order, tracking number or phone")

GROUPS = (
    Group(
        label=_("Business"),
        items=(Item(label=_("Dashboard"), url_name="platform:dashboard", icon="chart-bar"),),
    ),
    Group(
        label=_("Trade"),
        items=(
            Item(
                label=_("Orders"), url_name="platform:orders", icon="clipboard-document-list", permission="orders.view"
            ),
            Item(label=_("Ship in bulk"), url_name="platform:tracking", icon="truck", permission="orders.ship"),
            Item(label=_("Acceptance"), url_name="platform:acceptance", icon="hand-thumb-up", permission="orders.view"),
        ),
        is_first=True,
    ),
    Group(
        label=pgettext_lazy("menu", "After-sale"),
        items=(
            Item(
                label=_("After-sale"),
                url_name="platform:aftersales",
                icon="arrow-uturn-left",
                permission="aftersales.view",
            ),
            Item(
                label=_("After-sale table"),
                url_name="platform:aftersale-table",
                icon="table-cells",
                permission="aftersales.view",
            ),
            Item(
                label=_("Return addresses"),
                url_name="platform:return-addresses",
                icon="map-pin",
                permission="aftersales.view",
            ),
        ),
    ),
    Group(
        label=_("Supply"),
        items=(
            Item(label=_("Goods"), url_name="platform:goods", icon="cube", permission="goods.view"),
            Item(label=_("Promotion slots"), url_name="platform:slots", icon="megaphone", permission="goods.view"),
            Item(label=_("Price changes"), url_name="platform:prices", icon="tag", permission="goods.view"),
            Item(label=_("Freight templates"), url_name="platform:freight", icon="map", permission="goods.view"),
            Item(
                label=_("Categories"), url_name="platform:categories", icon="rectangle-group", permission="goods.view"
            ),
            Item(label=_("Brands"), url_name="platform:brands", icon="tag", permission="goods.view"),
            Item(label=_("Attributes"), url_name="platform:attributes", icon="swatch", permission="goods.view"),
        ),
    ),
    Group(
        label=pgettext_lazy("menu", "Stock"),
        items=(
            Item(label=_("Stock"), url_name="platform:stock", icon="archive-box", permission="stock.view"),
            Item(label=_("Allotments"), url_name="platform:allotments", icon="squares-2x2", permission="stock.view"),
            Item(label=_("Holds"), url_name="platform:holds", icon="lock-closed", permission="stock.view"),
            Item(label=_("Sold-out switches"), url_name="platform:shelf", icon="power", permission="stock.view"),
            Item(
                label=_("Substitutes"),
                url_name="platform:substitutes",
                icon="arrows-right-left",
                permission="goods.view",
            ),
        ),
    ),
    Group(
        label=_("Partners"),
        items=(
            Item(
                label=_("Suppliers"),
                url_name="platform:suppliers",
                icon="building-storefront",
                permission="suppliers.view",
            ),
            Item(
                label=_("Distributors"),
                url_name="platform:distributors",
                icon="user-group",
                permission="distributors.view",
            ),
            Item(
                label=_("Tiers"),
                url_name="platform:tiers",
                icon="adjustments-horizontal",
                permission="distributors.view",
            ),
            Item(
                label=_("Memberships"),
                url_name="platform:memberships",
                icon="identification",
                permission="distributors.view",
            ),
            Item(label=_("Referrers"), url_name="platform:referrers", icon="user-plus", permission="referrers.view"),
        ),
    ),
    Group(
        label=_("Money"),
        items=(
            Item(label=_("Top-ups"), url_name="platform:topups", icon="banknotes", permission="topups.view"),
            Item(
                label=_("Funds foresight"),
                url_name="platform:funds",
                icon="presentation-chart-line",
                permission="distributors.view",
            ),
            Item(
                label=_("Monthly statements"),
                url_name="platform:statements",
                icon="document-currency-yen",
                permission="ledger.view",
            ),
            Item(label=_("Bills"), url_name="platform:bills", icon="document-text", permission="bills.view"),
            Item(
                label=_("Referral statements"),
                url_name="platform:referral-statements",
                icon="document-text",
                permission="referrers.view",
            ),
        ),
    ),
    Group(
        label=_("System"),
        items=(
            Item(label=_("Users"), url_name="platform:users", icon="users", permission="users.view"),
            Item(label=_("Roles"), url_name="platform:roles", icon="shield-check", permission="users.view"),
            Item(label=_("Operation log"), url_name="platform:log", icon="clock", permission="log.view"),
        ),
    ),
)
