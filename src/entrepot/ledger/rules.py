"""When funds run low, and for how long they last: pure rules."""

from datetime import date, timedelta

PACE_DAYS = (7, 28)
"""The pace of spending is the faster of these averages: a rush must show, and so must what one quiet week hides."""
_RELIEF_PER_CENT = 120
_LAST_DAY_OF_USE = 3650


def is_low(available_fen: int, *, warn_below_fen: int, was_low: bool) -> bool:
    """Return whether funds count as low: below the threshold, and once low until a fifth above it.

    Without that fifth an order held and released at the threshold would tell of low funds again and again.
    """
    if warn_below_fen <= 0:
        return False
    return available_fen < (warn_below_fen * _RELIEF_PER_CENT // 100 if was_low else warn_below_fen)


def pace_fen(drawn_by_day: dict[date, int], *, today: date) -> int:
    """Return what is spent on a day, in fen, from the net draws of the last days; 0 when nothing was.

    Of the averages over 7 and 28 days the higher one counts. Today is not over and only counts where it is higher than
    that; a distributor who began later is measured from his first day.
    """
    past = {day: fen for day, fen in drawn_by_day.items() if day < today and fen > 0}
    averages = [max(0, drawn_by_day.get(today, 0))] if not past else [0]
    for days in PACE_DAYS:
        since = today - timedelta(days=days)
        inside = {day: fen for day, fen in past.items() if day >= since}
        if inside:
            length = min(days, (today - min(past)).days)
            averages.append(sum(inside.values()) // max(1, length))
    return max(averages)


def days_left(available_fen: int, *, pace_fen: int) -> int | None:
    """Return for how many whole days the funds last at a pace; None when nothing is spent."""
    if pace_fen <= 0:
        return None
    return min(_LAST_DAY_OF_USE, max(0, available_fen) // pace_fen)


def warn_below_fen(*, fixed_fen: int, warn_days: int, pace_fen: int) -> int:
    """Return the threshold of the warning: the fixed amount, or what so many days take at the pace, if that is more."""
    return max(0, fixed_fen, warn_days * pace_fen)
