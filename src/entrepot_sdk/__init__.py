"""Entrepot for malls: signed client, callback check, typed objects."""

from entrepot_sdk.async_client import AsyncEntrepot
from entrepot_sdk.async_mirror import AsyncMirror
from entrepot_sdk.callbacks import challenge_answer, read_callback
from entrepot_sdk.client import Entrepot
from entrepot_sdk.errors import EntrepotError, OutcomeUnknownError, RefusedError, refusal_from
from entrepot_sdk.exchange import RetryPolicy
from entrepot_sdk.freight import Destination, FreightLine, FreightQuote, FreightRequest
from entrepot_sdk.mirror import DriftError, Mirror
from entrepot_sdk.papers import AfterSaleQuestion, NewAfterSale, NewRecharge
from entrepot_sdk.selection import AvailabilityLine
from entrepot_sdk.shapes import Consignee, LinePart, NewBatch, NewLine, NewOrder, OrderState
from entrepot_sdk.signing import SignatureError

__all__ = [
    "AfterSaleQuestion",
    "AsyncEntrepot",
    "AsyncMirror",
    "AvailabilityLine",
    "Consignee",
    "Destination",
    "DriftError",
    "Entrepot",
    "EntrepotError",
    "FreightLine",
    "FreightQuote",
    "FreightRequest",
    "LinePart",
    "Mirror",
    "NewAfterSale",
    "NewBatch",
    "NewLine",
    "NewOrder",
    "NewRecharge",
    "OrderState",
    "OutcomeUnknownError",
    "RefusedError",
    "RetryPolicy",
    "SignatureError",
    "challenge_answer",
    "read_callback",
    "refusal_from",
]
