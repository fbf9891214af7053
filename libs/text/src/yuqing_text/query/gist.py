"""Cuts a question or a sentence into pieces of which a good part is to be found: what nobody would write twice in the same words."""

import math

from yuqing_text.pieces import pieces
from yuqing_text.query.errors import mistake
from yuqing_text.query.tree import Gist, Phrase, Switch

LEAST_SHARE = 0.3
"""So many of the pieces stand in a text that says much the same; chosen on the queries of `tests/bench/judged` that are for development."""


def gist(sentence: Phrase) -> Gist:
    """The pieces of a phrase with the switch. Raises QueryError where other switches stand beside it."""
    if sentence.switches - {Switch.GIST}:
        raise mistake("gist_alone", sentence.place)
    phrases = tuple(Phrase(piece, sentence.part, place=sentence.place) for piece in pieces(sentence.tokens) or [sentence.tokens])
    return Gist(phrases, math.ceil(LEAST_SHARE * len(phrases)), place=sentence.place)
