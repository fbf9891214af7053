"""Reads dates and numbers as people write them in a query."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
_DATE = re.compile(
    r"(?P<year>\d{4})(?:(?:[-/.]|年)(?P<month>\d{1,2})(?:(?:[-/.]|月)(?P<day>\d{1,2})日?|月?)|年?)"
    r"(?:(?:[T ]|(?<=日))(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_NUMBER = re.compile(r"(-?\d{1,15}(?:\.\d{1,6})?)([万亿]?)")
_UNITS = {"": 1, "万": 10_000, "亿": 100_000_000}
_LARGEST_NUMBER = 1e15
"""Up to here a float is exact, and a 64-bit integer field takes it."""


@dataclass(frozen=True, slots=True)
class Span:
    """The instants [start, end) that a written date covers: its year, month, day, minute or second. Both in UTC."""

    start: datetime
    end: datetime


def read_date(written: str, zone: tzinfo) -> Span | None:
    """The time that a date covers in `zone` (or in the one it names); None where it is no date."""
    found = _DATE.fullmatch(written.strip())
    if not found or not EARLIEST_YEAR <= int(found["year"]) <= LATEST_YEAR or (found["hour"] and not found["day"]):
        return None
    try:
        return _span(found, zone)
    except ValueError:
        return None


def read_number(written: str) -> float | None:
    """The number, with 万 (10⁴) or 亿 (10⁸) behind it or not; None where it is none or beyond 10¹⁵."""
    found = _NUMBER.fullmatch(written.strip())
    if not found:
        return None
    number = float(found[1]) * _UNITS[found[2]]
    return number if abs(number) <= _LARGEST_NUMBER else None


def _span(found: re.Match[str], zone: tzinfo) -> Span:
    year, month, day, hour, minute, second = (int(found[part] or default) for part, default in _PARTS)
    start = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found["zone"], zone))
    if found["second"]:
        end = start.astimezone(UTC) + timedelta(seconds=1)
    elif found["hour"]:
        end = start.astimezone(UTC) + timedelta(minutes=1)
    elif found["day"]:
        end = start + timedelta(days=1)  # in local time: a day may have 23 or 25 hours
    elif found["month"]:
        end = start.replace(year=year + month // 12, month=month % 12 + 1)
    else:
        end = start.replace(year=year + 1)
    return Span(start.astimezone(UTC), end.astimezone(UTC))


_PARTS = (("year", 0), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))


def _zone(named: str | None, default: tzinfo) -> tzinfo:
    if named is None:
        return default
    return datetime.strptime(named, "%z").tzinfo or UTC
