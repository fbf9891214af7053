"""Stories of one event: other words for the same thing, told by the rare pieces that two texts share and by how near they are in time.

The likeness is the cosine of the texts' pieces (`yuqing_text.pieces`), each weighing its inverse document frequency: ln(1 + n / (1 + mentions
that have it)), twice where a tagger takes it for part of a name. It knows no meaning; sentence vectors would be another likeness beside it,
over the same neighbours.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from yuqing_indexing.domain.document import Document, Mention
from yuqing_indexing.domain.story_search import Neighbours, Piece, StoryFigures
from yuqing_text.pieces import pieces
from yuqing_text.tokens import token_strings
from yuqing_text.words import names, words

LEAST_SIMILARITY, LEAST_SHARED, NAMES_WEIGH = 0.1, 3, 2.0
"""Chosen on the events of `tests/bench/judged`, whose near misses are of the same kind, place or party."""
HALVED_AFTER = timedelta(days=7)
"""Of two stories that are as alike, the one that is nearer in time comes first: a week apart counts half."""
READ_TOKENS, MOST_PIECES = 400, 60
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Kin:
    """A mention whose story tells of the same event, and what speaks for it: `quoted` is the share that one text has of the other's."""

    mention: Mention
    similarity: float
    words: tuple[str, ...]
    apart: timedelta
    quoted: float

    @property
    def rank(self) -> float:
        """What the order goes by."""
        return self.similarity * 0.5 ** (self.apart / HALVED_AFTER)


def pieces_of(document: Document) -> list[Piece]:
    """What a text's neighbours are sought by: its first pieces, those of the title first. Numbers alone tell nothing."""
    tokens = [*token_strings(document.title), "", *token_strings(document.text)[:READ_TOKENS]]
    return [piece for piece in pieces(tokens) if not piece[0].isdigit()][:MOST_PIECES]


def kin(story: StoryFigures, neighbours: Neighbours) -> list[Kin]:
    """Those of the neighbours that tell of the same event, the likeliest first."""
    own = _Said.by(story.first.document)
    found = [_compared(story, own, other, neighbours) for other in neighbours.mentions]
    likely = [each for each in found if each.similarity >= LEAST_SIMILARITY]
    return sorted(likely, key=lambda each: (-each.rank, each.mention.id))


@dataclass(frozen=True, slots=True)
class _Said:
    """What a text says: its pieces, its words, and the pieces of its names."""

    pieces: frozenset[Piece]
    words: frozenset[str]
    names: frozenset[Piece]

    @classmethod
    def by(cls, document: Document) -> "_Said":
        text = f"{document.title}\n{document.text}"
        named = (piece for name in names(text) for piece in pieces(token_strings(name)))
        return cls(frozenset(pieces_of(document)), frozenset(words(text)), frozenset(named))


def _compared(story: StoryFigures, own: _Said, other: Mention, neighbours: Neighbours) -> Kin:
    theirs = _Said.by(other.document)
    named = own.names | theirs.names

    def weight(piece: Piece) -> float:
        return neighbours.weight(piece) * (NAMES_WEIGH if piece in named else 1.0)

    shared = own.pieces & theirs.pieces
    norm = math.sqrt(_squares(own.pieces, weight) * _squares(theirs.pieces, weight)) if len(shared) >= LEAST_SHARED else 0.0
    similarity = _squares(shared, weight) / norm if norm else 0.0
    return Kin(other, similarity, _words(own, theirs, weight), _apart(story, other.when), _quoted(story, other))


def _squares(found: Iterable[Piece], weight: Callable[[Piece], float]) -> float:
    return sum(weight(piece) ** 2 for piece in found)


def _words(own: _Said, theirs: _Said, weight: Callable[[Piece], float]) -> tuple[str, ...]:
    """What is shared, to be read: whole words, else pieces; the weightiest first."""
    shared = {word: sum(map(weight, pieces(token_strings(word)))) for word in own.words & theirs.words}
    shared = shared or {"".join(piece): weight(piece) for piece in own.pieces & theirs.pieces}
    return tuple(sorted(shared, key=lambda word: (-shared[word], word))[:_MOST_WORDS])


def _apart(story: StoryFigures, moment: datetime) -> timedelta:
    return max(story.first_published - moment, moment - story.last_published, timedelta())


def _quoted(story: StoryFigures, other: Mention) -> float:
    """As ingest found it, whichever came later."""
    links = [(other.membership, story.story), (story.first.membership, other.membership.story if other.membership else "")]
    return max((each.share for membership, name in links if membership for each in membership.related if each.story == name), default=0.0)
