"""The words that make names: suffixes, known names, roles; looked for all at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yuqing_scoring.domain.scan import Hit, WordList
from yuqing_scoring.tables.reading import rows_of_table
from yuqing_text.normal import normalize


class WordKind(StrEnum):
    """What a word does in a name; `name_words.tsv` tells what each kind is."""

    COMPANY = "company"
    BUSINESS = "business"
    TRADE = "trade"
    INSTITUTION = "institution"
    AUTHORITY = "authority"
    BENCH = "bench"
    KNOWN = "known"
    PRODUCT = "product"
    BRAND = "brand"
    ROLE = "role"
    TITLE = "title"
    SPEECH = "speech"
    CALLED = "called"
    NEVER = "never"
    INSIDE = "inside"
    GENERIC = "generic"


_LOOKED_FOR_IN_PLACE: Final = frozenset([WordKind.INSIDE, WordKind.GENERIC])
"""Kinds of words that matter beside a suffix only."""


def words_of(wanted: WordKind) -> frozenset[str]:
    """The words of one kind, in normal form."""
    return frozenset(normalize(word) for kind, words in rows_of_table("name_words.tsv") if kind == wanted for word in words.split())


@dataclass(frozen=True)
class Lexicon:
    """`kinds`: what each word of `words` may be."""

    words: WordList
    kinds: Sequence[frozenset[WordKind]]

    @classmethod
    def shipped(cls) -> "Lexicon":
        """From the table of this package."""
        kinds: dict[str, set[WordKind]] = defaultdict(set)
        for kind, words in rows_of_table("name_words.tsv"):
            if kind not in _LOOKED_FOR_IN_PLACE:
                for word in words.split():
                    kinds[normalize(word)].add(WordKind(kind))
        return cls(WordList(kinds), [frozenset(each) for each in kinds.values()])

    def hits_by_kind(self, text: str) -> dict[WordKind, list[Hit]]:
        """The words that stand in a text, in order, under each kind that they may be."""
        found: dict[WordKind, list[Hit]] = {}
        for hit in self.words.hits(text):
            for kind in self.kinds[hit.word]:
                found.setdefault(kind, []).append(hit)
        return found
