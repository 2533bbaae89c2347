"""What time asks of funds: how long they last, who is to be warned, statements of months that are over."""

from threading import Event

from entrepot.recharge import foresight, statements


def foresee(stop: Event) -> int:
    """Reckon for how long every distributor's funds last, and set the threshold of his warning."""
    return foresight.foresee(stop)


def make_statements(stop: Event) -> int:
    """Make the statements of months that are over."""
    return statements.make_statements(stop)
