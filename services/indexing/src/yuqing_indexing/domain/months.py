"""Months of first sight: the one place a mention lives in, for as long as it lives."""

from datetime import UTC, datetime


def month_of(moment: datetime) -> str:
    """The month in UTC, as indices are named: `2024.05`."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04d}.{utc.month:02d}"


def months_before(month: str, count: int) -> str:
    """The month that lies `count` months before."""
    year, number = month.split(".")
    whole = int(year) * 12 + int(number) - 1 - count
    return f"{whole // 12:04d}.{whole % 12 + 1:02d}"
