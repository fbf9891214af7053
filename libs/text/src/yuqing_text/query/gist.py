"""Cuts a question or a sentence into pieces of which a good part is to be found: what nobody would write twice in the same words.

Pieces are pairs of neighbouring Han characters and whole other tokens, so names that no dictionary has count as well, and the index and the
matcher need only look for phrases.
"""

import math
from itertools import pairwise

from yuqing_text.query.errors import mistake
from yuqing_text.query.tree import Gist, Phrase, Switch
from yuqing_text.stop_words import STOP_WORDS
from yuqing_text.tokens import is_han

LEAST_SHARE = 0.3
"""So many of the pieces stand in a text that says much the same; chosen on the queries of `tests/bench/judged` that are for development."""
_EMPTY = frozenset("的了吗呢吧啊呀么着过是在和与")
"""Characters that join words: a pair with one of them says nothing that the other pairs do not."""


def gist(sentence: Phrase) -> Gist:
    """The pieces of a phrase with the switch. Raises QueryError where other switches stand beside it."""
    if sentence.switches != {Switch.GIST}:
        raise mistake("gist_alone", sentence.place)
    pieces = dict.fromkeys(_pieces(sentence.tokens)) or {sentence.tokens: None}
    phrases = tuple(Phrase(piece, sentence.part, place=sentence.place) for piece in pieces)
    return Gist(phrases, math.ceil(LEAST_SHARE * len(phrases)), place=sentence.place)


def _pieces(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    pairs = [pair for pair in pairwise(tokens) if _says_something(pair)]
    return pairs + [(token,) for token in tokens if not is_han(token) and token not in STOP_WORDS]


def _says_something(pair: tuple[str, str]) -> bool:
    return all(map(is_han, pair)) and _EMPTY.isdisjoint(pair) and "".join(pair) not in STOP_WORDS
