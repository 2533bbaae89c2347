"""The live world and the sandboxes: a row's id tells which of the two it belongs to."""

SANDBOX_FROM = 10**15
"""Ids from here on are of sandboxes: of their parties, goods, stock, accounts and orders. JavaScript still counts them."""


def is_sandbox(row_id: int) -> bool:
    """Return whether a party, goods, SKU, level, account or order belongs to a sandbox."""
    return row_id >= SANDBOX_FROM


def sandbox_of(distributor_id: int) -> int:
    """Return the id of a distributor's sandbox, which its tier, supplier and warehouse have too; made or not."""
    return SANDBOX_FROM + distributor_id


def distributor_of(sandbox_id: int) -> int:
    """Return the id of the distributor whose sandbox it is."""
    return sandbox_id - SANDBOX_FROM


def same_world(one_id: int, other_id: int) -> bool:
    """Return whether two rows may know of each other."""
    return is_sandbox(one_id) == is_sandbox(other_id)
