"""Which words would widen a query, and which would narrow it, with what each would change; every number is what a search for the word finds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from yuqing_indexing.domain.searching import Search, Selection, Term
from yuqing_text.query.tree import Node, Phrase, phrases
from yuqing_text.tokens import token_strings

CANDIDATES = 100
"""So many words are looked at of either kind."""


@dataclass(frozen=True, slots=True)
class Widening:
    """A word to add with OR: so many hits hold it, and so many further mentions. `weight` is its significance (JLH) among the hits."""

    term: str
    size: int
    further: int
    weight: float


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A word to exclude or to ask for: so many hits hold it, and so many of the irrelevant ones. `weight` is from 0 to 1."""

    term: str
    size: int
    irrelevant: int
    weight: float


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What would change a query of `total` hits, of which `irrelevant` are marked so."""

    total: int
    irrelevant: int
    widening: tuple[Widening, ...]
    narrowing: tuple[Narrowing, ...]


class Suggesting:
    """Asks the index. Errors: OutsideUnavailable."""

    def __init__(self, search: Search) -> None:
        self._search = search

    async def suggest(self, selection: Selection, irrelevant: Sequence[str], size: int) -> Suggestions:
        """At most `size` words of either kind for a query's selection, of whose hits a person finds those with these ids irrelevant."""
        total = await self._search.count(selection)
        marked = replace(selection, only=tuple(irrelevant))
        wrong = await self._search.count(marked) if irrelevant else 0
        narrowing = await self._between(selection, marked, total, wrong) if wrong else await self._halving(selection, total)
        widening = await self._widening(selection)
        return Suggestions(total, wrong, tuple(widening[:size]), tuple(narrowing[:size]))

    async def _widening(self, selection: Selection) -> list[Widening]:
        """Words that stand out in the hits against all mentions; what they find beyond the hits is what they would bring."""
        terms = _new(selection.tree, await self._search.significant_terms(selection, CANDIDATES))
        shares = await self._search.shares(selection, list(map(_phrase, terms)))
        found = (
            Widening(term.text, among, alone - among, term.weight)
            for term, (alone, among) in zip(terms, shares, strict=True)
            if among and alone > among
        )
        return sorted(found, key=lambda each: (-each.weight, each.term))

    async def _between(self, selection: Selection, marked: Selection, total: int, wrong: int) -> list[Narrowing]:
        """Words of the marked hits; each weighs the share of these that hold it, less the share of the others that do (Youden's J)."""
        terms = _new(selection.tree, await self._search.significant_terms(marked, CANDIDATES, against=selection))
        asked = list(map(_phrase, terms))
        hits, marks = await self._search.shares(selection, asked), await self._search.shares(marked, asked)
        others = max(1, total - wrong)
        found = (
            Narrowing(term.text, among, noise, noise / wrong - (among - noise) / others)
            for term, (_, among), (_, noise) in zip(terms, hits, marks, strict=True)
        )
        return sorted((each for each in found if each.weight > 0), key=lambda each: (-each.weight, each.term))

    async def _halving(self, selection: Selection, total: int) -> list[Narrowing]:
        """Words that some hits hold and some do not: 1 where half of them do, the choice that tells most; nearly 0 where all or none do."""
        terms = _new(selection.tree, await self._search.frequent_terms(selection, CANDIDATES))
        shares = await self._search.shares(selection, list(map(_phrase, terms)))
        found = (
            Narrowing(term.text, among, 0, 1 - abs(2 * among / total - 1))
            for term, (_, among) in zip(terms, shares, strict=True)
            if 0 < among < total
        )
        return sorted(found, key=lambda each: (-each.weight, each.term))


def _new(tree: Node, terms: Iterable[Term]) -> list[Term]:
    """The terms that the query does not name yet, neither to find nor to exclude."""
    named = {phrase.tokens for phrase in phrases(tree)}
    return [term for term in terms if (tokens := tuple(token_strings(term.text))) and tokens not in named]


def _phrase(term: Term) -> Phrase:
    return Phrase(tuple(token_strings(term.text)))
