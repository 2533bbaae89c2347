"""Periods, numbers, digests and the states of bills: pure rules."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

CYCLES = ("day", "week", "half_month", "month")
RIGHTS_DAYS = 7
DAYS_AT_MOST = 180
_NUMBER = re.compile(r"ZD\d{14}", re.ASCII)

STEPS: dict[str, tuple[str, ...]] = {
    "put_off": ("draft",),
    "send": ("draft",),
    "confirm": ("sent",),
    "dispute": ("sent", "disputed"),
    "rule": ("disputed",),
    "pay": ("confirmed",),
    "settle": ("paid",),
}
"""From which states of a bill each step may be taken."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a bill: from the first one to before `until`."""

    first: date
    until: date


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What a line of a bill stands for; the amount (fen) is below 0 for what was taken back."""

    transfer_id: int
    kind: str
    order_id: int | None
    amount_fen: int


def last_period(cycle: str, *, today: date) -> Period:
    """Return the last period of a cycle (`day`, `week` from Monday, `half_month`, `month`) that was over as `today` began."""
    if cycle == "day":
        return Period(today - timedelta(days=1), today)
    if cycle == "week":
        monday = today - timedelta(days=today.weekday())
        return Period(monday - timedelta(days=7), monday)
    first_of_month = today.replace(day=1)
    if cycle == "month":
        return Period((first_of_month - timedelta(days=1)).replace(day=1), first_of_month)
    if cycle != "half_month":
        raise ValueError(f"no such cycle: {cycle}")
    middle = today.replace(day=16)
    if today >= middle:
        return Period(first_of_month, middle)
    return Period((first_of_month - timedelta(days=1)).replace(day=16), first_of_month)


def next_end(cycle: str, *, today: date) -> date:
    """Return the day at whose beginning the period that runs today is over."""
    day = today
    while True:
        day += timedelta(days=1)
        if last_period(cycle, today=day).until == day:
            return day


def bill_number(day: date, *, serial: int) -> str:
    """Return the number of a bill, such as ZD20261122000001: two letters and fourteen digits, easy to find in a remark."""
    return f"ZD{day:%Y%m%d}{serial:06d}"


def numbers_in(text: str) -> list[str]:
    """Return the bill numbers that a remark of a payment holds, each once, in their order."""
    return list(dict.fromkeys(_NUMBER.findall(text.upper())))


def content_text(number: str, *, supplier_id: int, period: Period, lines: Iterable[LineFacts]) -> str:
    """Return what a bill says as text: the head, then a row for each line in the order of its transfers."""
    head = f"{number}|{supplier_id}|{period.first}|{period.until}"
    rows = [
        f"{line.transfer_id}|{line.kind}|{line.order_id or ''}|{line.amount_fen}"
        for line in sorted(lines, key=lambda line: line.transfer_id)
    ]
    return "\n".join([head, *rows])


def content_hash(number: str, *, supplier_id: int, period: Period, lines: Iterable[LineFacts]) -> str:
    """Return the SHA-256 of a bill's content in hexadecimal digits."""
    text = content_text(number, supplier_id=supplier_id, period=period, lines=lines)
    return hashlib.sha256(text.encode()).hexdigest()


def state_after_ruling(*, total_fen: int, open_disputes: int) -> str:
    """Return the state of a disputed bill after one more ruling: it goes to the supplier again once all are ruled."""
    if open_disputes:
        return "disputed"
    return "sent" if total_fen > 0 else "carried"
