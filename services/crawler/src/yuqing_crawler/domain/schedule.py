"""When a source is fetched next: an interval that follows how often something new comes, within the bounds that its owner set."""

import random
from dataclasses import dataclass

QUICKENED = 0.5
SLACKENED = 1.5
SPREAD = 0.1
"""Part of an interval by which the next run is shifted at random, so that sources do not fall into step."""
SHORTEST_INTERVAL_SECONDS = 1.0
LONGEST_INTERVAL_SECONDS = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """The shortest and the longest interval between two runs, in seconds."""

    minimum_seconds: float
    maximum_seconds: float

    def problem(self) -> str | None:
        """Why these bounds cannot be, for people; None where they can."""
        if not SHORTEST_INTERVAL_SECONDS <= self.minimum_seconds <= LONGEST_INTERVAL_SECONDS:
            return f"must be between {SHORTEST_INTERVAL_SECONDS:.0f} s and {LONGEST_INTERVAL_SECONDS:.0f} s"
        return None if self.minimum_seconds <= self.maximum_seconds <= LONGEST_INTERVAL_SECONDS else "must not be below the minimum or above 30 days"

    def clip(self, seconds: float) -> float:
        """The nearest interval within the bounds."""
        return min(max(seconds, self.minimum_seconds), self.maximum_seconds)


def next_interval(interval_seconds: float, bounds: Bounds, *, new_items: int) -> float:
    """The interval after a run that went well: half as long where several items were new, half as long again where none was."""
    if new_items == 0:
        return bounds.clip(interval_seconds * SLACKENED)
    return bounds.clip(interval_seconds * QUICKENED if new_items > 1 else interval_seconds)


def retry_interval(bounds: Bounds, *, failures: int) -> float:
    """The interval after the `failures`-th run in a row that failed: from the shortest, doubled each time, up to the longest."""
    return bounds.clip(bounds.minimum_seconds * 2.0 ** min(failures, 30))


def spread(interval_seconds: float) -> float:
    """The interval shifted at random by up to a tenth either way."""
    return interval_seconds * random.uniform(1 - SPREAD, 1 + SPREAD)
