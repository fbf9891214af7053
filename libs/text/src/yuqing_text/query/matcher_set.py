"""Asks many queries of one document at once, as ingest does for all topics: only those are evaluated whose words stand in the text.

One automaton (Aho–Corasick) over the tokens finds the words of all queries; each query that has all it needs is then decided as `Matcher` does it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import ahocorasick

from yuqing_text.query.matcher import Candidate, Match, Reading
from yuqing_text.query.tree import And, Forms, Gist, Near, Node, Or, Phrase, phrases

_Words = frozenset[str]
"""Phrases of which at least one stands in every text that a tree matches, each as its tokens with a space before and after each."""


class MatcherSet:
    """Queries by their ids, ready to be asked of many documents. Never changes; may be shared by threads."""

    def __init__(self, topics: Mapping[str, Node]) -> None:
        self._trees = dict(topics)
        popularity = Counter(_word(phrase) for tree in self._trees.values() for phrase in phrases(tree))
        self._needs = {topic: sorted(_needs(tree, popularity), key=lambda words: _cost(words, popularity)) for topic, tree in self._trees.items()}
        self._always = [topic for topic, needs in self._needs.items() if not needs]
        self._automaton = _automaton(self._needs)

    def __len__(self) -> int:
        """How many queries there are."""
        return len(self._trees)

    def match(self, candidate: Candidate) -> dict[str, Match]:
        """Where each query matches that does, in the order of the ids."""
        reading = Reading(candidate)
        asked = sorted({*self._always, *self._asked(reading.joined)})
        found = ((topic, reading.match(self._trees[topic])) for topic in asked)
        return {topic: match for topic, match in found if match is not None}

    def _asked(self, joined: str) -> Iterator[str]:
        """The queries that have all that they need in the text."""
        if self._automaton is None:
            return
        words: set[str] = set()
        begun: set[str] = set()
        for _, (word, topics) in self._automaton.iter(joined):
            words.add(word)
            begun.update(topics)
        for topic in begun:
            if not any(map(words.isdisjoint, self._needs[topic])):
                yield topic


def _automaton(needs: Mapping[str, Sequence[_Words]]) -> Any:
    """The automaton that gives for each word itself and the ids that need it first; None where there are no words. (The package has no types.)"""
    topics: dict[str, list[str]] = {word: [] for groups in needs.values() for words in groups for word in words}
    if not topics:
        return None
    for topic, (first, *_) in ((topic, groups) for topic, groups in needs.items() if groups):
        for word in first:
            topics[word].append(topic)
    automaton = cast("Any", ahocorasick).Automaton()
    for word, ids in topics.items():
        automaton.add_word(word, (word, tuple(ids)))
    automaton.make_automaton()
    return automaton


def _needs(node: Node, popularity: Mapping[str, int]) -> tuple[_Words, ...]:
    """Groups of words that a tree needs, at least one word of each; none where it may match a text that has none of its words.

    Of the operands of an OR any one will do, so it needs a word of the group that each of them is found by best.
    """
    match node:
        case Phrase():
            return (frozenset({_word(node)}),)
        case Forms(forms):
            return (frozenset(map(_word, forms)),)
        case Gist(pieces, least):
            rarest = sorted(map(_word, pieces), key=lambda word: (popularity[word], word))
            return (frozenset(rarest[: len(pieces) - least + 1]),)  # of the others alone there are too few
        case Near(left, right):
            return (frozenset(map(_word, left)), frozenset(map(_word, right)))
        case And(operands):
            return tuple(group for operand in operands for group in _needs(operand, popularity))
        case Or(operands):
            best = [min(groups, key=lambda words: _cost(words, popularity)) for operand in operands if (groups := _needs(operand, popularity))]
            return (frozenset[str]().union(*best),) if len(best) == len(operands) else ()
        case _:
            return ()


def _cost(words: _Words, popularity: Mapping[str, int]) -> tuple[int, int]:
    """Less for words that few queries ask for: the word that all of an organisation's topics share makes no candidate."""
    return sum(popularity[word] for word in words), -min(map(len, words))


def _word(phrase: Phrase) -> str:
    return f" {' '.join(phrase.tokens)} "
