"""Puts together where a text comes from and what places it speaks of: the writer's address, the outlet's home, the places named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from yuqing_scoring.domain.labels.text_labels import Region, RegionBasis
from yuqing_scoring.domain.places.divisions import Division
from yuqing_scoring.domain.places.gazetteer import Gazetteer, Standing
from yuqing_scoring.domain.places.mentions import PlaceMention
from yuqing_scoring.domain.scan import WordList
from yuqing_scoring.tables.reading import rows_of_table
from yuqing_text.normal import normalize, without_surrogates

MOST_REGIONS: Final = 10
SHOWN_FROM: Final = 0.5
"""A place less probable than this is not told."""
_OF_ADDRESS, _OF_OUTLET = 0.98, 0.7
_MOST_OF_TEXT: Final = 0.97
_PREFIXES: Final = ("ip属地", "ip归属地", "发布于", "来自", "中国", ":")


@dataclass(frozen=True)
class Homes:
    """Reads places that are given by themselves: the address that a platform tells, the name of an outlet."""

    gazetteer: Gazetteer
    outlets: Sequence[tuple[str, Division]]
    names: WordList
    meanings: Sequence[Division]

    @classmethod
    def of(cls, gazetteer: Gazetteer) -> "Homes":
        """With the table of outlets of this package."""
        outlets = [(name, gazetteer.by_name[division]) for name, division in rows_of_table("outlets.tsv")]
        surely = {
            name: meanings[0].division
            for name, meanings in gazetteer.names.items()
            if meanings and meanings[0].standing in {Standing.SHORT, Standing.FULL, Standing.WEAK}
        }
        return cls(gazetteer, outlets, WordList(surely), list(surely.values()))

    def of_address(self, address: str) -> Division | None:
        """`IP属地:山东`, `山东青岛`, `美国` → the most exact division that it names; None where it names none."""
        written = normalize(address).strip()
        for prefix in _PREFIXES:
            written = written.removeprefix(prefix).strip()
        return self._most_exact(written)

    def of_outlet(self, outlet: str) -> Division | None:
        """Where the outlet is at home: what its name begins with, or what the table says; None of national ones."""
        written = normalize(outlet).strip()
        for name, division in self.outlets:
            if name in written:
                return division
        return self._most_exact(written[: len("黑龙江省哈尔滨市")])

    def _most_exact(self, written: str) -> Division | None:
        """The division that a string begins with, and what follows within it."""
        found: Division | None = None
        done = 0
        for hit in self.names.hits(without_surrogates(written)):
            division = self.meanings[hit.word]
            if (hit.start != done and written[done : hit.start].strip(" ·-省市")) or (found and not division.lies_in(found)):
                break
            found, done = division, hit.end
        return found


def regions(mentions: Sequence[PlaceMention], *, address: Division | None = None, outlet: Division | None = None) -> list[Region]:
    """At most MOST_REGIONS, the most probable first. A place that is named in two ways is told once, with the stronger basis."""
    told: dict[str, Region] = {}
    for division, basis, probability in (
        *([(address, RegionBasis.ADDRESS, _OF_ADDRESS)] if address else []),
        *((division, RegionBasis.TEXT, probability) for division, probability in _probabilities(mentions).items()),
        *([(outlet, RegionBasis.OUTLET, _OF_OUTLET)] if outlet else []),
    ):
        told.setdefault(division.name, Region(division.code, division.name, basis, probability))
    return sorted(told.values(), key=lambda region: -region.probability)[:MOST_REGIONS]


def exact(mentions: Sequence[PlaceMention]) -> Mapping[int, Division]:
    """The division that each mention is told as: a province stands for the city in it that the text names as well, where it names one only."""
    named = {id(mention.division): mention.division for mention in mentions if mention.probability >= SHOWN_FROM}
    above = {id(higher) for division in named.values() for higher in division.above()}
    inmost: dict[int, Division] = {}
    for division in named.values():
        if id(division) not in above:
            for higher in division.above():
                inmost.setdefault(id(higher), division)
    return {key: inmost.get(key, division) for key, division in named.items()}


def _probabilities(mentions: Sequence[PlaceMention]) -> dict[Division, float]:
    """Of each place told: that at least one of its mentions means it, where each further one halves the doubt. Those named most come first."""
    told = exact(mentions)
    doubts: dict[Division, list[float]] = {}
    for mention in mentions:
        division = told.get(id(mention.division))
        if division:
            doubts.setdefault(division, []).append(1 - mention.probability)
    ordered = sorted(doubts.items(), key=lambda item: -len(item[1]))
    return {division: min(_MOST_OF_TEXT, 1 - min(values) * 0.5 ** (len(values) - 1)) for division, values in ordered}
