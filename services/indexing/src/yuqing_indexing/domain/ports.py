"""What ingest needs from the outside, so that its rules can be read and tested without an engine."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from yuqing_indexing.domain.analysis import Reading
from yuqing_indexing.domain.by_hand import ByHand
from yuqing_indexing.domain.document import Document, Judgement, Membership, Mention
from yuqing_indexing.domain.telling import Telling
from yuqing_indexing.domain.topics import Topics


class OutsideUnavailable(Exception):
    """An engine or service is away for now; the same call may succeed later. The message says which and why."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A document's identity keys, strongest first, and the month that its mention gets if it is new."""

    keys: tuple[str, ...]
    month: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mention lives. `fresh` says that the registry had never heard of it."""

    id: str
    month: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """Which write of a mention was read: a later write in between makes ours a conflict."""

    sequence_number: int
    primary_term: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A mention as the index has it."""

    mention: Mention
    version: Version


@dataclass(frozen=True, slots=True)
class Write:
    """One mention to write: over `version`, or as a new one where it is None; `reading` is of its document, where it is known."""

    place: Place
    mention: Mention
    version: Version | None
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one fetch saw, to be appended to the observations."""

    mention: str
    document: Document
    content_hash: str


@dataclass(frozen=True, slots=True)
class Written:
    """How a bulk write ended: mentions that somebody else wrote meanwhile, and those that the index can never take, with the reason."""

    conflicts: frozenset[str]
    refused: dict[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """A mention's present announcement, the document that consumers of the feed find it by, and the topics that it belongs to."""

    id: str
    announcement: str
    document: Document
    topics: tuple[str, ...] = ()


class Registry(Protocol):
    """Decides which mention a document belongs to, and keeps what the feed has told."""

    async def places(self, mentions: Collection[str]) -> list[Place]:
        """Where the mentions live; those that are not known, or no longer, are left out."""
        ...

    async def claim(self, claims: Sequence[Claim]) -> list[Place | None]:
        """The place of each claim's mention, in order; None where it is erased and must not come back."""
        ...

    async def tell(self, told: Sequence[Told]) -> frozenset[str]:
        """Appends the change rows that are missing. Returns the mentions that were erased meanwhile."""
        ...


class Index(Protocol):
    """Keeps mentions and observations."""

    async def read(self, places: Sequence[Place]) -> dict[str, Stored]:
        """The present mentions by id, by real-time get; those that are not there are left out."""
        ...

    async def write(self, writes: Sequence[Write], sightings: Sequence[Sighting]) -> Written:
        """Appends the sightings, then writes the mentions, so that a crash in between loses none; what finds no room is tried again."""
        ...

    async def remove(self, places: Sequence[Place]) -> None:
        """Deletes mentions with all their observations; does nothing about those that are not there."""
        ...


class Stories(Protocol):
    """Decides which story a mention belongs to."""

    async def place(self, tellings: Sequence[Telling]) -> dict[str, Membership]:
        """The story of each mention that the registry knows; one that was placed stays unless its text has become another story's."""
        ...


class People(Protocol):
    """Keeps what people say of mentions."""

    async def by_hand(self, mentions: Collection[str]) -> dict[str, ByHand]:
        """What they said of these; mentions of which nobody said anything are left out."""
        ...


class TopicSource(Protocol):
    """The topics that are matched."""

    async def current(self) -> Topics:
        """All topics as they are now: the same object as long as nothing changed."""
        ...


class NoSecondStage(Exception):
    """Scoring has no second stage, or it is switched off."""


class Scorer(Protocol):
    """Judges texts."""

    async def judge(self, mentions: Sequence[Mention], now: datetime) -> list[Judgement]:
        """A judgement of each mention's present text, in order. Errors: OutsideUnavailable; of a full stage NoSecondStage."""
        ...
