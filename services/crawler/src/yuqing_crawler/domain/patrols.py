"""Which places a person looks at on which day, and when a place counts as missed (人工巡查)."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import IntEnum
from zoneinfo import ZoneInfo


class PatrolState(IntEnum):
    """The contract's states (巡查状态)."""

    OPEN = 1
    DONE = 2
    MISSED = 3


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The organisation's day of a moment."""
    return moment.astimezone(zone).date()


def is_due(weekdays: Sequence[int], day: date) -> bool:
    """Whether a list with these days of the week (1 Monday … 7 Sunday) is walked on that day."""
    return day.isoweekday() in weekdays


def state_of(day: date, today: date, *, completed: bool) -> PatrolState:
    """Done when checked off; missed when its day is over without; open until then."""
    if completed:
        return PatrolState.DONE
    return PatrolState.MISSED if day < today else PatrolState.OPEN


def receipt_number(day: date, number: int) -> str:
    """The receipt of a report: its day and its number on that day, as 20260301-0007."""
    return f"{day:%Y%m%d}-{number:04d}"
