"""Finds all names of a text in one reading of it: entities and places, with where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from yuqing_scoring.domain.entities.lexicon import Lexicon
from yuqing_scoring.domain.entities.merging import FoundEntity, entities
from yuqing_scoring.domain.entities.organisations import organisations
from yuqing_scoring.domain.entities.persons import persons
from yuqing_scoring.domain.entities.products import products
from yuqing_scoring.domain.judgement import Passage
from yuqing_scoring.domain.labels.text_labels import Region
from yuqing_scoring.domain.places.gazetteer import Gazetteer
from yuqing_scoring.domain.places.mentions import PlaceFinder, PlaceMention
from yuqing_scoring.domain.places.regions import Homes, exact, regions
from yuqing_scoring.domain.scan import ScannedText


@dataclass(frozen=True, slots=True)
class FoundNames:
    """Entities and regions of a text; spans and mentions are [start, end) in its code points."""

    entities: Sequence[FoundEntity]
    regions: Sequence[Region]
    mentions: Sequence[PlaceMention]

    def region_spans(self) -> list[tuple[tuple[int, int], Region]]:
        """Where the text names each region that is told, in the order of the text."""
        told = {region.name: region for region in self.regions}
        exactly = exact(self.mentions)
        named = [(mention, exactly.get(id(mention.division))) for mention in self.mentions]
        return [((mention.start, mention.end), told[division.name]) for mention, division in named if division and division.name in told]


@dataclass(frozen=True)
class NameFinder:
    """Looks names up in tables and judges them by rules. Holds no state, so threads may share it."""

    places: PlaceFinder
    homes: Homes
    lexicon: Lexicon

    @classmethod
    def shipped(cls) -> "NameFinder":
        """With the tables of this package."""
        gazetteer = Gazetteer.shipped()
        return cls(PlaceFinder.of(gazetteer), Homes.of(gazetteer), Lexicon.shipped())

    def find(self, passage: Passage) -> FoundNames:
        """All names of a passage."""
        scanned = ScannedText.of(passage.text)
        mentions = self.places.find(scanned)
        hits = self.lexicon.hits_by_kind(scanned.text)
        places = {mention.end: mention.start for mention in mentions}
        named = [*products(scanned, hits), *organisations(scanned, hits, places), *persons(scanned, hits)]
        address = self.homes.of_address(passage.region) if passage.region else None
        outlet = self.homes.of_outlet(passage.outlet) if passage.outlet else None
        return FoundNames(
            entities(passage.text, scanned.text, named) if named else (),
            regions(mentions, address=address, outlet=outlet) if mentions or address or outlet else (),
            mentions,
        )
