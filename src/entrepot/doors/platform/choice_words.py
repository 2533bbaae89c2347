"""What the choices of the platform's forms are called, there and wherever a choice is shown."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from entrepot.catalog.models import EditMode
from entrepot.fulfilment.rules import ASK, REFUND, REROUTE
from entrepot.parties.models import DistributorKind, FundsPolicy, SupplierKind, SupplierSource

FUNDS_POLICIES: dict[str, Any] = {
    FundsPolicy.HOLD: _("Hold: money is kept aside with the stock when the order is placed"),
    FundsPolicy.CHECK: _("Check: money is drawn at payment; when short, the order waits for a top-up"),
}
DISTRIBUTOR_KINDS: dict[str, Any] = {
    DistributorKind.MALL: _("Online mall"),
    DistributorKind.STORE: _("Offline shop"),
    DistributorKind.MARKET: _("Wholesale market"),
    DistributorKind.ENTERPRISE: _("Enterprise purchasing"),
}
SUPPLIER_KINDS: dict[str, Any] = {
    SupplierKind.PRODUCE: _("Farm produce"),
    SupplierKind.FACTORY: _("Trade or factory"),
    SupplierKind.HUB: _("Other supply chain"),
    SupplierKind.CROSS_BORDER: _("Cross-border e-commerce"),
}
SUPPLIER_SOURCES: dict[str, Any] = {
    SupplierSource.OFFICE: _("By its back office"),
    SupplierSource.API: _("Another platform by API"),
}
EDIT_MODES: dict[str, Any] = {
    EditMode.AS_PLATFORM: _("As the platform's setting"),
    EditMode.STRICT: _("Strict: off the shelf, edit, review, on sale again"),
    EditMode.OPEN: _("Open: the version on sale sells on while the change waits for review"),
}
UNSUPPLIED: dict[str, Any] = {
    REROUTE: _("Send a substitute, refund when there is none"),
    REFUND: _("Refund at once"),
    ASK: _("The platform decides"),
}
