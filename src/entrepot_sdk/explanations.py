"""Why the figures of an order are what they are."""

import msgspec


class Figure(msgspec.Struct, kw_only=True):
    """One figure of an order as people read it, and how it comes about."""

    name: str
    figure: str
    reason: str = ""


class Explanation(msgspec.Struct, kw_only=True):
    """The figures of an order in the order in which they add up."""

    figures: list[Figure] = []
