"""The menu of the supplier's back office, and its search."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from entrepot.doors.kit.shell import Group, Item, register

_MENU = (
    Group(label=_("Business"), items=(Item(label=_("Dashboard"), url_name="supplier:home", icon="chart-bar"),)),
    Group(
        label=pgettext_lazy("menu", "Goods"),
        items=(
            Item(label=_("My goods"), url_name="supplier:goods", icon="cube", permission="goods.view"),
            Item(label=_("Stock"), url_name="supplier:stock", icon="archive-box", permission="stock.view"),
            Item(label=_("Price changes"), url_name="supplier:prices", icon="tag", permission="goods.view"),
            Item(label=_("Freight templates"), url_name="supplier:freight", icon="map", permission="goods.view"),
        ),
    ),
    Group(
        label=_("Shipping"),
        items=(
            Item(label=_("Orders to ship"), url_name="supplier:orders", icon="truck", permission="orders.view"),
            Item(label=_("Batch shipping"), url_name="supplier:batch", icon="table-cells", permission="orders.ship"),
            Item(
                label=_("Returns"),
                url_name="supplier:aftersales",
                icon="arrow-uturn-left",
                permission="aftersales.view",
            ),
            Item(
                label=_("Return addresses"),
                url_name="supplier:return-addresses",
                icon="map-pin",
                permission="aftersales.view",
            ),
        ),
    ),
    Group(
        label=_("Settlement"),
        items=(
            Item(label=_("Bills"), url_name="supplier:bills", icon="document-text", permission="bills.view"),
            Item(label=_("Earnings"), url_name="supplier:earnings", icon="banknotes", permission="ledger.view"),
        ),
    ),
)


def install() -> None:
    """Give the frame of the supplier's pages its menu."""
    register("supplier", groups=_MENU, find_url_name="supplier:orders", find_hint=_("Order or tracking number"))
