"""Search by meaning: which stories lie near a text, as their heads' sentence vectors tell, put into a query in place of what it asks for.

A story has one vector, that of its head: the texts of a story say the same. It is beside the exact query, never instead of it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.domain.stories import story_name
from yuqing_text.query.tree import And, Node, Not, Or, QueryPlace, Similar, Weighted, walk

HIGHEST_RELEVANCE: Final = 10.0
"""What a story of the very same meaning adds to the relevance of its mentions: about as much as two rare words in the title."""
KEPT_SECONDS: Final = 120.0
"""What was found is kept so long, that the later pages of a search agree with its first."""
MOST_KEPT: Final = 500
MOST_READ: Final = 1_000


class VectorsOff(Exception):
    """There are no sentence vectors: the message says which setting switches them on."""


class NoSuchMention(Exception):
    """The query asks for what is like a mention that is not there."""

    def __init__(self, mention: str, place: QueryPlace) -> None:
        super().__init__(f"mentions/{mention} is not there")
        self.mention, self.place = mention, place


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be compared by its meaning."""

    title: str
    text: str

    @classmethod
    def by(cls, mention: Mention) -> "Said":
        """What a mention says, as far as any encoder reads."""
        return cls(mention.document.title[:MOST_READ], mention.document.text[:MOST_READ])


@dataclass(frozen=True, slots=True)
class Embedded:
    """Sentence vectors of texts, in their order, each 1 long; those of another `encoder` cannot be compared with them."""

    vectors: Sequence[Sequence[float]]
    encoder: str


@dataclass(frozen=True, slots=True)
class Head:
    """The mention that stands for its story, with the vector of its text."""

    story: str
    mention: str
    site: str
    time: datetime
    encoder: str
    vector: Sequence[float]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A story whose head means nearly the same; `similarity` is the cosine of the two vectors."""

    story: str
    similarity: float


class Encoder(Protocol):
    """Makes sentence vectors."""

    async def embed(self, sayings: Sequence[Said]) -> Embedded:
        """One for each. Errors: OutsideUnavailable, VectorsOff."""
        ...


class Heads(Protocol):
    """Keeps the heads of stories. Errors of all: OutsideUnavailable."""

    async def write(self, heads: Sequence[Head]) -> None:
        """Puts each in the place of its story's former head; can be found after the next refresh."""
        ...

    async def remove(self, stories: Sequence[str]) -> None:
        """Deletes the heads of these stories; does nothing about those that have none."""
        ...

    async def nearest(self, vector: Sequence[float], encoder: str, *, most: int, least: float) -> list[Neighbour]:
        """At most `most` stories, nearest first, none with a similarity below `least`; approximate, as graphs of neighbours are."""
        ...


class MentionReader(Protocol):
    """Reads mentions by id."""

    async def read(self, mentions: Sequence[str]) -> Mapping[str, Mention]:
        """Those that are there. Errors: OutsideUnavailable."""
        ...


@dataclass
class Meaning:
    """Finds what lies near a text: `most` stories for each question, of those at least as similar as `least`."""

    encoder: Encoder
    heads: Heads
    mentions: MentionReader
    most: int
    least: float
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._kept: dict[Said, tuple[float, list[Neighbour]]] = {}

    async def near(self, said: Said, *, as_before: bool = False) -> list[Neighbour]:
        """The stories near a text, nearest first, its own among them; those that were found before, if that is asked for and not long ago.

        Errors: OutsideUnavailable, VectorsOff.
        """
        now = self.clock()
        if as_before and (kept := self._kept.get(said)) and now - kept[0] <= KEPT_SECONDS:
            return kept[1]
        embedded = await self.encoder.embed([said])
        found = await self.heads.nearest(embedded.vectors[0], embedded.encoder, most=self.most, least=self.least)
        self._keep(said, now, found)
        return found

    async def likeness(self, said: Said) -> Mapping[str, float]:
        """How similar the stories near a text are, where that is one reason among others: none where there are no vectors just now."""
        try:
            return {each.story: each.similarity for each in await self.near(said)}
        except (OutsideUnavailable, VectorsOff):
            return {}

    async def resolved(self, tree: Node, *, as_before: bool = False) -> Node:
        """The query with the stories that were found in place of what it asks for. Errors: NoSuchMention, OutsideUnavailable, VectorsOff."""
        asked = [node for node in walk(tree) if isinstance(node, Similar)]
        if not asked:
            return tree
        named = [node.mention for node in asked if node.mention]
        mentions = await self.mentions.read(named)
        found = {node.place: weighted(await self.near(_said(node, mentions), as_before=as_before), node.place) for node in asked}
        return _replaced(tree, found)

    def _keep(self, said: Said, now: float, found: list[Neighbour]) -> None:
        self._kept.pop(said, None)
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]  # the one kept longest
        self._kept[said] = (now, found)


def weighted(neighbours: Sequence[Neighbour], place: QueryPlace = (0, 0)) -> Weighted:
    """The condition that a mention belongs to one of these stories; the nearer it is, the more it adds to the relevance."""
    return Weighted("story", tuple((story_name(each.story), relevance_of(each.similarity)) for each in neighbours), place=place)


def relevance_of(similarity: float) -> float:
    """What a similarity adds to the relevance."""
    return round(HIGHEST_RELEVANCE * max(similarity, 0.0), 2)


def similarity_of(relevance: float) -> float:
    """The similarity that a relevance came of, where nothing else was asked for."""
    return relevance / HIGHEST_RELEVANCE


def _said(node: Similar, mentions: Mapping[str, Mention]) -> Said:
    if not node.mention:
        return Said("", node.text)
    if node.mention not in mentions:
        raise NoSuchMention(node.mention, node.place)
    return Said.by(mentions[node.mention])


def _replaced(tree: Node, found: Mapping[QueryPlace, Weighted]) -> Node:
    match tree:
        case Similar(place=place):
            return found[place]
        case Not(operand):
            return Not(_replaced(operand, found))
        case And(operands) | Or(operands):
            return replace(tree, operands=tuple(_replaced(operand, found) for operand in operands))
        case _:
            return tree
