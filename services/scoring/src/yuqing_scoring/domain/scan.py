"""A text as names are looked for in it: its normal form, which words of a list stand where, its clauses and their words.

Reading, finding and cutting are each done once for all that look for names; the words of a clause only where something in it raises the question.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

import ahocorasick_rs
import rjieba

from yuqing_text.normal import normalize, without_surrogates

LONGEST_TEXT: Final = 10_000
"""Code points in which names are looked for; what a text speaks of stands in its beginning."""
_CLAUSE: Final = re.compile(r"[^,。!?;:、\s\"“”‘’()\[\]【】「」『』《》<>#@|…—~·.%+*=/\ue001]+")
_QUOTED: Final = re.compile(r"//@[^\s:@/]{1,30}:?")
"""Who passed a text on: an account, whatever its name says."""


class Hit(NamedTuple):
    """Word number `word` of a list stands at [start, end)."""

    word: int
    start: int
    end: int


class WordList:
    """Words that are looked for all at once; of those that overlap, the one that begins first and is longest counts."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words: Final[Sequence[str]] = list(words)
        self._automaton = ahocorasick_rs.AhoCorasick(
            self.words, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest, implementation=ahocorasick_rs.Implementation.ContiguousNFA
        )

    def hits(self, text: str) -> list[Hit]:
        """Where they stand, in order, in a text without surrogates."""
        return [Hit._make(found) for found in self._automaton.find_matches_as_indexes(text)]


class Token(NamedTuple):
    """A word of a clause at [start, end), with rjieba's part of speech."""

    start: int
    end: int
    tag: str


class Clause:
    """The words of a clause that begins at `start` of a text.

    Without rjieba's guess at unknown words: those come as single characters, so that a guess never swallows a word that is known.
    """

    def __init__(self, clause: str, start: int) -> None:
        tagged = rjieba.tag(clause, False)
        self._tags = [tag for _, tag in tagged]
        self._starts = list(accumulate((len(word) for word, _ in tagged), initial=start))
        self._numbers = dict(zip(self._starts, range(len(self._starts)), strict=True))

    def beginning(self, place: int) -> Token | None:
        """The word that begins here."""
        number = self._numbers.get(place)
        return None if number is None or number == len(self._tags) else self._token(number)

    def ending(self, place: int) -> Token | None:
        """The word that ends here."""
        number = self._numbers.get(place)
        return self._token(number - 1) if number else None

    def around(self, place: int) -> Token | None:
        """The word that goes over this place."""
        number = bisect_right(self._starts, place) - 1
        return self._token(number) if 0 <= number < len(self._tags) and self._starts[number] < place else None

    def _token(self, number: int) -> Token:
        return Token(self._starts[number], self._starts[number + 1], self._tags[number])


@dataclass(frozen=True)
class ScannedText:
    """A text in normal form, code point for code point, at most LONGEST_TEXT of them."""

    text: str

    @classmethod
    def of(cls, text: str) -> "ScannedText":
        normal = normalize(text[:LONGEST_TEXT])
        if "//@" in normal:
            normal = _QUOTED.sub(lambda head: "\ue001" * len(head[0]), normal)
        try:
            normal.encode()
        except UnicodeEncodeError:
            normal = without_surrogates(normal)
        return cls(normal)

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        """Where each clause begins and ends."""
        return [clause.span() for clause in _CLAUSE.finditer(self.text)]

    @cached_property
    def _clauses(self) -> dict[int, Clause]:
        return {}

    def clause(self, place: int) -> tuple[int, int]:
        """[start, end) of the clause in which a code point stands; an empty one for what stands between clauses."""
        index = bisect_right(self._spans, (place, len(self.text))) - 1
        if index < 0 or self._spans[index][1] <= place:
            return place, place
        return self._spans[index]

    def words(self, place: int) -> Clause:
        """The words of the clause in which a code point stands."""
        start, end = self.clause(place)
        known = self._clauses.get(start)
        if known is None:
            known = self._clauses[start] = Clause(self.text[start:end], start)
        return known

    def word(self, place: int) -> Token | None:
        """The word that begins here."""
        return self.words(place).beginning(place)
