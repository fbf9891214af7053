"""What can be asked of the mentions, in the words of the domain; the engine behind it is an adapter's matter."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from yuqing_indexing.domain.document import Counts, Mention
from yuqing_text.query.tree import Everything, Node, Weighted, phrases, walk

FACETS = (
    "source",
    "site",
    "medium",
    "sentiment",
    "author",
    "language",
    "region",
    "state",
    "topic",
    "story",
    "intent",
    "aspect",
    "focus_area",
    "sensitivity",
    "entity",
    "province",
    "triage",
    "assignee",
    "tag",
    "corrected",
)
"""What results are filtered, counted and split by; the names of the index's fields."""


LABEL_FACETS = ("intent", "aspect", "focus_area", "sensitivity")
"""Those of them that say what a text is about, beside its sentiment."""


MOST_MENTIONS = 1_000_000_000
"""More than there are: no limit."""


class PointInTimeGone(Exception):
    """The view that earlier pages were read from is no longer kept."""


class TooManyBars(Exception):
    """A count would have more bars and parts than the engine gives at once."""


class Order(Enum):
    """The order of results."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"
    REACH = "reach"
    RISK = "risk"
    INFLUENCE = "influence"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which mentions: those that the query finds, with one of the values in each facet named, published in [start, end).

    `only` are the ids of those that are looked at; None: all. `topics` are those that are counted by; None: all.
    """

    tree: Node
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    start: datetime | None = None
    end: datetime | None = None
    only: tuple[str, ...] | None = None
    topics: frozenset[str] | None = None

    @property
    def ranks(self) -> bool:
        """Whether words or meaning are asked for: without any, all hits are equally relevant."""
        return any(True for _ in phrases(self.tree)) or any(isinstance(node, Weighted) for node in walk(self.tree))

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return isinstance(self.tree, Everything) and not self.filters and self.start is None and self.end is None and self.only is None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: after these sort values, in this point in time (empty: none is open yet)."""

    after: tuple[int | float, ...]
    point_in_time: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A mention with its relevance (0 where results are not sorted by it).

    `story_size` says how many of the mentions found are in its story, where one is shown for each; else 0.
    """

    mention: Mention
    relevance: float
    story_size: int = 0


@dataclass(frozen=True, slots=True)
class FacetCount:
    """The largest values of a facet with their numbers, and how many mentions have other ones."""

    buckets: tuple[tuple[str, int], ...]
    other: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page of results; `cursor` is None on the last."""

    found: tuple[Found, ...]
    total: int
    cursor: Cursor | None
    facets: Mapping[str, FacetCount] = field(default_factory=dict[str, FacetCount])


@dataclass(frozen=True, slots=True)
class Bars:
    """How to cut time into bars: `interval` is minute, hour, day, week or month, `by` the time that counts, `split` a facet or empty."""

    interval: str
    by: str
    time_zone: str
    split: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """The mentions of one span of time; bars without any are left out."""

    start: datetime
    size: int
    buckets: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A word with the number of mentions that hold it: of those selected, and of all."""

    text: str
    size: int
    background: int
    weight: float


@dataclass(frozen=True, slots=True)
class Figures:
    """A topic in numbers: its mentions, by sentiment, label, day and medium, the sum of their reach, the means of their influence and risk."""

    size: int
    sentiments: tuple[tuple[str, int], ...]
    reach: int
    days: tuple[Bar, ...]
    media: tuple[tuple[str, int], ...]
    labels: Mapping[str, tuple[tuple[str, int], ...]]
    mean_influence: float | None
    mean_risk: float | None


@dataclass(frozen=True, slots=True)
class Observed:
    """What one fetch saw, as it was kept."""

    time: datetime
    content_hash: str
    counts: Counts
    vanished: bool
    stored_page: str


def observed_in(mention: Mention) -> Observed:
    """What the fetch saw that the mention itself shows."""
    document = mention.document
    content_hash = "" if document.vanished else mention.content_hash
    return Observed(document.fetched, content_hash, document.counts, document.vanished, document.stored_page)


class Search(Protocol):
    """Answers questions about the mentions. Errors of all: OutsideUnavailable."""

    async def page(self, selection: Selection, order: Order, *, size: int, cursor: Cursor | None, facets: Sequence[str]) -> Page:
        """One page. Errors: PointInTimeGone."""
        ...

    async def bars(self, selection: Selection, bars: Bars) -> tuple[list[Bar], int]:
        """The bars in order of time, and the number of all mentions selected. Errors: TooManyBars."""
        ...

    async def significant_terms(self, selection: Selection, size: int, *, against: Selection | None = None) -> list[Term]:
        """The words that stand out in the selection against another one, or against all mentions."""
        ...

    async def frequent_terms(self, selection: Selection, size: int) -> list[Term]:
        """The words that most mentions of the selection hold."""
        ...

    async def shares(self, selection: Selection, conditions: Sequence[Node]) -> list[tuple[int, int]]:
        """For each condition how many mentions it finds alone (within the selection's time, filters and `only`), and how many among the selected."""
        ...

    async def count(self, selection: Selection) -> int:
        """How many mentions it selects."""
        ...

    async def figures(self, topics: Sequence[str], selection: Selection, time_zone: str) -> tuple[list[Figures], int]:
        """What is said of each topic among the selected mentions, and how many belong to at least one of them. Errors: TooManyBars."""
        ...

    def everything(self, selection: Selection, order: Order, limit: int) -> AsyncIterator[tuple[int, list[Mention]]]:
        """Up to `limit` mentions in portions, as they were at one point in time, each with the number of all that were found."""
        ...

    async def observations(self, mention: str, *, before: datetime | None, size: int) -> list[Observed]:
        """The newest of its observations, or those before a moment: all but the one that the mention itself shows."""
        ...


class Finder(Protocol):
    """What jobs need of `Search`: all that is selected, and that what was written before is among it."""

    async def refresh(self) -> None:
        """All that was written before can be found afterwards."""
        ...

    def everything(self, selection: Selection, order: Order, limit: int) -> AsyncIterator[tuple[int, list[Mention]]]:
        """See `Search`."""
        ...
