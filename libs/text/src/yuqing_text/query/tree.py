"""The tree that a query becomes: what both the Elasticsearch compiler and the matcher read.

All values are in the form in which they are compared: tokens and folded keywords in normal form, enumeration values by their names,
times as UTC instants. Conditions (what has no node below it) know their place in the query's text; for equality it does not count.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

QueryPlace: TypeAlias = tuple[int, int]
"""[start, end) in code points of the query's text; (0, 0) where a tree was made without one."""


class Switch(Enum):
    """What else is searched for beside a word as it is written."""

    SOUND = "sound"
    """What sounds the same. 谐音"""
    SPLIT = "split"
    """Its characters in their parts. 拆字"""
    VARIANT = "variant"
    """Its characters' variants. 异体"""
    SYNONYM = "synonym"
    """The words that stand with it in a list of synonyms. 同义"""
    GIST = "gist"
    """Not as it is written, but a good part of what it says, wherever that stands. 大意"""


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches every document: the empty query."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """These tokens stand one after the other within one part of the text; `part` None: in any part.

    `switches` are those that stand before it in the query; the parser makes `Forms` or `Gist` of it, so no tree that it gives has any.
    """

    tokens: tuple[str, ...]
    part: str | None = None
    switches: frozenset[Switch] = field(default=frozenset(), kw_only=True)
    place: QueryPlace = field(default=(0, 0), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Forms:
    """A word in several written forms, the word itself first; at least one of them stands in the text.

    `ordinary` are forms that are not searched for because they are words of their own, `left_out` says how many more were beyond the limit.
    """

    phrases: tuple[Phrase, ...]
    ordinary: tuple[str, ...] = field(default=(), compare=False, kw_only=True)
    left_out: int = field(default=0, compare=False, kw_only=True)
    place: QueryPlace = field(default=(0, 0), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Gist:
    """What a question or a sentence says, piece by piece: at least `least` of these phrases stand in the text."""

    phrases: tuple[Phrase, ...]
    least: int
    place: QueryPlace = field(default=(0, 0), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Near:
    """An occurrence of a left phrase and another of a right phrase in the same part, in any order, at most `distance` tokens between them.

    Occurrences that overlap have nothing between them; one and the same span of tokens is not two occurrences.
    `forms` are the words on either side that were written out into their forms.
    """

    left: tuple[Phrase, ...]
    right: tuple[Phrase, ...]
    distance: int
    forms: tuple[Forms, ...] = field(default=(), compare=False, repr=False, kw_only=True)
    place: QueryPlace = field(default=(0, 0), compare=False, repr=False, kw_only=True)

    @property
    def part(self) -> str | None:
        """The part of the text that it is limited to; None: any."""
        return self.left[0].part


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field has at least one of these values."""

    name: str
    values: tuple[str, ...]
    place: QueryPlace = field(default=(0, 0), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Similar:
    """What means nearly the same as this text, or as the mention with this id (the text is empty then).

    Neither an index of words nor the matcher can tell: who can puts the `Weighted` values that he found in its place first.
    """

    text: str
    mention: str = ""
    place: QueryPlace = field(default=(0, 0), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Weighted:
    """The field has at least one of these values; each adds its weight to the relevance. No value at all matches nothing."""

    name: str
    weights: tuple[tuple[str, float], ...]
    place: QueryPlace = field(default=(0, 0), compare=False, repr=False, kw_only=True)

    @property
    def values(self) -> tuple[str, ...]:
        """The values without their weights."""
        return tuple(value for value, _ in self.weights)


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range."""

    value: float | datetime
    inclusive: bool = True


@dataclass(frozen=True, slots=True)
class Range:
    """The field has a value between two ends; None is an open end, and with both open any value will do."""

    name: str
    lower: Bound | None = None
    upper: Bound | None = None
    place: QueryPlace = field(default=(0, 0), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Not:
    """What the operand does not match."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All operands match; at least two."""

    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one operand matches; at least two."""

    operands: tuple["Node", ...]


Node: TypeAlias = Everything | Phrase | Forms | Gist | Near | OneOf | Similar | Weighted | Range | Not | And | Or


def all_of(operands: list[Node]) -> Node:
    """AND of nodes, without AND in AND."""
    flat = tuple(inner for node in operands for inner in (node.operands if isinstance(node, And) else (node,)))
    return flat[0] if len(flat) == 1 else And(flat)


def any_of(operands: list[Node]) -> Node:
    """OR of nodes, without OR in OR."""
    flat = tuple(inner for node in operands for inner in (node.operands if isinstance(node, Or) else (node,)))
    return flat[0] if len(flat) == 1 else Or(flat)


def none_of(operand: Node) -> Node:
    """NOT of a node; twice is none."""
    return operand.operand if isinstance(operand, Not) else Not(operand)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case And(operands) | Or(operands):
            return operands
        case Not(operand):
            return (operand,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def phrases(tree: Node) -> Iterator[Phrase]:
    """All words and phrases that a tree names: each form of a word, each piece of a gist, and both sides of a NEAR."""
    for node in walk(tree):
        match node:
            case Phrase():
                yield node
            case Forms(found) | Gist(found):
                yield from found
            case Near(left, right):
                yield from (*left, *right)
            case _:
                pass


def widened_words(tree: Node) -> Iterator[Forms]:
    """The words of a query that are searched for in several written forms, in the order of its text."""
    for node in walk(tree):
        match node:
            case Forms():
                yield node
            case Near(forms=forms):
                yield from forms
            case _:
                pass


SIMILAR_CLAUSES = 100
"""What is near a text is a list of so many values and more."""


def clauses(node: Node) -> int:
    """How many things an engine has to look up: phrases (each form of a word or piece of a gist is one), values, ranges; each pair of a NEAR."""
    match node:
        case OneOf(values=values):
            return len(values)
        case Forms(phrases=phrases) | Gist(phrases=phrases):
            return len(phrases)
        case Near(left=left, right=right):
            return len(left) * len(right)
        case Similar():
            return SIMILAR_CLAUSES
        case And() | Or() | Not():
            return sum(clauses(child) for child in children(node))
        case _:
            return 1


def depth(node: Node) -> int:
    """How many operators stand one in another."""
    below = children(node)
    return 1 + max(map(depth, below)) if below else 0
