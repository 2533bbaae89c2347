"""The port: what a way to pay must be able to do. Money goes from the buyer to the shop's own account, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class CashierError(Exception):
    """A way to pay did not do what was asked; the text is for the shop's own people."""


@dataclass(frozen=True)
class Charge:
    """What a buyer is to pay."""

    number: str
    amount_fen: int
    title: str
    notify_url: str
    return_url: str
    payer_ip: str = "127.0.0.1"
    is_mobile: bool = False
    openid: str = ""


@dataclass(frozen=True)
class Begun:
    """What the buyer needs to pay: a page to go to, a code to scan, or words."""

    shown: Mapping[str, str]
    reference: str = ""


@dataclass(frozen=True)
class Notice:
    """Money that came, as the payment service says."""

    number: str
    amount_fen: int
    reference: str


@dataclass(frozen=True)
class Repayment:
    """Money to give back."""

    number: str
    refund_number: str
    amount_fen: int
    total_fen: int
    reason: str
    reference: str = ""


@dataclass(frozen=True)
class Repaid:
    """Whether the money is back already, or is on its way by a person or a service."""

    is_done: bool
    reference: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


class Cashier(Protocol):
    """One way to pay."""

    way: str

    def begin(self, charge: Charge) -> Begun:
        """Prepare a payment. Raises CashierError."""
        ...

    def repay(self, repayment: Repayment) -> Repaid:
        """Give money back. The same refund number never pays twice. Raises CashierError."""
        ...
