"""What can be asked of stories, in the words of the domain."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol, TypeAlias

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.searching import Bar, FacetCount, Order, Page, Selection

MOST_LISTED = 10_000
"""So many stories, or mentions one for each story, can be paged through: each page is ranked anew up to its end."""
WINDOW = timedelta(days=14)
"""Stories that are further apart than this tell of something else, or of it anew."""
Piece: TypeAlias = tuple[str, ...]
"""Of a text: see `yuqing_text.pieces`."""


class StoryOrder(Enum):
    """The order of stories, each the largest first."""

    HEAT = "heat"
    SIZE = "size"
    NEWEST = "newest"
    RISK = "risk"


@dataclass(frozen=True, slots=True)
class StoryFigures:
    """A story in numbers. `first` is its mention that was published first; `influence` and `risk` are the highest of its mentions."""

    story: str
    first: Mention
    size: int
    copies: int
    first_seen: datetime
    first_published: datetime
    last_published: datetime
    sites: int
    outlets: int
    authors: int
    reach: int
    heat: float
    heat_without_copies: float
    media: tuple[tuple[str, int], ...]
    influence: float | None
    risk: float | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Mentions of other stories that share the most with a text, one for each; how many mentions have each piece, and how many there are."""

    mentions: tuple[Mention, ...]
    sizes: Mapping[Piece, int]
    total: int

    def weight(self, piece: Piece) -> float:
        """What a piece tells; one that was not counted is as rare as can be."""
        return math.log(1 + self.total / (1 + self.sizes.get(piece, 0)))


@dataclass(frozen=True, slots=True)
class StoryDetails:
    """Where a story was carried most, when, and which stories it is linked with."""

    sites: FacetCount
    outlets: FacetCount
    authors: FacetCount
    hours: tuple[Bar, ...]
    related: tuple[str, ...]


class StorySearch(Protocol):
    """Answers questions about stories. Errors of all: OutsideUnavailable."""

    async def ranked(self, selection: Selection, order: StoryOrder, *, offset: int, size: int) -> tuple[list[str], int]:
        """The ids of stories that the selection touches, from `offset` on, and how many there are (exact up to about 40,000)."""
        ...

    async def touched(self, selection: Selection, *, most: int) -> list[str] | None:
        """The ids of all stories that the selection touches, in any order; None where these are more than `most`."""
        ...

    async def touched_of(self, selection: Selection, stories: Collection[str]) -> set[str]:
        """Those of these stories that the selection touches."""
        ...

    async def figures(self, selection: Selection, stories: Collection[str]) -> dict[str, StoryFigures]:
        """These stories, as far as the selection goes; those that it does not touch are left out."""
        ...

    async def details(self, story: str, time_zone: str) -> StoryDetails:
        """The whole of a story. Errors: TooManyBars."""
        ...

    async def members(self, story: str, most: int) -> tuple[list[Mention], int]:
        """Its mentions in order of publication, without their texts, and how many there are."""
        ...

    async def neighbours(self, story: StoryFigures, pieces: Sequence[Piece], *, most: int) -> Neighbours:
        """What shares the most of these pieces within the window of time, one mention for each other story."""
        ...

    async def one_of_each(self, selection: Selection, order: Order, *, offset: int, size: int, facets: Sequence[str]) -> Page:
        """A page with one mention for each story; mentions that have no story yet are left out. The cursor's value is an offset."""
        ...
