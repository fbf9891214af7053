"""Which mentions people double-check: as many of each stratum, so that rare media, topics and doubtful judgements are seen as well as common ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.searching import Selection

BANDS: Final = (0.5, 0.7, 0.9)
"""Where the bands of the judged sentiment's probability meet."""
CANDIDATES_EACH: Final = 10
"""So many times the size of the sample is looked at of each medium."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Mentions of one medium, one topic (the first by name; empty: none) and one band of probability."""

    medium: str
    topic: str
    band: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mention that was drawn. `weight` is how many of all mentions it stands for."""

    mention: Mention
    weight: float


class Sampling(Protocol):
    """Draws mentions by chance."""

    async def media(self, selection: Selection) -> Mapping[str, int]:
        """The media of the selected mentions, with how many there are. Errors: OutsideUnavailable."""
        ...

    async def by_chance(self, selection: Selection, *, size: int, seed: int) -> list[Mention]:
        """Some of the selected mentions, each as likely as any other. Errors: OutsideUnavailable."""
        ...


def stratum_of(mention: Mention) -> Stratum:
    """The stratum of a mention, by what the model says of it."""
    judgement = mention.judgement
    top = max(judgement.negative, judgement.neutral, judgement.positive) if judgement else 0.0
    topic = min((match.topic for match in mention.topics), default="")
    return Stratum(mention.document.medium, topic, sum(top >= edge for edge in BANDS))


def drawn(candidates: Sequence[Mention], totals: Mapping[str, int], size: int, random: Random) -> list[Drawn]:
    """Up to `size` of the candidates, one of each stratum after the other; `totals` are the mentions of each medium.

    A candidate's stratum is taken to hold its share of the medium's candidates. The order is by chance, so it tells nothing of the stratum.
    """
    strata: dict[Stratum, list[Mention]] = {}
    of_medium: dict[str, int] = {}
    for mention in candidates:
        strata.setdefault(stratum_of(mention), []).append(mention)
        of_medium[mention.document.medium] = of_medium.get(mention.document.medium, 0) + 1
    chosen = _one_after_the_other({stratum: random.sample(found, len(found)) for stratum, found in strata.items()}, size, random)
    result: list[Drawn] = []
    for stratum, mentions in chosen.items():
        stands_for = totals.get(stratum.medium, 0) * len(strata[stratum]) / of_medium[stratum.medium]
        result.extend(Drawn(mention, stands_for / len(mentions)) for mention in mentions)
    random.shuffle(result)
    return result


def _one_after_the_other(strata: Mapping[Stratum, list[Mention]], size: int, random: Random) -> dict[Stratum, list[Mention]]:
    chosen: dict[Stratum, list[Mention]] = {}
    waiting = random.sample(list(strata), len(strata))
    while waiting and size > 0:
        for stratum in waiting[:size]:
            chosen.setdefault(stratum, []).append(strata[stratum].pop())
        size -= min(size, len(waiting))
        waiting = [stratum for stratum in waiting if strata[stratum]]
    return chosen
