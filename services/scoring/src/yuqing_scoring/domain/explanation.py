"""Says which spans of a text pushed its judgement, and how far: what each n-gram adds, shared out to the code points that it covers.

The linear model is a sum, so its explanation is exact and not an estimate: bias, spans and rest add up to the calibrated logits, from which the
probabilities follow. Repeats count once in the model: a gram that stands in several places gives each an equal part.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import rjieba
from numpy.typing import NDArray

from yuqing_scoring.domain.grams import grams_in_place
from yuqing_scoring.domain.judgement import Judge, Judgement, Passage, Sentiment
from yuqing_scoring.domain.reading import Reading
from yuqing_scoring.domain.weights import HEADS, NEUTRAL, POLARITY, Tables, length_factor
from yuqing_text.normal import without_surrogates

MOST_SPANS: Final = 20
"""Spans that are told of a text; more do not make it clearer."""
_WEAKEST: Final = 0.1
"""A word that pushes less than this part of the strongest is no span of its own: it goes to the rest."""

Pushes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """What something adds to the two logits, in natural logarithms of odds.

    `polarity`: ln(p(positive) / p(negative)), so below 0 it pushes towards negative. `neutral`: ln(p(neutral) / p(not neutral)).
    """

    polarity: float
    neutral: float

    @classmethod
    def of(cls, pushes: Pushes) -> "Weights":
        return cls(float(pushes[POLARITY]), float(pushes[NEUTRAL]))


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in code points of the original text, and what it adds."""

    start: int
    end: int
    weights: Weights


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text was judged as it was: bias + all spans + rest = logits.

    Spans do not overlap; the strongest comes first, by the logit that decided (neutral where neutral was decided, else polarity).
    The bias is what the medium adds, and that a text begins at all. The class decided has the largest ln(probability) + lean.
    """

    judgement: Judgement
    spans: Sequence[Span]
    rest: Weights
    bias: Weights
    logits: Weights
    neutral_lean: float
    positive_lean: float


class ExplainingJudge(Judge, Protocol):
    """A judge that can say why."""

    def explain(self, passage: Passage) -> Explanation:
        """Why `judge` judges the passage as it does."""
        ...


def pushes_of_signs(reading: Reading, tables: Tables, row: int) -> tuple[Pushes, Pushes]:
    """What each sign of a text adds to the two logits before calibration (HEADS × signs), and what stands nowhere in the text (HEADS)."""
    sizes, buckets = zip(*grams_in_place(reading.signs), strict=True)
    distinct, which, occurrences = np.unique(np.concatenate(buckets), return_inverse=True, return_counts=True)
    each = tables.weights(distinct, row) * length_factor(np.array([len(distinct)])) / occurrences
    stands = np.array([reading.stands(sign) for sign in range(len(reading.signs))])
    pushes, nowhere = np.zeros((HEADS, len(stands))), np.zeros(HEADS)
    for size, grams in zip(sizes, np.split(which, np.cumsum([len(found) for found in buckets])[:-1]), strict=True):
        covered: NDArray[np.int64] = np.arange(len(grams), dtype=np.int64).reshape(-1, 1) + np.arange(size, dtype=np.int64)
        standing = stands[covered]
        signs = standing.sum(axis=1)
        share = each[:, grams] / np.maximum(signs, 1)
        for head in range(HEADS):
            np.add.at(pushes[head], covered, share[head][:, None] * standing)
        nowhere += share[:, signs == 0].sum(axis=1)
    return pushes, nowhere


def leading(sentiment: Sentiment) -> int:
    """The head that decided, by which spans are made and ordered."""
    return NEUTRAL if sentiment is Sentiment.NEUTRAL else POLARITY


def strongest_spans(reading: Reading, pushes: Pushes, *, lead: int) -> list[Span]:
    """The spans that push most in the head `lead`, at most MOST_SPANS, strongest first: neighbouring words that push the same way are one."""
    words = [_Word(range_, pushes[:, range_.start : range_.stop].sum(axis=1)) for range_ in words_of(reading)]
    least = max((abs(word.pushes[lead]) for word in words), default=0.0) * _WEAKEST
    strong = [word for word in words if abs(word.pushes[lead]) >= max(least, np.finfo(np.float64).tiny)]
    spans = [_span(reading, run) for run in _runs(reading, strong, lead)]
    return sorted(spans, key=lambda span: -abs(span.weights.neutral if lead == NEUTRAL else span.weights.polarity))[:MOST_SPANS]


@dataclass(frozen=True, slots=True)
class _Word:
    signs: range
    pushes: Pushes


def words_of(reading: Reading) -> Iterator[range]:
    """The signs of each word, emoticon, link or punctuation mark; white space is none."""
    start = 0
    for word in rjieba.cut(without_surrogates(reading.signs)):
        end = start + len(word)
        signs = range(start, end)
        if not word.isspace() and all(reading.stands(sign) for sign in signs):
            yield signs
        start = end


def _runs(reading: Reading, words: Sequence[_Word], lead: int) -> Iterator[Sequence[_Word]]:
    """Words without a gap that are of one kind and push the same way."""
    run: list[_Word] = []
    for word in words:
        if run and (run[-1].signs.stop, _kind(reading, run[-1], lead)) != (word.signs.start, _kind(reading, word, lead)):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _kind(reading: Reading, word: _Word, lead: int) -> tuple[bool, str]:
    """Which way it pushes, and whether it is a word, a punctuation mark, an emoticon …."""
    sign = reading.signs[word.signs.start]
    return bool(word.pushes[lead] > 0), "word" if sign.isalnum() else unicodedata.category(sign)[0]


def _span(reading: Reading, run: Sequence[_Word]) -> Span:
    start, end = reading.places[run[0].signs.start][0], reading.places[run[-1].signs.stop - 1][1]
    return Span(start, end, Weights.of(np.sum([word.pushes for word in run], axis=0)))
