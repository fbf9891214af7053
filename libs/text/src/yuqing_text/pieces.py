"""Cuts a text into the smallest things that say something: what two texts about the same matter share, though nobody would write it twice alike.

Pieces are pairs of neighbouring Han characters and whole other tokens, so names that no dictionary has count as well, and an index need only
look for phrases.
"""

from collections.abc import Sequence
from itertools import pairwise

from yuqing_text.stop_words import STOP_WORDS
from yuqing_text.tokens import is_han

_EMPTY = frozenset("的了吗呢吧啊呀么着过是在和与")
"""Characters that join words: a pair with one of them says nothing that the other pairs do not."""


def pieces(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    """The distinct pieces of a text given as tokens, in the order of their first place; none where it says nothing."""
    found = (pair if _says_something(pair) else (pair[0],) if _is_word(pair[0]) else () for pair in pairwise([*tokens, ""]))
    return [piece for piece in dict.fromkeys(found) if piece]


def _says_something(pair: tuple[str, str]) -> bool:
    return all(map(is_han, pair)) and _EMPTY.isdisjoint(pair) and "".join(pair) not in STOP_WORDS


def _is_word(token: str) -> bool:
    return bool(token) and not is_han(token) and token not in STOP_WORDS
