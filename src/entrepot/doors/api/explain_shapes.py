"""The shapes of an explanation in the contract."""

from typing import Annotated

from msgspec import Meta, Struct


class Figure(Struct):
    """One figure of an order and how it comes about, in words."""

    name: str
    figure: Annotated[str, Meta(description="As people read it: ¥21.00, below 0 what came back")]
    reason: str


class Explanation(Struct):
    """Why the figures of an order are what they are, in the order in which they add up."""

    figures: list[Figure]
