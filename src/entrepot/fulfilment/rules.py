"""What becomes of lines that a shipper refuses or lets pass, and how long he may take: pure rules."""

REROUTE, REFUND, ASK = "reroute", "refund", "ask"
POLICIES = (REROUTE, REFUND, ASK)
"""Re-route by a substitute and refund when none will do; refund at once; leave it to the platform."""

HOUSE_POLICY = ASK
HOUSE_MINUTES = 24 * 60
MINUTES_AT_MOST = 30 * 24 * 60
BACK_ORDER_DAYS_AT_MOST = 180


def policy_for(own: str, *, house: str) -> str:
    """Return what is done with a supplier's refused lines: his own policy, or else the platform's for all."""
    return own or house


def minutes_fault(minutes: int | None) -> bool:
    """Return whether that is no time to take lines on: 1 minute to 30 days, or None for at once."""
    return minutes is not None and not 1 <= minutes <= MINUTES_AT_MOST
