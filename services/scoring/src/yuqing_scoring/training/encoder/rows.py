"""Which rows the encoder is shown, and how often: the small three-class sets more often, the large two-class sets only in part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yuqing_scoring.domain.judgement import Medium, Passage, Sentiment
from yuqing_scoring.training.corpus import EMOTICON_SETS, Corpus, Row

_MOST_ROWS_OF_AN_EMOTICON_SET: Final = 4_000
_WITHOUT_MEDIUM: Final = 0.15
"""How often the medium is not told, so that texts of media without a set can be read."""
_BATCH_ROWS: Final = 32
_POOL_BATCHES: Final = 48
"""Rows are sorted by length within pools of so many batches: a batch is as long as its longest row."""


@dataclass(frozen=True, slots=True)
class Example:
    """A passage with its targets; a target that the row does not teach is None."""

    passage: Passage
    positive: bool | None
    neutral: bool | None


def examples(corpus: Corpus, *, passes_three_class: int, most_of_two_class: int, seed: int) -> list[Example]:
    """All examples of one round, in the order in which they are shown; each row of a three-class set stands so many times among them, at most so many
    rows of each two-class set once."""
    random = np.random.default_rng(seed)
    three_class = frozenset(corpus.three_class)
    shown: list[Example] = []
    for source in sorted({row.source for row in corpus.rows}):
        rows = [row for row in corpus.rows if row.source == source]
        for row in _chosen(rows, random, passes=passes_three_class if source in three_class else 0, most=most_of_two_class):
            medium = Medium.OTHER if random.random() < _WITHOUT_MEDIUM else row.medium
            shown.append(_example(row, medium, teaches_neutral=source in three_class))
    return [shown[int(place)] for place in random.permutation(len(shown))]


def batches(lengths: Sequence[int], seed: int = 0) -> Iterator[list[int]]:
    """The places of the examples of each batch, alike in length within a pool, in random order."""
    random = np.random.default_rng(seed)
    pool = _BATCH_ROWS * _POOL_BATCHES
    for start in range(0, len(lengths), pool):
        by_length = sorted(range(start, min(start + pool, len(lengths))), key=lengths.__getitem__)
        cut = [by_length[first : first + _BATCH_ROWS] for first in range(0, len(by_length), _BATCH_ROWS)]
        for place in random.permutation(len(cut)):
            yield cut[int(place)]


def _chosen(rows: Sequence[Row], random: np.random.Generator, *, passes: int, most: int) -> list[Row]:
    """All rows of a set so many times; without passes, as many rows once as a two-class set may give."""
    shuffled = [rows[int(place)] for place in random.permutation(len(rows))]
    if passes:
        return shuffled * passes
    return shuffled[: min(most, _MOST_ROWS_OF_AN_EMOTICON_SET) if rows[0].source in EMOTICON_SETS else most]


def _example(row: Row, medium: Medium, *, teaches_neutral: bool) -> Example:
    neutral = row.sentiment is Sentiment.NEUTRAL
    return Example(
        Passage(row.text, medium),
        positive=None if neutral else row.sentiment is Sentiment.POSITIVE,
        neutral=neutral if teaches_neutral else None,
    )
