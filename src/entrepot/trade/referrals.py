"""What the desk is asked about referrers: owe them, take it back, pay them, and put right a payment that came back."""

from dataclasses import dataclass

SYSTEM = "system"


@dataclass(slots=True)
class AccrueReferral:
    """Owe a referrer his share (fen) of what the platform has earned by a completed order, once per cause."""

    referrer_id: int
    of_order_id: int
    amount_fen: int
    cause: str
    actor: str = SYSTEM


@dataclass(slots=True)
class ReverseReferral:
    """Take back a part (fen) of a referrer's share of an order that was refunded, once per cause.

    His balance may go below 0: a debt that his later earnings make good.
    """

    referrer_id: int
    of_order_id: int
    amount_fen: int
    cause: str
    actor: str = SYSTEM


@dataclass(slots=True)
class PayReferrer:
    """Record that a referrer was paid from the bank (fen), once per cause; never more than he is owed."""

    referrer_id: int
    amount_fen: int
    cause: str
    actor: str
    remark: str = ""


@dataclass(slots=True)
class ReturnPayout:
    """Owe a referrer again what was paid to him and came back from his bank (fen), once per cause."""

    referrer_id: int
    amount_fen: int
    cause: str
    actor: str
    remark: str = ""
