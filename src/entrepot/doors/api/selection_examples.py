"""Examples of the selection and of what can be sold where."""

from typing import Any

from entrepot.doors.api import availability_shapes
from entrepot.doors.api import selection_shapes as shapes
from entrepot.doors.api.freight_shapes import Destination

PATH = {"entry_id": "31"}
_AT = "2026-01-01T02:00:00+00:00"
_entry = shapes.SelectionEntry("31", "product", "7", "selected", _AT)

EXPORT = '{"changes_cursor":"…","currency":"CNY"}\n{"id":"7","goods_no":"TEA",…}\n{"products":1,"complete":true}\n'
EXAMPLES: dict[str, tuple[Any, Any]] = {
    "list_selection": (None, shapes.Selection([_entry], None, False)),
    "add_to_selection": (
        shapes.SelectionRequest(products=["7", "999"], categories=["3"], brands=["2"], left_out=["8"]),
        shapes.Selected([_entry], 1, shapes.SelectionUnknown(["999"], [], [])),
    ),
    "remove_from_selection": (None, shapes.SelectionEntry("31", "product", "7", "removed", _AT)),
    "query_availability": (
        availability_shapes.AvailabilityRequest(
            lines=[availability_shapes.AvailabilityLineRequest(sku="TEA-250G", qty=200)],
            destination=Destination(province="浙江省", city="杭州市", district="西湖区"),
        ),
        availability_shapes.Availabilities(
            "CNY",
            [
                availability_shapes.Availability(
                    *("TEA-250G", 200, False, ["insufficient_stock"]),
                    details=[
                        availability_shapes.AvailabilityReason(
                            "insufficient_stock",
                            "SKU TEA-250G 需要 200 件，可售 98 件",
                            {"sku": "TEA-250G", "available": 98, "wanted": 200},
                        )
                    ],
                    stock=98,
                    min_quantity=2,
                    agreed_price=1050,
                    freight=800,
                )
            ],
        ),
    ),
}
