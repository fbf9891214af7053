"""Which topics a mention belongs to, by their queries and by the mention as the index has it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from yuqing_indexing.domain.analysis import Reading
from yuqing_indexing.domain.candidates import candidate_of
from yuqing_indexing.domain.document import Mention, TopicMatch
from yuqing_text.normal import normalize
from yuqing_text.query.errors import QueryError
from yuqing_text.query.matcher import Match
from yuqing_text.query.matcher_set import MatcherSet
from yuqing_text.query.parser import QueryParser
from yuqing_text.query.schema import TOPIC_QUERIES
from yuqing_text.query.tree import And, Bound, Node, Not, OneOf, Range, all_of
from yuqing_text.query.widening import Synonyms

MOST_SPANS = 100
"""So many places of a topic's words are kept of the title and of the text; a long text may hold a word thousands of times."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What of a topic decides which mentions belong to it. `generation` grows when one of these changes, pausing aside."""

    name: str
    query: str
    language: str = ""
    start: datetime | None = None
    end: datetime | None = None
    paused: bool = False
    generation: int = 0
    synonyms: tuple[tuple[str, ...], ...] = ()

    def matches_as(self, other: "Watched | None") -> bool:
        """Whether both find the same mentions."""
        return other is not None and replace(other, generation=self.generation, paused=self.paused) == self


@dataclass(frozen=True, slots=True)
class Told:
    """A topic as the feed tells of it, and who may see it."""

    watched: Watched
    removed: bool
    department: str
    shared_with: tuple[str, ...]


def topic_parser(zone: str) -> QueryParser:
    """Reads the queries of topics; `zone` is the organisation's time zone."""
    return QueryParser(TOPIC_QUERIES, zone=zone)


def tree_of_topic(topic: Watched, parser: QueryParser) -> Node:
    """The topic's query, with its language and its time of validity. Errors: QueryError."""
    conditions: list[Node] = [parser.parse(topic.query, synonyms=Synonyms(topic.synonyms))]
    if topic.language:
        conditions.append(OneOf("language", (normalize(topic.language),)))
    if topic.start or topic.end:
        lower = Bound(topic.start) if topic.start else None
        upper = Bound(topic.end, inclusive=False) if topic.end else None
        conditions.append(Range("published", lower, upper))
    return all_of(conditions)


def generation_key(topic: str, generation: int) -> str:
    """What the index keeps to tell matches by the present query from older ones."""
    return f"{topic}@{generation}"


def to_add(topic: Watched, tree: Node) -> Node:
    """Finds the mentions that match and are not yet kept so."""
    return And((tree, Not(OneOf("topic_generation", (generation_key(topic.name, topic.generation),)))))


def to_remove(topic: str, tree: Node | None) -> Node:
    """Finds the mentions that are kept under a topic and do not match it (any more); a removed topic has no tree."""
    kept = OneOf("topic", (topic,))
    return kept if tree is None else And((kept, Not(tree)))


class Topics:
    """All topics at one moment, ready to be matched. Never changes."""

    def __init__(self, watched: Iterable[Watched], parser: QueryParser) -> None:
        self._watched: dict[str, Watched] = {}
        self._trees: dict[str, Node] = {}
        self.unreadable: list[str] = []
        """Topics whose query this version cannot read."""
        for topic in watched:
            try:
                self._trees[topic.name] = tree_of_topic(topic, parser)
                self._watched[topic.name] = topic
            except QueryError:
                self.unreadable.append(topic.name)
        self._matchers = MatcherSet(self._trees)

    def find(self, name: str) -> tuple[Watched, Node] | None:
        """A topic with its tree."""
        return (self._watched[name], self._trees[name]) if name in self._watched else None

    def assigned(self, mention: Mention, reading: Reading | None = None) -> Mention:
        """The mention with the topics that it belongs to; the same object where nothing changes.

        A paused topic takes no mention that it did not have. `reading` is of the mention's document, where that was read already.
        """
        if not self._trees and not mention.topics:
            return mention
        had = {match.topic for match in mention.topics}
        found = self._matchers.match(candidate_of(mention, reading))
        topics = tuple(self._topic_match(name, match) for name, match in found.items() if name in had or not self._watched[name].paused)
        return mention if topics == mention.topics else replace(mention, topics=topics)

    def all_assigned(self, mentions: Mapping[str, Mention], readings: Mapping[str, Reading | None]) -> dict[str, Mention]:
        """The mentions, each with the topics that it belongs to; `readings` are of the documents that were read already."""
        return {name: self.assigned(mention, readings.get(name)) for name, mention in mentions.items()}

    def _topic_match(self, name: str, match: Match) -> TopicMatch:
        title, text = (_first(match.spans.get(part, ())) for part in ("title", "body"))
        return TopicMatch(name, self._watched[name].generation, title, text)


def _first(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in spans[:MOST_SPANS])
