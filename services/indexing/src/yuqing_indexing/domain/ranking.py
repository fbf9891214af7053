"""Who publishes with how much influence over a span of time, by the published indexes over the mentions that are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from yuqing_indexing.domain.document import Counts, Mention
from yuqing_indexing.domain.indexes import Amount, bci, of_full, wci
from yuqing_indexing.domain.searching import Selection

MOST_COMPARED = 500
"""Of so many that have most reach the index is computed."""
MOST_OBSERVED = 5_000
"""So many of a story's newest mentions are looked at for its speed."""
_DAY = timedelta(days=1)
_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Total:
    """A count over those mentions of which it is known."""

    known: int = 0
    total: int = 0
    largest: int = 0


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who publishes: `days` are those that daily means are of, at least one."""

    value: str
    size: int
    days: int
    reads: Total = Total()
    likes: Total = Total()
    comments: Total = Total()
    reposts: Total = Total()
    reach: int = 0
    sentiments: Sequence[tuple[str, int]] = field(default=())

    @property
    def wci(self) -> float | None:
        """By the reads, where they are known of any mention."""
        if not self.reads.known:
            return None
        counted = (self.reads, self.likes, self.reposts)
        per_day, per_article, largest = ([of(total) for total in counted] for of in (self._per_day, _per_article, _largest))
        return round(wci(per_day, per_article, largest), _DECIMALS)

    @property
    def bci(self) -> float | None:
        """By what readers did, where any of it is known of any mention."""
        amounts = [total.total if total.known else None for total in (self.reposts, self.comments, self.likes)]
        return None if amounts == [None, None, None] else round(bci(self.size, *amounts), _DECIMALS)

    @property
    def influence(self) -> float | None:
        """From 0 to 100 by the larger index."""
        known = [index for index in (self.wci, self.bci) if index is not None]
        return round(100 * of_full(max(known)), _DECIMALS) if known else None

    def _per_day(self, total: Total) -> Amount:
        return total.total / self.days if total.known else None


def days_of(selection: Selection, first: datetime, last: datetime) -> int:
    """The days of the time that is asked for, or else those from the first mention to the last."""
    if selection.start and selection.end:
        return max(1, -((selection.start - selection.end) // _DAY))
    return (last - first) // _DAY + 1


def ranked(carriers: Sequence[Carrier]) -> list[Carrier]:
    """Those with most influence first; where it is not known, by reach."""
    return sorted(carriers, key=lambda carrier: (-(-1.0 if carrier.influence is None else carrier.influence), -carrier.reach, carrier.value))


def _per_article(total: Total) -> Amount:
    return total.total / total.known if total.known else None


def _largest(total: Total) -> Amount:
    return total.largest if total.known else None


class InfluenceSearch(Protocol):
    """What influence is computed of. Errors of all: OutsideUnavailable."""

    async def carriers(self, selection: Selection, by: str) -> list[Carrier]:
        """The authors, outlets, sites or sources (`by`) of the selected mentions, those with most reach, at most MOST_COMPARED."""
        ...

    async def fetches(self, mentions: Sequence[str]) -> Mapping[str, list[tuple[datetime, Counts]]]:
        """What was observed of each of the mentions beside what it shows itself; of many the newest observations."""
        ...

    async def newest(self, story: str) -> tuple[list[Mention], int]:
        """The newest mentions of a story without their texts, at most MOST_OBSERVED, and how many it has."""
        ...
