"""What is measured: macro-F1, accuracy, the negative class, calibration, by the definitions that are usual for these sets.

Sets with two classes are decided between those two by probability, sets with three by the decision that the model gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.judgement import SENTIMENTS, Judge, Judgement, Passage, Sentiment
from yuqing_scoring.training.corpus import EMOTICON_SETS, Corpus, Row

_BINS: Final = 15


@dataclass(frozen=True, slots=True)
class SetFigures:
    """One set: percentages, rounded to a tenth as they are printed."""

    rows: int
    classes: int
    accuracy: float
    macro_f1: float
    negative_precision: float
    negative_recall: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All sets, and their means: macro-F1 of three-class sets, accuracy of two-class sets, calibration error of both (0 to 1)."""

    sets: dict[str, SetFigures]
    three_class_macro_f1: float | None
    two_class_accuracy: float | None
    three_class_calibration_error: float | None
    two_class_calibration_error: float | None


def measure(judge: Judge, corpus: Corpus) -> Figures:
    """Judges all rows of the corpus and compares. Means leave out the sets whose labels come from emoticons."""
    by_source: dict[str, list[tuple[Row, Judgement]]] = {}
    for row, judgement in judged_rows(judge, corpus):
        by_source.setdefault(row.source, []).append((row, judgement))
    return figures_of(by_source)


def judged_rows(judge: Judge, corpus: Corpus) -> list[tuple[Row, Judgement]]:
    """All rows of the corpus, each with what is judged of it."""
    return list(zip(corpus.rows, judge.judge([Passage(row.text, row.medium) for row in corpus.rows]), strict=True))


def figures_of(judged: dict[str, list[tuple[Row, Judgement]]]) -> Figures:
    """The figures of judged rows, by set."""
    exact: dict[str, tuple[int, float, float]] = {}
    sets: dict[str, SetFigures] = {}
    sure: dict[int, list[tuple[float, bool]]] = {2: [], 3: []}
    for source, pairs in sorted(judged.items()):
        has_neutral = any(row.sentiment is Sentiment.NEUTRAL for row, _ in pairs)
        among = list(SENTIMENTS) if has_neutral else [Sentiment.NEGATIVE, Sentiment.POSITIVE]
        wanted = [row.sentiment for row, _ in pairs]
        got = [_decided(judgement, among) for _, judgement in pairs]
        accuracy = 100 * sum(map(_same, wanted, got)) / len(pairs)
        f1 = macro_f1(np.array([SENTIMENTS.index(each) for each in wanted]), np.array([SENTIMENTS.index(each) for each in got]))
        precision, recall = _negative(wanted, got)
        exact[source] = (len(among), accuracy, f1)
        sets[source] = SetFigures(len(pairs), len(among), round(accuracy, 1), round(f1, 1), round(precision, 1), round(recall, 1))
        if source not in EMOTICON_SETS:
            sure[len(among)] += [_top(judgement, row.sentiment, among) for row, judgement in pairs]
    counted = [value for source, value in exact.items() if source not in EMOTICON_SETS]
    return Figures(
        sets,
        three_class_macro_f1=_mean([f1 for size, _, f1 in counted if size == 3]),
        two_class_accuracy=_mean([accuracy for size, accuracy, _ in counted if size == 2]),
        three_class_calibration_error=calibration_error(sure[3]),
        two_class_calibration_error=calibration_error(sure[2]),
    )


def negative_or_not(judged: Sequence[tuple[Row, Judgement]]) -> float:
    """In how many of the rows, in percent, negative is the most probable class just where the label is negative."""
    right = [(each.negative >= max(each.neutral, each.positive)) == (row.sentiment is Sentiment.NEGATIVE) for row, each in judged]
    return round(100 * sum(right) / len(right), 1)


def macro_f1(wanted: NDArray[np.int64], got: NDArray[np.int64]) -> float:
    """The mean F1, in percent, of the classes that are wanted at all."""
    table = np.bincount(wanted * len(SENTIMENTS) + got, minlength=len(SENTIMENTS) ** 2).reshape(len(SENTIMENTS), -1)
    rows, columns, hits = table.sum(axis=1), table.sum(axis=0), np.diag(table)
    present = rows > 0
    scores: NDArray[np.float64] = 200 * hits[present] / (rows + columns)[present]
    return float(scores.mean())


def calibration_error(sure: Sequence[tuple[float, bool]]) -> float | None:
    """Expected calibration error over 15 bins of equal width, from (probability of the top class, whether it was right); None without any."""
    if not sure:
        return None
    probabilities, right = np.array([p for p, _ in sure], np.float64), np.array([ok for _, ok in sure], np.bool_)
    bins = np.ceil(probabilities * _BINS).astype(np.int64)
    gaps = sum(abs(float(probabilities[bins == each].sum()) - float(right[bins == each].sum())) for each in range(1, _BINS + 1))
    return round(gaps / len(sure), 3)


def _decided(judgement: Judgement, among: Sequence[Sentiment]) -> Sentiment:
    if Sentiment.NEUTRAL in among:
        return judgement.sentiment
    return Sentiment.NEGATIVE if judgement.negative >= judgement.positive else Sentiment.POSITIVE


def _top(judgement: Judgement, wanted: Sentiment, among: Sequence[Sentiment]) -> tuple[float, bool]:
    values = {Sentiment.NEGATIVE: judgement.negative, Sentiment.NEUTRAL: judgement.neutral, Sentiment.POSITIVE: judgement.positive}
    top = max(among, key=values.__getitem__)
    return values[top] / sum(values[each] for each in among), top is wanted


def _negative(wanted: Sequence[Sentiment], got: Sequence[Sentiment]) -> tuple[float, float]:
    hits = sum(want is Sentiment.NEGATIVE and have is want for want, have in zip(wanted, got, strict=True))
    return 100 * hits / max(1, got.count(Sentiment.NEGATIVE)), 100 * hits / max(1, wanted.count(Sentiment.NEGATIVE))


def _same(one: Sentiment, other: Sentiment) -> bool:
    return one is other


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None
