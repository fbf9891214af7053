"""Search by meaning: which stories lie near a text, as their heads' sentence vectors tell, put into a query in place of what it asks for.

A story has one vector, that of its head: the texts of a story say the same; what became part of another keeps its own. All this is beside the exact
query, never instead of it.
"""

import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.domain.searching import Selection
from yuqing_indexing.domain.stories import story_name
from yuqing_text.query.tree import And, Everything, Node, Not, Or, QueryPlace, Similar, Weighted, all_of, any_of, walk

HIGHEST_RELEVANCE: Final = 10.0
"""What a story of the very same meaning adds to the relevance of its mentions: about as much as two rare words in the title."""
KEPT_SECONDS: Final = 120.0
"""What was found is kept so long, that the later pages of a search agree with its first."""
MOST_KEPT: Final = 500
MOST_STORIES: Final = 10_000
"""Where the other conditions find so many stories or fewer, the nearest of these are found; else among so many of the nearest of all."""
_FURTHER: Final = 10
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

    async def nearest(
        self, vector: Sequence[float], encoder: str, *, most: int, least: float, among: Collection[str] | None = None
    ) -> list[Neighbour]:
        """At most `most` stories, nearest first, none with a similarity below `least`; approximate, as graphs of neighbours are.

        `among` are the stories to choose from; None: all.
        """
        ...


class Candidates(Protocol):
    """Tells which stories exact conditions find. Errors of all: OutsideUnavailable."""

    async def touched(self, selection: Selection, *, most: int) -> list[str] | None:
        """The stories of all that is selected; None where these are more than `most`."""
        ...

    async def touched_of(self, selection: Selection, stories: Collection[str]) -> set[str]:
        """Of these stories, those of something selected."""
        ...


class MergedStories(Protocol):
    """Tells which stories became part of others."""

    async def became(self, stories: Collection[str]) -> Mapping[str, str]:
        """Of these, those that became part of another, with that one."""
        ...

    async def parts(self, stories: Collection[str]) -> set[str]:
        """The stories that became part of these."""
        ...


class MentionReader(Protocol):
    """Reads mentions by id."""

    async def read(self, mentions: Sequence[str]) -> Mapping[str, Mention]:
        """Those that are there. Errors: OutsideUnavailable."""
        ...


