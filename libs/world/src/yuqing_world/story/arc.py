"""The shape of the story: how much of what is said when, where it is said, and how it is meant."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise
from random import Random

HISTORY_HOURS = 72.0
"""How far back the town remembers when the world starts."""
END_HOUR = 36.0
"""After this hour nothing new is written."""
LAUNCH_HOUR = 0.8
"""When the product is launched."""
ANSWER_HOUR = 6.0
"""When the company publishes its statement."""


class Strand(StrEnum):
    """What a text is about in the story."""

    TOWN = "town"
    COMPETITOR = "competitor"
    ORDINARY = "ordinary"
    PRAISE = "praise"
    COMPLAINT = "complaint"
    RUMOUR = "rumour"
    ANSWER = "answer"


class Place(StrEnum):
    """Where and as what a text is written."""

    ARTICLE = "article"
    COMMENT = "comment"
    THREAD = "thread"
    REPLY = "reply"
    REVIEW = "review"
    MICROBLOG = "microblog"
    REPOST = "repost"
    ESSAY = "essay"
    COPY = "copy"


class Sentiment(StrEnum):
    """How a text is meant (情感)."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True)
class StrandShape:
    """A strand's share of all that is said, its course as (hour, weight) points, its places, and its tone as (negative, neutral, positive)."""

    share: float
    course: tuple[tuple[float, float], ...]
    places: dict[Place, float]
    tone: tuple[float, float, float]


_P = Place
SHAPES: dict[Strand, StrandShape] = {
    Strand.TOWN: StrandShape(
        0.38,
        ((-72, 0.35), (0, 0.35), (0, 1.7), (12, 1.7), (14, 0.35), (36, 0.35)),
        {_P.ARTICLE: 10, _P.COMMENT: 15, _P.THREAD: 4, _P.REPLY: 27, _P.MICROBLOG: 36, _P.REPOST: 6, _P.ESSAY: 2},
        (0.25, 0.45, 0.30),
    ),
    Strand.COMPETITOR: StrandShape(
        0.08,
        ((-72, 0.35), (0, 0.35), (0, 1.4), (12, 1.4), (14, 0.35), (36, 0.35)),
        {_P.ARTICLE: 4, _P.COMMENT: 7, _P.THREAD: 4, _P.REPLY: 22, _P.MICROBLOG: 30, _P.REPOST: 6, _P.REVIEW: 25, _P.ESSAY: 2},
        (0.30, 0.35, 0.35),
    ),
    Strand.ORDINARY: StrandShape(
        0.11,
        ((-72, 0.45), (0, 0.45), (0, 1.2), (12, 1.2), (14, 0.4), (36, 0.4)),
        {_P.ARTICLE: 3, _P.COMMENT: 6, _P.THREAD: 4, _P.REPLY: 24, _P.MICROBLOG: 28, _P.REPOST: 4, _P.REVIEW: 29, _P.ESSAY: 2},
        (0.15, 0.60, 0.25),
    ),
    Strand.PRAISE: StrandShape(
        0.09,
        ((-72, 0.05), (0.6, 0.1), (0.9, 2.5), (1.6, 4), (2.4, 3), (3.2, 0.5), (6, 0.2), (9, 0.4), (12, 0.3), (36, 0.03)),
        {_P.ARTICLE: 3, _P.COMMENT: 12, _P.THREAD: 4, _P.REPLY: 17, _P.MICROBLOG: 30, _P.REPOST: 14, _P.REVIEW: 18, _P.ESSAY: 2},
        (0.0, 0.0, 1.0),
    ),
    Strand.COMPLAINT: StrandShape(
        0.20,
        ((2.5, 0.1), (3, 0.8), (4, 2.5), (5, 4.5), (5.8, 6), (6.3, 6.2), (7, 3.4), (8, 1.4), (10, 0.4), (12, 0.1), (14, 0.01), (36, 0)),
        {_P.ARTICLE: 4, _P.COMMENT: 20, _P.THREAD: 3, _P.REPLY: 23, _P.MICROBLOG: 22, _P.REPOST: 18, _P.REVIEW: 9, _P.ESSAY: 1},
        (0.88, 0.12, 0.0),
    ),
    Strand.RUMOUR: StrandShape(
        0.05,
        ((4.5, 0.4), (5, 2.5), (5.6, 4), (6.1, 3.2), (6.8, 0.9), (8, 0.15), (12, 0)),
        {_P.COMMENT: 14, _P.THREAD: 4, _P.REPLY: 22, _P.MICROBLOG: 28, _P.REPOST: 32},
        (0.78, 0.22, 0.0),
    ),
    Strand.ANSWER: StrandShape(
        0.09,
        ((6.0, 2), (6.2, 5), (6.9, 5), (8, 2.4), (10, 1), (12, 0.5), (36, 0.03)),
        {_P.ARTICLE: 4, _P.COMMENT: 28, _P.THREAD: 3, _P.REPLY: 19, _P.MICROBLOG: 21, _P.REPOST: 18, _P.REVIEW: 5, _P.ESSAY: 2},
        (0.32, 0.34, 0.34),
    ),
}


class Course:
    """A strand's course as a distribution over hours."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        self._pieces = [(first, second) for first, second in pairwise(points) if second[0] > first[0]]
        areas = [(start[1] + end[1]) / 2 * (end[0] - start[0]) for start, end in self._pieces]
        self._below = list(accumulate(areas))

    def hour(self, share: float) -> float:
        """The hour by which this share (0 to 1) of all is said: the inverse of the distribution, exact within each straight piece."""
        area = share * self._below[-1]
        index = min(bisect_left(self._below, area), len(self._pieces) - 1)
        (start, low), (end, high) = self._pieces[index]
        missing = area - (self._below[index - 1] if index else 0.0)
        width = end - start
        slope = (high - low) / width
        if abs(slope) < 1e-12:
            return start + missing / low
        root = max(low * low + 2 * slope * missing, 0.0) ** 0.5
        return min(start + (root - low) / slope, end)


def hours(strand: Strand, count: int, random: Random) -> list[float]:
    """When the texts of a strand are written: spread evenly over its course, with chance within each step, in order."""
    course = Course(SHAPES[strand].course)
    return [course.hour((step + random.random()) / count) for step in range(count)]


def quotas(posts: int) -> dict[Strand, int]:
    """How many texts each strand has; together `posts`."""
    counts = {strand: int(shape.share * posts) for strand, shape in SHAPES.items()}
    counts[Strand.TOWN] += posts - sum(counts.values())
    return counts
