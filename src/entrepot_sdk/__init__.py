"""Entrepot for malls: signed client, callback check, typed objects."""

from entrepot_sdk.async_client import AsyncEntrepot
from entrepot_sdk.callbacks import challenge_answer, read_callback
from entrepot_sdk.client import Entrepot
from entrepot_sdk.errors import EntrepotError, OutcomeUnknownError, RefusedError, refusal_from
from entrepot_sdk.exchange import RetryPolicy
from entrepot_sdk.freight import Destination, FreightLine, FreightQuote, FreightRequest
from entrepot_sdk.mirror import DriftError, Mirror
from entrepot_sdk.shapes import Consignee, NewBatch, NewLine, NewOrder, OrderState
from entrepot_sdk.signing import SignatureError

__all__ = [
    "AsyncEntrepot",
    "Consignee",
    "Destination",
    "DriftError",
    "Entrepot",
    "EntrepotError",
    "FreightLine",
    "FreightQuote",
    "FreightRequest",
    "Mirror",
    "NewBatch",
    "NewLine",
    "NewOrder",
    "OrderState",
    "OutcomeUnknownError",
    "RefusedError",
    "RetryPolicy",
    "SignatureError",
    "challenge_answer",
    "read_callback",
    "refusal_from",
]
