"""Finds where the words of all rules stand in a whole batch of texts, in one run of one automaton (A. Aho and M. Corasick, 1975)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import ahocorasick_rs
import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.labels.rules import GAP, GAP_MARK, Rule
from yuqing_scoring.domain.reading import END
from yuqing_text.normal import without_surrogates

_NEGATION: Final = re.compile(r"(?:不|没有?|无|未|并非|毫无)(?:再|曾|任何|什么|出现|发生|造成|有|是|太|怎么){0,2}$")
_NEGATION_SIGNS: Final = 6
"""How far before a word a negation may begin."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Hits:
    """Where which rule was found: text, rule, [start, end) in signs of the batch; in the order of texts and, in one text, of rules."""

    texts: Numbers
    rules: Numbers
    starts: Numbers
    ends: Numbers


@dataclass(frozen=True, slots=True)
class _Opening:
    """A word that may begin a pair: what may follow it, and the rule of the pair."""

    rule: int
    rest: re.Pattern[str]


class Finder:
    """The words of rules, ready to be found. Never changes; may be shared by threads."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        rules_of: dict[str, list[int]] = {}
        pairs: dict[str, dict[int, list[str]]] = {}
        for number, rule in enumerate(rules):
            for word in rule.words:
                first, _, second = word.partition(GAP_MARK)
                if second:
                    pairs.setdefault(first, {}).setdefault(number, []).append(second)
                else:
                    rules_of.setdefault(word, []).append(number)
        needles = [*rules_of, *(first for first in pairs if first not in rules_of)]
        self._rules_of = [rules_of.get(needle, []) for needle in needles]
        self._openings = {place: list(_openings(pairs[needle])) for place, needle in enumerate(needles) if needle in pairs}
        self._negatable = np.array([rule.negatable for rule in rules], np.bool_)
        self._is_word = np.array([bool(each) for each in self._rules_of], np.bool_)
        self._is_opening = np.array([place in self._openings for place in range(len(needles))], np.bool_)
        self._counts = np.array([len(each) for each in self._rules_of], np.int64)
        self._first_rule = np.concatenate([[0], np.cumsum(self._counts)[:-1]])
        self._flat_rules = np.array(list(chain.from_iterable(self._rules_of)), np.int64)
        self._automaton = ahocorasick_rs.AhoCorasick(needles, implementation=ahocorasick_rs.Implementation.ContiguousNFA)

    def hits(self, signs: str) -> Hits:
        """All hits in texts as `reading.read` made one string of them."""
        found = self._found(signs)
        words = _longest(found[self._is_word[found[:, 0]]])
        repeats = self._counts[words[:, 0]]
        within: Numbers = np.arange(int(repeats.sum()), dtype=np.int64) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        rules = self._flat_rules[np.repeat(self._first_rule[words[:, 0]], repeats) + within]
        spans = np.repeat(words[:, 1:], repeats, axis=0)
        kept = self._not_negated(signs, rules, spans)
        pairs = np.array(list(self._pairs(signs, found[self._is_opening[found[:, 0]]])), np.int64).reshape(-1, 3)
        return _by_text(signs, np.concatenate([rules[kept], pairs[:, 0]]), np.concatenate([spans[kept], pairs[:, 1:]]))

    def _found(self, signs: str) -> Numbers:
        """Needle, start, end of all matches, those that overlap too."""
        try:
            matches = self._automaton.find_matches_as_indexes(signs, overlapping=True)
        except UnicodeEncodeError:  # a lone surrogate
            matches = self._automaton.find_matches_as_indexes(without_surrogates(signs), overlapping=True)
        return np.fromiter(chain.from_iterable(matches), np.int64, 3 * len(matches)).reshape(-1, 3)

    def _not_negated(self, signs: str, rules: Numbers, spans: Numbers) -> NDArray[np.bool_]:
        kept = np.ones(len(rules), np.bool_)
        for place in np.flatnonzero(self._negatable[rules]):
            start = int(spans[place, 0])
            kept[place] = _NEGATION.search(signs, max(0, start - _NEGATION_SIGNS), start) is None
        return kept

    def _pairs(self, signs: str, openings: Numbers) -> Iterator[tuple[int, int, int]]:
        for needle, start, end in openings:
            for opening in self._openings[int(needle)]:
                rest = opening.rest.match(signs, int(end))
                if rest:
                    yield opening.rule, int(start), rest.end()


def _openings(pairs: Mapping[int, Sequence[str]]) -> Iterator[_Opening]:
    for rule, seconds in pairs.items():
        longest_first = sorted(seconds, key=len, reverse=True)
        yield _Opening(rule, re.compile(f"[^。!?;{END}]{{0,{GAP}}}?(?:{'|'.join(map(re.escape, longest_first))})"))


def _longest(words: Numbers) -> Numbers:
    """Without those that lie within another."""
    words = words[np.lexsort((-words[:, 2], words[:, 1]))]
    reached = np.maximum.accumulate(words[:, 2])
    inside = np.zeros(len(words), np.bool_)
    inside[1:] = words[1:, 2] <= reached[:-1]
    return words[~inside]


def _by_text(signs: str, rules: Numbers, spans: Numbers) -> Hits:
    codes = np.frombuffer(signs.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    borders = np.flatnonzero(codes == ord(END))
    # A hit that begins with an END belongs to the text after it.
    texts = np.searchsorted(borders, spans[:, 0], side="right") - 1
    order = np.lexsort((spans[:, 0], rules, texts))
    return Hits(texts[order], rules[order], spans[order, 0], spans[order, 1])
