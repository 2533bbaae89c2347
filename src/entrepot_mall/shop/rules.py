"""When a password may be tried again, and what a shop must say of itself."""

from datetime import datetime, timedelta

FAILURES_AT_MOST = 5
LOCKED_FOR = timedelta(minutes=15)


def lock_after(failures: int, *, now: datetime) -> datetime | None:
    """Until when an account is locked after so many wrong passwords in a row."""
    return now + LOCKED_FOR if failures >= FAILURES_AT_MOST else None


def is_locked(locked_until: datetime | None, *, now: datetime) -> bool:
    """Whether an account may not be tried now."""
    return locked_until is not None and now < locked_until


def missing_particulars(*, legal_name: str, licence_no: str, service_phone: str, ways_to_pay: int) -> list[str]:
    """What a shop still lacks before it may sell in its own name."""
    given = {
        "legal_name": bool(legal_name.strip()),
        "licence_no": bool(licence_no.strip()),
        "service_phone": bool(service_phone.strip()),
        "way_to_pay": ways_to_pay > 0,
    }
    return [name for name, is_there in given.items() if not is_there]
