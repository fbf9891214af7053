"""Evaluates a query's tree on one document in memory, on the tokens that the index also sees, and says where its words stand."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import starmap
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yuqing_text.normal import normalize
from yuqing_text.query.tree import And, Bound, Everything, Forms, Gist, Near, Node, Not, OneOf, Or, Phrase, Range, Similar, Weighted
from yuqing_text.reading import token_numbers
from yuqing_text.tokens import phrase_pattern, token_spans, token_text

Value: TypeAlias = str | float | datetime
FieldValue: TypeAlias = Value | Sequence[Value] | None


class Span(NamedTuple):
    """[start, end) in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that may match: the original text of each part (`title`, `body`), and its fields' values as the index holds them.

    A field may have several values or none. Times are aware; folded keywords (site, author, language, region) are in normal form.
    `tokens` spare cutting parts again whose `token_text` is at hand.
    """

    text: Mapping[str, str]
    fields: Mapping[str, FieldValue] = field(default_factory=dict[str, FieldValue])
    tokens: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Match:
    """Where the words and phrases that were asked for stand in each part, sorted; what a NOT names is not among them."""

    spans: Mapping[str, tuple[Span, ...]]


class Matcher:
    """A query, ready to be asked of many documents. May be shared by threads."""

    def __init__(self, tree: Node) -> None:
        self._tree = tree

    def match(self, document: Candidate) -> Match | None:
        """Where the document matches; None where it does not."""
        return Reading(document).match(self._tree)


class _Place(NamedTuple):
    """An occurrence of a phrase: its first token and how many it has."""

    start: int
    length: int


class _Part:
    """A part of a text; cut into tokens only where the question needs to count them."""

    def __init__(self, text: str, tokens: str | None) -> None:
        self._text = text
        self._tokens = tokens
        self._kept: dict[tuple[str, ...], list[Span] | None] = {}
        self._span_of: dict[_Place, Span] = {}
        self._placed: dict[tuple[str, ...], list[_Place]] = {}

    @cached_property
    def joined(self) -> str:
        """The tokens, each with a space before and after it."""
        return f" {token_text(self._text) if self._tokens is None else self._tokens} "

    def holds(self, phrase: Phrase) -> bool:
        if self._is_cut:
            return _between_spaces(phrase) in self.joined
        return bool(self.spans(phrase))

    def spans(self, phrase: Phrase) -> list[Span]:
        """The occurrences of a phrase, in order."""
        found = self._found(phrase.tokens)
        return list(map(self.span, self._cut_places(phrase))) if found is None else found

    def places(self, phrase: Phrase) -> list[_Place]:
        """The occurrences of a phrase by the numbers of their tokens, in order. Kept: whoever asks whether some are near asks next which."""
        if phrase.tokens not in self._placed:
            self._placed[phrase.tokens] = self._new_places(phrase)
        return self._placed[phrase.tokens]

    def span(self, place: _Place) -> Span:
        """Where an occurrence that was found stands in the text."""
        return self._span_of.get(place) or Span(self._spans[place.start][0], self._spans[place.start + place.length - 1][1])

    def _found(self, phrase: tuple[str, ...]) -> list[Span] | None:
        """As `PhrasePattern.spans`. Kept: whoever asks whether a phrase is there asks next where."""
        if phrase not in self._kept:
            found = phrase_pattern(phrase).spans(self._normal)
            self._kept[phrase] = None if found is None else list(starmap(Span, found))
        return self._kept[phrase]

    def _new_places(self, phrase: Phrase) -> list[_Place]:
        found = None if self._is_cut else self._found(phrase.tokens)
        if found is None:
            return self._cut_places(phrase)
        places = [_Place(int(self._numbers[span.start]), len(phrase.tokens)) for span in found]
        self._span_of.update(zip(places, found, strict=True))
        return places

    def _cut_places(self, phrase: Phrase) -> list[_Place]:
        wanted, length = _between_spaces(phrase), len(phrase.tokens)
        found: list[_Place] = []
        at, start, counted = self.joined.find(wanted), 0, 0
        while at >= 0:
            start += self.joined.count(" ", counted, at)  # a token's number is that of the spaces before its own
            found.append(_Place(start, length))
            counted = at
            at = self.joined.find(wanted, at + 1)
        return found

    @property
    def _is_cut(self) -> bool:
        return self._tokens is not None or "joined" in self.__dict__

    @cached_property
    def _numbers(self) -> NDArray[np.int64]:
        return token_numbers(self._normal)

    @cached_property
    def _normal(self) -> str:
        return normalize(self._text)

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return token_spans(self._text)


def _between_spaces(phrase: Phrase) -> str:
    return f" {' '.join(phrase.tokens)} "


class Reading:
    """One document, cut into tokens once and then asked any number of queries."""

    def __init__(self, document: Candidate) -> None:
        self._parts = {name: _Part(text, document.tokens.get(name)) for name, text in document.text.items()}
        self._fields = document.fields

    @property
    def joined(self) -> str:
        """The tokens of all parts, each with a space before and after it; no phrase reaches over the line feed between two parts."""
        return "\n".join(part.joined for part in self._parts.values())

    def match(self, node: Node) -> Match | None:
        """Where the document matches a tree; None where it does not."""
        if not self.holds(node):
            return None
        found: dict[str, set[Span]] = {}
        for name, span in self._spans(node):
            found.setdefault(name, set()).add(span)
        return Match({name: tuple(sorted(found.get(name, ()))) for name in self._parts})

    def holds(self, node: Node) -> bool:
        """Whether the document matches."""
        match node:
            case And(operands):
                return all(map(self.holds, operands))
            case Or(operands):
                return any(map(self.holds, operands))
            case Not(operand):
                return not self.holds(operand)
            case Phrase():
                return any(part.holds(node) for _, part in self._searched(node.part))
            case Forms(phrases):
                return any(map(self.holds, phrases))
            case Gist(phrases, least):
                return sum(map(self.holds, phrases)) >= least
            case Near():
                return any(_any_near(node, part) for _, part in self._searched(node.part))
            case OneOf(name=name, values=values) | Weighted(name=name, values=values):
                return any(value in values for value in self._values(name))
            case Similar():
                raise TypeError("no text alone tells what it is similar to")
            case Range(name):
                return any(_within(value, node) for value in self._values(name))
            case Everything():
                return True

    def _spans(self, node: Node) -> Iterator[tuple[str, Span]]:
        """The occurrences that make a document match that does."""
        match node:
            case And(operands):
                for operand in operands:
                    yield from self._spans(operand)
            case Or(operands):
                for operand in filter(self.holds, operands):
                    yield from self._spans(operand)
            case Phrase():
                for name, part in self._searched(node.part):
                    yield from ((name, span) for span in part.spans(node))
            case Forms(phrases) | Gist(phrases):
                for phrase in phrases:
                    yield from self._spans(phrase)
            case Near():
                for name, part in self._searched(node.part):
                    yield from ((name, part.span(place)) for place in _near(node, part))
            case _:
                return

    def _searched(self, part: str | None) -> Iterable[tuple[str, _Part]]:
        if part is None:
            return self._parts.items()
        return ((part, self._parts[part]),) if part in self._parts else ()

    def _values(self, name: str) -> Sequence[Value]:
        value = self._fields[name] if name in self._fields else None  # noqa: SIM401 -- `get` would take an error in making the value for none
        if value is None:
            return ()
        return (value,) if isinstance(value, str | float | int | datetime) else value


def _within(value: Value, node: Range) -> bool:
    return (node.lower is None or _compared(value, node.lower) in _AFTER[node.lower.inclusive]) and (
        node.upper is None or -_compared(value, node.upper) in _AFTER[node.upper.inclusive]
    )


_AFTER = {True: (0, 1), False: (1,)}


def _compared(value: Value, bound: Bound) -> int:
    """-1 before, 0 at, 1 after the bound."""
    if isinstance(value, datetime) and isinstance(bound.value, datetime):
        return (value > bound.value) - (value < bound.value)
    if isinstance(value, float | int) and isinstance(bound.value, float | int):
        return (value > bound.value) - (value < bound.value)
    raise TypeError(f"a {type(value).__name__} cannot be compared with the query's {type(bound.value).__name__}")


def _sides(node: Near, part: _Part) -> tuple[list[_Place], list[_Place]]:
    if not all(any(map(part.holds, side)) for side in (node.left, node.right)):
        return [], []  # most parts: nothing needs to be counted
    left, right = (sorted({place for phrase in side for place in part.places(phrase)}) for side in (node.left, node.right))
    return left, right


def _any_near(node: Near, part: _Part) -> bool:
    left, right = _sides(node, part)
    return any(True for _ in _neighbours(left, right, node.distance))


def _near(node: Near, part: _Part) -> Iterator[_Place]:
    left, right = _sides(node, part)
    yield from _neighbours(left, right, node.distance)
    yield from _neighbours(right, left, node.distance)


def _neighbours(places: list[_Place], others: list[_Place], distance: int) -> Iterator[_Place]:
    """The places with another one (not the very same) at most `distance` tokens away; `others` are sorted."""
    longest = max((other.length for other in others), default=0)
    starts = [other.start for other in others]
    for place in places:
        earliest = place.start - distance
        first, last = bisect_left(starts, earliest - longest), bisect_right(starts, place.start + place.length + distance)
        if any(other.start + other.length >= earliest and other != place for other in others[first:last]):
            yield place
