"""The port: what a shop on another channel must be able to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class ChannelError(Exception):
    """The channel refused; `code` is its own. What passes by itself may be tried again."""

    def __init__(self, code: str, detail: str, *, is_passing: bool = False) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.is_passing = code, detail, is_passing


@dataclass(frozen=True)
class OfferedSku:
    """An article as it is offered there; money in fen."""

    code: str
    spec: str
    price_fen: int
    stock: int
    channel_id: str = ""


@dataclass(frozen=True)
class Offer:
    """Goods as they are offered there."""

    number: str
    title: str
    text: str
    images: Sequence[str]
    detail_images: Sequence[str]
    skus: Sequence[OfferedSku]


@dataclass(frozen=True)
class Offered:
    """Goods the channel has taken: its number for them, and for each of their articles."""

    product_id: str
    sku_ids: dict[str, str]


@dataclass(frozen=True)
class SoldLine:
    """Some pieces of an article that were sold there."""

    code: str
    name: str
    qty: int
    price_fen: int
    product_id: str
    sku_id: str


@dataclass(frozen=True)
class Sold:
    """An order that was paid there."""

    number: str
    total_fen: int
    freight_fen: int
    consignee: dict[str, str]
    remark: str
    lines: Sequence[SoldLine]


@dataclass(frozen=True)
class Dispatched:
    """A parcel to tell the buyer of."""

    order_number: str
    carrier: str
    tracking_no: str
    pieces: Sequence[tuple[str, str, int]]  # product, article, how many


class ChannelPort(Protocol):
    """One shop on one channel. Every call may raise ChannelError."""

    def offer(self, offer: Offer) -> Offered:
        """Put goods up; the channel may still look at them before they are seen."""
        ...

    def change(self, product_id: str, *, skus: Sequence[OfferedSku]) -> None:
        """Tell prices and stocks."""
        ...

    def withdraw(self, product_id: str) -> None:
        """Take goods off."""
        ...

    def sold(self, *, since: datetime, until: datetime) -> Iterator[Sold]:
        """Orders that wait to be sent and were placed between two moments, at most seven days apart."""
        ...

    def dispatch(self, parcel: Dispatched) -> None:
        """Say that a parcel has gone out."""
        ...
