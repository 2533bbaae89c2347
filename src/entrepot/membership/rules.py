"""When a membership begins and ends: pure rules."""

import calendar
from datetime import datetime

FALLBACK, REFUSE = "fallback", "refuse"
MONTHS = (1, 3, 6, 12)
PRICE_AT_MOST_FEN = 10_000_000_00
WARN_DAYS_AT_MOST = 60


def months_after(moment: datetime, months: int) -> datetime:
    """Return the same time of day so many calendar months on, on the last day where a month is shorter."""
    place = moment.month - 1 + months
    year, month = moment.year + place // 12, place % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def begins_at(*, now: datetime, until: datetime | None, is_same_tier: bool) -> datetime:
    """Return when a membership that is bought now begins: after what is paid for already of the same tier, else at once."""
    return until if is_same_tier and until is not None and until > now else now