@dataclass
class Meaning:
    """Finds what lies near a text: `most` stories for each question, of those at least as similar as `least`; see `MOST_STORIES`."""

    encoder: Encoder
    heads: Heads
    candidates: Candidates
    merged: MergedStories
    mentions: MentionReader
    most: int
    least: float
    most_stories: int = MOST_STORIES
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, list[Neighbour]]] = {}

    async def near(self, said: Said, within: Selection | None = None, *, as_before: bool = False) -> list[Neighbour]:
        """The stories near a text, nearest first, its own among them; of those that have something `within` this selection (None: of all).

        Those that were found before, if that is asked for and not long ago. Errors: OutsideUnavailable, VectorsOff.
        """
        within = within or Selection(Everything())
        now, asked = self.clock(), (said, _key(within))
        if as_before and (kept := self._kept.get(asked)) and now - kept[0] <= KEPT_SECONDS:
            return kept[1]
        found = _each_once(await self._nearest(await self.encoder.embed([said]), within))
        self._keep(asked, now, found)
        return found

    async def likeness(self, said: Said) -> Mapping[str, float]:
        """How similar the stories near a text are, where that is one reason among others: none where there are no vectors just now."""
        try:
            return {each.story: each.similarity for each in await self.near(said)}
        except (OutsideUnavailable, VectorsOff):
            return {}

    async def resolved(self, selection: Selection, *, as_before: bool = False) -> Selection:
        """The selection with the stories that were found in place of what its query asks for; see `beside` for which are looked at.

        Errors: NoSuchMention, OutsideUnavailable, VectorsOff.
        """
        asked = [node for node in walk(selection.tree) if isinstance(node, Similar)]
        if not asked:
            return selection
        named = [node.mention for node in asked if node.mention]
        mentions = await self.mentions.read(named)
        found: dict[QueryPlace, Weighted] = {}
        for node in asked:
            within = replace(selection, tree=beside(node, selection.tree))
            found[node.place] = weighted(await self.near(_said(node, mentions), within, as_before=as_before), node.place)
        return replace(selection, tree=_replaced(selection.tree, found))

    async def _nearest(self, asked: Embedded, within: Selection) -> list[Neighbour]:
        found = await self._look(asked, self.most)
        if within.is_everything or len(found) < self.most:
            return found  # there is nothing further away
        stories = await self.candidates.touched(within, most=self.most_stories)
        if stories is not None:
            return await self._look(asked, self.most, among=stories)
        return await self._further(asked, within)

    async def _further(self, asked: Embedded, within: Selection) -> list[Neighbour]:
        """Goes further away step by step, until enough of what is near is within the selection or nothing near is left."""
        found: list[Neighbour] = []
        looked_at, near = self.most, self.most
        while len(found) < self.most and near == looked_at < self.most_stories:
            looked_at = min(_FURTHER * looked_at, self.most_stories)
            all_near = await self._look(asked, looked_at)
            near = len(all_near)
            touched = await self.candidates.touched_of(within, [each.story for each in all_near])
            found = [each for each in all_near if each.story in touched][: self.most]
        return found

    async def _look(self, asked: Embedded, most: int, among: Collection[str] | None = None) -> list[Neighbour]:
        """By the names that stories have now; one that has several vectors may be there as often."""
        if among is not None:
            among = {*among, *await self.merged.parts(among)}
        found = await self.heads.nearest(asked.vectors[0], asked.encoder, most=most, least=self.least, among=among)
        became = await self.merged.became([each.story for each in found])
        return [replace(each, story=became.get(each.story, each.story)) for each in found]

    def _keep(self, asked: Hashable, now: float, found: list[Neighbour]) -> None:
        self._kept.pop(asked, None)
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]  # the one kept longest
        self._kept[asked] = (now, found)


def beside(asked: Similar, tree: Node) -> Node:
    """What else has to hold of a mention that a query finds by its being near what is `asked`; what is near others counts as if it always were."""
    match tree:
        case Similar():
            return Everything()
        case And(operands):
            others = [other for other in (beside(asked, operand) for operand in operands) if not isinstance(other, Everything)]
            return all_of(others) if others else Everything()
        case Or(operands):
            own = [operand for operand in operands if any(node is asked for node in walk(operand))]
            ways = [beside(asked, operand) for operand in own or operands]
            return Everything() if any(isinstance(way, Everything) for way in ways) else any_of(ways)
        case _:
            return tree


def weighted(neighbours: Sequence[Neighbour], place: QueryPlace = (0, 0)) -> Weighted:
    """The condition that a mention belongs to one of these stories; the nearer it is, the more it adds to the relevance."""
    return Weighted("story", tuple((story_name(each.story), relevance_of(each.similarity)) for each in neighbours), place=place)


def relevance_of(similarity: float) -> float:
    """What a similarity adds to the relevance."""
    return round(HIGHEST_RELEVANCE * max(similarity, 0.0), 2)


def similarity_of(relevance: float) -> float:
    """The similarity that a relevance came of, where nothing else was asked for."""
    return relevance / HIGHEST_RELEVANCE


def _each_once(found: Sequence[Neighbour]) -> list[Neighbour]:
    """Each story as it is nearest."""
    nearest: dict[str, Neighbour] = {}
    for each in found:
        nearest.setdefault(each.story, each)
    return list(nearest.values())


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


def _key(selection: Selection) -> Hashable:
    return (selection.tree, tuple(sorted(selection.filters.items())), selection.start, selection.end, selection.only)
