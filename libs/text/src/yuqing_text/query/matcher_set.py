"""Asks many queries of one document at once, as ingest does for all topics: only those are evaluated whose words stand in the text.

One automaton (Aho–Corasick) over the tokens finds the candidates; each candidate's tree is then decided as `Matcher` decides it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import ahocorasick

from yuqing_text.query.matcher import Candidate, Match, Reading
from yuqing_text.query.tree import And, Near, Node, Or, Phrase, walk

_Words = frozenset[str]
"""Phrases of which at least one stands in every text that a tree matches, each as its tokens with a space before and after each."""


class MatcherSet:
    """Queries by their ids, ready to be asked of many documents. Never changes; may be shared by threads."""

    def __init__(self, topics: Mapping[str, Node]) -> None:
        self._trees = dict(topics)
        popularity = Counter(word for tree in self._trees.values() for word in _words_below(tree))
        needed = {topic: _needed(tree, popularity) for topic, tree in self._trees.items()}
        self._always = [topic for topic, words in needed.items() if words is None]
        self._automaton = _automaton(needed)

    def __len__(self) -> int:
        """How many queries there are."""
        return len(self._trees)

    def match(self, candidate: Candidate) -> dict[str, Match]:
        """Where each query matches that does, in the order of the ids."""
        reading = Reading(candidate)
        asked = set(self._always)
        if self._automaton is not None:
            asked.update(*(topics for _, topics in self._automaton.iter(reading.joined)))
        if not asked:
            return {}
        found = ((topic, reading.match(self._trees[topic])) for topic in sorted(asked))
        return {topic: match for topic, match in found if match is not None}


def _automaton(needed: Mapping[str, _Words | None]) -> Any:
    """The automaton that gives for each phrase the ids that need it; None where there are no phrases. (The package has no types.)"""
    topics: dict[str, list[str]] = {}
    for topic, words in needed.items():
        for word in words or ():
            topics.setdefault(word, []).append(topic)
    if not topics:
        return None
    automaton = cast("Any", ahocorasick).Automaton()
    for word, ids in topics.items():
        automaton.add_word(word, tuple(ids))
    automaton.make_automaton()
    return automaton


def _needed(node: Node, popularity: Mapping[str, int]) -> _Words | None:
    """The words that a tree needs; None where it may match a text that has none of its words.

    Of an AND any operand's will do: those are taken that the fewest queries ask for, so that the word which all of an
    organisation's topics share makes no candidate.
    """
    match node:
        case Phrase():
            return frozenset({_word(node)})
        case Near(left, right):
            return _rarest((frozenset(map(_word, left)), frozenset(map(_word, right))), popularity)
        case And(operands):
            return _rarest((_needed(operand, popularity) for operand in operands), popularity)
        case Or(operands):
            below = [words for operand in operands if (words := _needed(operand, popularity)) is not None]
            return _Words().union(*below) if len(below) == len(operands) else None
        case _:
            return None


def _rarest(choices: Iterable[_Words | None], popularity: Mapping[str, int]) -> _Words | None:
    def cost(words: _Words) -> tuple[int, int]:
        return sum(popularity[word] for word in words), -min(map(len, words))

    return min((words for words in choices if words is not None), key=cost, default=None)


def _words_below(tree: Node) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, Phrase):
            yield _word(node)
        elif isinstance(node, Near):
            yield from map(_word, (*node.left, *node.right))


def _word(phrase: Phrase) -> str:
    return f" {' '.join(phrase.tokens)} "
