"""The world's clock: turns hours of the story into moments of the wall clock, and back.

What is shown on a page is always the moment of the wall clock at which the item appeared, so that an outside reader finds it plausible;
a fast world only lets more hours of story pass between two looks. What lies before the story's start is history: it is backdated at the
pace of real life, whatever the speed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class StoryClock:
    """`start` is the aware moment of hour 0 of the story; `speed` is hours of story per hour of wall clock, above 0."""

    start: datetime
    speed: float

    def __post_init__(self) -> None:
        """Raises ValueError for a naive start or a speed that is not above 0."""
        if self.start.tzinfo is None:
            raise ValueError("the world's start needs a time zone")
        if not self.speed > 0:
            raise ValueError("the world's speed must be above 0")

    def wall(self, hour: float) -> datetime:
        """The moment at which this hour of the story is reached, in UTC."""
        pace = self.speed if hour > 0 else 1.0
        return (self.start + timedelta(seconds=hour * SECONDS_PER_HOUR / pace)).astimezone(UTC)

    def hour(self, at: datetime) -> float:
        """The hour of the story that is reached at this moment; below 0 before the start."""
        passed = (at - self.start).total_seconds() / SECONDS_PER_HOUR
        return passed * self.speed if passed > 0 else passed
