"""How gently a host is treated: its pace, what slows it down, and how long to stay away when it says so."""

import math
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

SLOWEST_FACTOR = 64.0
"""How many times longer than usual the pauses of a host that keeps failing may become."""
LONGEST_HOLD_SECONDS = 24 * 3600.0
FIRST_HOLD_SECONDS = 30.0
"""What a 429 or 503 without Retry-After means."""
LONGEST_PAUSE_SECONDS = 600.0
SLOWED_FROM_SECONDS = 0.5
"""The pause that a host without any is slowed down from."""


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `concurrency` requests at once and one in `delay_seconds`."""

    concurrency: int
    delay_seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What the crawler allows itself: requests per second to a host (0: no pause between them) and at once."""

    requests_per_second: float
    concurrency: int


def pace(limits: Limits, *, requests_per_second: float, crawl_delay_seconds: float, slowdown: float) -> Pace:
    """The pace for a host: the source's rate before the crawler's own, never faster than robots.txt says, slower while it fails.

    `slowdown` is 1 for a host that is well and is multiplied by `slowed` and divided by `eased`.
    """
    rate = requests_per_second or limits.requests_per_second
    wished = 1 / rate if rate else 0.0
    delay = max(wished, crawl_delay_seconds)
    if slowdown > 1:
        delay = max(delay, SLOWED_FROM_SECONDS) * slowdown
    delay = min(delay, max(LONGEST_PAUSE_SECONDS, crawl_delay_seconds))
    return Pace(1 if delay > 1 else limits.concurrency, delay)


def slowed(slowdown: float) -> float:
    """The factor after the host was overloaded or did not answer."""
    return min(slowdown * 2, SLOWEST_FACTOR)


def eased(slowdown: float) -> float:
    """The factor after it answered well."""
    return max(1.0, slowdown / 1.5)


def hold_seconds(retry_after: str, now: datetime) -> float:
    """How long a host that answered 429 or 503 is left alone, by Retry-After (RFC 9110, 10.2.3: seconds or a date), at most a day."""
    text = retry_after.strip()
    if not text:
        return FIRST_HOLD_SECONDS
    seconds = _seconds(text, now)
    return FIRST_HOLD_SECONDS if seconds is None else min(max(seconds, 1.0), LONGEST_HOLD_SECONDS)


def _seconds(text: str, now: datetime) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return seconds if math.isfinite(seconds) else None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment - now).total_seconds() if moment.tzinfo else None
