"""The objects of a freight quote; money is integer fen."""

import msgspec
from msgspec import UNSET, UnsetType


class FreightLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Pieces of a SKU to be sent."""

    sku: str
    qty: int


class Destination(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where to, as in a consignee."""

    province: str
    city: str
    district: str | UnsetType = UNSET
    street: str | UnsetType = UNSET
    division_code: str | UnsetType = UNSET


class FreightRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What sending these lines to a place would cost."""

    lines: list[FreightLine]
    destination: Destination


class FreightPart(msgspec.Struct, kw_only=True):
    """What one shipper asks under one template (fen); `free_by` says why nothing is asked."""

    freight_template_id: str
    freight: int
    skus: list[str] = []
    pieces: int = 0
    weight_g: int = 0
    free_by: str = ""


class FreightQuote(msgspec.Struct, kw_only=True):
    """The freight (fen) of some pieces to a place; SKUs in no part are sent free."""

    freight: int
    currency: str = "CNY"
    parts: list[FreightPart] = []
