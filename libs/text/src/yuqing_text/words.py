"""Picks the words of a text that 'top terms' count, whole words in normal form without those that say nothing, and names among them."""

import re
from collections import Counter
from functools import lru_cache

import rjieba

from yuqing_text.normal import normalize
from yuqing_text.stop_words import STOP_WORDS
from yuqing_text.tokens import HAN_CHARACTERS

MOST_WORDS = 200
"""A text that has more distinct words gives its most frequent ones."""
_NAME_TAGS = ("nr", "ns", "nt", "nz", "nw", "j", "eng")
_WORD = re.compile(rf"[{HAN_CHARACTERS}]{{2,16}}|(?=[^\W_]*[^\W\d_])[^\W_{HAN_CHARACTERS}]{{2,40}}")


def words(text: str, *, most: int = MOST_WORDS) -> list[str]:
    """The distinct words of at least two characters, at most `most`, in the order of their first use where all fit; numbers are no words."""
    return normal_words(normalize(text), most=most)


def normal_words(normal: str, *, most: int = MOST_WORDS) -> list[str]:
    """As `words`, of a text in normal form."""
    # Single characters, which are no words, go before anything is looked up: most of what a text is cut into are such.
    cut = [word for word in rjieba.cut(normal) if len(word) > 1]
    distinct = list(filter(_is_counted, dict.fromkeys(cut)))
    if len(distinct) <= most:
        return distinct
    return sorted(distinct, key=Counter(cut).__getitem__, reverse=True)[:most]


def names(text: str) -> set[str]:
    """What a tagger takes for names of people, places, organisations and brands, in normal form; it guesses at those it never saw."""
    return {word for word, tag in rjieba.tag(normalize(text)) if len(word) > 1 and tag.startswith(_NAME_TAGS)}


@lru_cache(maxsize=1 << 16)
def _is_counted(word: str) -> bool:
    return word not in STOP_WORDS and _WORD.fullmatch(word) is not None
