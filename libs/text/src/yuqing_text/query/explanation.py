"""Says of each condition of a query whether a document meets it, and which ones keep the document from matching."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yuqing_text.query.matcher import Candidate, Reading, Span
from yuqing_text.query.tree import And, Node, Not, Or, QueryPlace, children


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a query, which stands at `place` in the query's text, as one document meets it.

    `node` is a phrase, a word in its forms, a NEAR, a field's values or range, or everything. `excluded`: it stands under a NOT, so the
    query wants it unmet. `met`: the document has what the condition asks for, at these `spans` of the original. `blocking`: this is one
    of the conditions for which the document does not match; none is where it matches.
    """

    node: Node
    place: QueryPlace
    excluded: bool
    met: bool
    blocking: bool
    spans: Mapping[str, tuple[Span, ...]]


_NOWHERE: Mapping[str, tuple[Span, ...]] = {}


def conditions(tree: Node) -> Iterator[tuple[Node, QueryPlace, bool]]:
    """What a query is made of in the order of its text: each condition, its place, and whether it stands under a NOT."""
    yield from _conditions(tree, excluded=False)


def explain(tree: Node, candidate: Candidate) -> list[Condition]:
    """Why a document matches or does not: each condition of the query, in the order of its text."""
    reading = Reading(candidate)
    blocking = set(_blocking(tree, reading, wanted=True))
    explained: list[Condition] = []
    for node, place, excluded in conditions(tree):
        match = reading.match(node)
        explained.append(Condition(node, place, excluded, match is not None, id(node) in blocking, match.spans if match else _NOWHERE))
    return explained


def _conditions(node: Node, *, excluded: bool) -> Iterator[tuple[Node, QueryPlace, bool]]:
    if below := children(node):
        for child in below:
            yield from _conditions(child, excluded=excluded != isinstance(node, Not))
    else:
        yield node, getattr(node, "place", (0, 0)), excluded


def _blocking(node: Node, reading: Reading, *, wanted: bool) -> Iterator[int]:
    """The conditions (by identity) that would have to turn out otherwise for `node` to be as wanted; none where it is."""
    if reading.holds(node) == wanted:
        return
    match node:
        case Not(operand):
            yield from _blocking(operand, reading, wanted=not wanted)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _blocking(operand, reading, wanted=wanted)
        case _:
            yield id(node)
