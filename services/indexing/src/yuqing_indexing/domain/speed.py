"""How fast something is taken up, by what was observed of it; pure arithmetic on moments and counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise

from yuqing_indexing.domain.document import Counts, Document

LEAST_SPAN = timedelta(hours=1)
"""Shorter spans are put together: one like in a minute is not sixty an hour."""
_HOUR_SECONDS = 3600
MOST_HOURS = 72
"""So many hours of a story are told one by one."""
RISING_FROM, FALLING_TO = 1.25, 0.8
_INTERACTIONS = ("likes", "comments", "reposts")


class Trend(Enum):
    """Whether something grows faster than before; the values are the names in the contract."""

    RISING = "RISING"
    STEADY = "STEADY"
    FALLING = "FALLING"


@dataclass(frozen=True, slots=True)
class Observed:
    """How many interactions there were at a moment."""

    time: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Span:
    """What came between two observations."""

    start: datetime
    end: datetime
    size: int

    @property
    def per_hour(self) -> float:
        """How much of it came in an hour."""
        return self.size * _HOUR_SECONDS / (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast something is taken up now and before that, each in an hour; None: too little was observed."""

    now: float | None = None
    before: float | None = None
    since_publication: float | None = None
    spans: tuple[Span, ...] = ()

    @property
    def trend(self) -> Trend | None:
        """Rising from a quarter more on, falling from a fifth less on; None without a span before."""
        if self.now is None or self.before is None:
            return None
        if self.now >= RISING_FROM * self.before and self.now > self.before:
            return Trend.RISING
        return Trend.FALLING if self.now <= FALLING_TO * self.before and self.now < self.before else Trend.STEADY


def speed_since_publication(document: Document) -> float | None:
    """Likes, comments and reposts an hour from the publication to the fetch, at least an hour; None where no count or no time is known."""
    counts, published = document.counts, document.published
    if published is None:
        return None
    known = [count for count in (counts.likes, counts.comments, counts.reposts) if count is not None]
    if not known:
        return None
    return sum(known) / max(1.0, (document.fetched - published).total_seconds() / _HOUR_SECONDS)


def speed_of(document: Document, fetches: Iterable[tuple[datetime, Counts]]) -> Speed:
    """How fast a mention is taken up by its fetches, of which `document` is one. Kinds of interaction that it does not know do not count.

    Where its time of publication is known to the minute, there was none of them then.
    """
    kinds = [kind for kind in _INTERACTIONS if getattr(document.counts, kind) is not None]
    if not kinds:
        return Speed()
    known = {time: [getattr(counts, kind) for kind in kinds] for time, counts in [*fetches, (document.fetched, document.counts)]}
    points = [Observed(time, sum(values)) for time, values in sorted(known.items()) if None not in values]
    if document.published and document.published_precision != "day" and document.published < points[0].time:
        points.insert(0, Observed(document.published, 0))
    spans = spans_between(points)
    now = spans[-1].per_hour if spans else None
    before = spans[-2].per_hour if len(spans) > 1 else None
    return Speed(now, before, speed_since_publication(document), spans)


def spans_between(points: Sequence[Observed]) -> tuple[Span, ...]:
    """The spans between observations that are sorted by time, oldest first: from the newest back, each as short as it may be."""
    spans: list[Span] = []
    end = len(points) - 1
    while end > 0:
        start = end - 1
        while start > 0 and points[end].time - points[start].time < LEAST_SPAN:
            start -= 1
        if spans and points[end].time - points[start].time < LEAST_SPAN:
            break  # the beginning of the oldest span is too near to tell anything before it
        if points[end].time > points[start].time:
            spans.append(Span(points[start].time, points[end].time, points[end].size - points[start].size))
        end = start
    return tuple(reversed(spans))


def speed_of_all(speeds: Sequence[Speed]) -> Speed:
    """The sum of speeds, each in its own newest span; what was not there before had none."""
    known = [speed for speed in speeds if speed.now is not None]
    if not known:
        return Speed()
    before = [speed.before for speed in known if speed.before is not None]
    since = [speed.since_publication for speed in known if speed.since_publication is not None]
    return Speed(sum(speed.now or 0.0 for speed in known), sum(before) if before else None, sum(since) if since else None)


def speed_of_mentions(times: Sequence[datetime]) -> Speed:
    """How many mentions came in the newest hour that has any, and in those before it, back to the first."""
    if not times:
        return Speed()
    newest, oldest = max(times), min(times)
    hours = min(int((newest - oldest) / LEAST_SPAN) + 1, MOST_HOURS)
    edges = [newest - LEAST_SPAN * back for back in range(hours, -1, -1)]
    spans = tuple(Span(start, end, sum(start < time <= end for time in times)) for start, end in pairwise(edges))
    lasted = max(1.0, (newest - oldest) / LEAST_SPAN)
    now, before = ([span.per_hour for span in reversed(spans)] + [None])[:2]
    return Speed(now, before, len(times) / lasted, spans)
