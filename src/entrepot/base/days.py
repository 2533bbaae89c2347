"""The network's days: they begin and end at midnight in China, wherever the server stands."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def day_of(moment: datetime) -> date:
    """Return the day in China that a moment belongs to."""
    return moment.astimezone(ZONE).date()
