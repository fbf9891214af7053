"""Finds the calibration of each medium from cross-fitted logits: no row is judged by weights that saw it.

Three-class sets of a medium give the neutral numbers and the leans, all its polar texts the polarity numbers. The two-class sets of such a medium
say a little about neutral too: texts that are strongly for or against are not. Without them a medium with one three-class set learns that all
which is unlike this set is neutral, and calls most of the negative texts of a new source so. Two media need more:
- reviews have no three-class set. Their neutral slope comes from all three-class texts read as reviews, their offset from an assumed share of
  neutral reviews, and they have no lean;
- media without any set ("other") are calibrated on all rows, read as if their medium were not known, each set with the same weight.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import optimize
from sklearn.linear_model import LogisticRegression

from yuqing_scoring.domain.calibration import Calibration, Calibrations
from yuqing_scoring.domain.judgement import SENTIMENTS, Medium, Sentiment
from yuqing_scoring.domain.weights import NEUTRAL, POLARITY, ROWS, TRAINED_MEDIA, row_of, rows_of
from yuqing_scoring.training.corpus import EMOTICON_SETS, Corpus, folds
from yuqing_scoring.training.figures import macro_f1
from yuqing_scoring.training.heads import Matrix, Weights, fit

FOLDS: Final = 5
ASSUMED_NEUTRAL_REVIEWS: Final = 0.1
"""The share of three-star reviews; an assumption, since no set says it."""
_TWO_CLASS_SAY: Final = 0.05
"""What all two-class texts of a medium weigh in its neutral numbers beside its three-class ones: with less, negative texts of other sources are lost,
with more, neutral ones of its own sets."""
_LEANS: Final = np.arange(-1.2, 1.21, 0.1)
_SMOOTHING: Final = 3
"""Steps of the lean over which macro-F1 is averaged: a single peak is chance."""

Floats = NDArray[np.floating]
Chosen = NDArray[np.bool_]


@dataclass(frozen=True)
class Logits:
    """Of each row of the corpus, as if it were of each row of media: two arrays, rows × ROWS."""

    polarity: Floats
    neutral: Floats

    @property
    def features(self) -> NDArray[np.floating]:
        """What the neutral probability is calculated from."""
        return np.stack([self.neutral, np.abs(self.polarity)], axis=-1)


def calibrations(corpus: Corpus, logits: Logits, least_negative_recall: Mapping[Medium, float] = MappingProxyType({})) -> Calibrations:
    """The calibration of every row of media; the decision of a medium that is named finds at least this part of its negative texts."""
    media = rows_of(corpus.media)
    polar = (corpus.sentiments != Sentiment.NEUTRAL) & ~np.isin(corpus.sources, list(EMOTICON_SETS))
    three_class = np.isin(corpus.sources, corpus.three_class)
    found: list[Calibration] = []
    for row in range(ROWS):
        here = media == row if row < len(TRAINED_MEDIA) else np.ones(len(media), np.bool_)
        weights = _equal_sets(corpus) if row == row_of(Medium.OTHER) else np.ones(len(media))
        has_neutral = bool((three_class & here).any())
        say = _with_two_class(weights, three_class & here, polar & here & ~three_class) if has_neutral else np.where(three_class, weights, 0.0)
        calibration = Calibration(
            *_logistic(logits.features[say > 0, row], corpus.sentiments[say > 0] == Sentiment.NEUTRAL, say[say > 0]),
            *_logistic(logits.polarity[polar & here, row, None], corpus.sentiments[polar & here] == Sentiment.POSITIVE, weights[polar & here]),
        )
        if has_neutral:
            least = least_negative_recall.get(TRAINED_MEDIA[row], 0.0) if row < len(TRAINED_MEDIA) else 0.0
            found.append(_with_leans(calibration, corpus, logits, chosen=three_class & here, row=row, least_recall=least))
        else:
            found.append(_with_assumed_share(calibration, logits, here=here, row=row))
    return Calibrations(found)


def cross_fitted(corpus: Corpus, texts: Matrix) -> Logits:
    """The logits of each row by heads that were fitted on the other folds."""
    shape = (len(corpus.rows), ROWS)
    polarity, neutral = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    fold_of = folds(corpus, FOLDS)
    for fold in range(FOLDS):
        inside = fold_of == fold
        weights = fit(corpus, texts, ~inside)
        polarity[inside], neutral[inside] = logits_of(weights, texts[inside], POLARITY), logits_of(weights, texts[inside], NEUTRAL)
    return Logits(polarity, neutral)


def logits_of(weights: Weights, texts: Matrix, head: int) -> Floats:
    """Texts × ROWS: the raw logits of a head, as if each text were of each row of media."""
    changes = np.concatenate([weights.changes[head], weights.changes[head].mean(axis=0, keepdims=True)])
    return texts @ (weights.shared[head] + changes).T


def _logistic(features: Floats, wanted: Chosen, weights: Floats) -> tuple[float, ...]:
    """The slopes and, last, the offset."""
    model = cast("Any", LogisticRegression(C=100.0, max_iter=1000)).fit(features, wanted, weights)
    return (*map(float, model.coef_[0]), float(model.intercept_[0]))


def _equal_sets(corpus: Corpus) -> Floats:
    _, inverse, counts = np.unique(corpus.sources, return_inverse=True, return_counts=True)
    return (len(corpus.rows) / len(counts) / counts)[inverse]


def _with_two_class(weights: Floats, three_class: Chosen, two_class: Chosen) -> Floats:
    """What each row weighs in the neutral numbers: those of three classes as given, those of two little, all others nothing."""
    little = _TWO_CLASS_SAY * weights[three_class].sum() / max(weights[two_class].sum(), 1.0)
    return np.where(three_class, weights, np.where(two_class, little * weights, 0.0))


def _with_assumed_share(calibration: Calibration, logits: Logits, *, here: Chosen, row: int) -> Calibration:
    linear = logits.features[here, row] @ np.array([calibration.neutral_slope, calibration.neutral_pull])

    def excess(offset: float) -> float:
        return float(np.mean(1 / (1 + np.exp(-linear - offset)))) - ASSUMED_NEUTRAL_REVIEWS

    return replace(calibration, neutral_offset=float(cast("Any", optimize).brentq(excess, -20, 20)))


def _with_leans(calibration: Calibration, corpus: Corpus, logits: Logits, *, chosen: Chosen, row: int, least_recall: float) -> Calibration:
    """The leans with the best mean macro-F1 over the sets, among those that find so large a part of the negative texts, if any do."""
    rows = np.full(int(chosen.sum()), 0)
    probabilities = Calibrations([calibration]).probabilities(
        logits.polarity[chosen, row].astype(np.float32), logits.neutral[chosen, row].astype(np.float32), rows
    )
    wanted = np.searchsorted(np.array([each.value for each in SENTIMENTS]), corpus.sentiments[chosen])
    sources = corpus.sources[chosen]
    sets = [sources == source for source in np.unique(sources)]
    negative = wanted == SENTIMENTS.index(Sentiment.NEGATIVE)
    quality, recall = np.zeros((len(_LEANS), len(_LEANS))), np.zeros((len(_LEANS), len(_LEANS)))
    for place in np.ndindex(quality.shape):
        leaning = replace(calibration, neutral_lean=float(_LEANS[place[0]]), positive_lean=float(_LEANS[place[1]]))
        decided = Calibrations([leaning]).decisions(probabilities, rows)
        quality[place] = np.mean([macro_f1(wanted[each], decided[each]) for each in sets])
        recall[place] = np.mean(decided[negative] == SENTIMENTS.index(Sentiment.NEGATIVE))
    smooth = _smooth(quality)
    enough = _smooth(recall) >= least_recall
    best = np.unravel_index(int(np.where(enough | ~enough.any(), smooth, 0.0).argmax()), quality.shape)
    return replace(calibration, neutral_lean=round(float(_LEANS[best[0]]), 1), positive_lean=round(float(_LEANS[best[1]]), 1))


def _smooth(values: Floats) -> Floats:
    return sliding_window_view(np.pad(values, _SMOOTHING // 2, mode="edge"), (_SMOOTHING, _SMOOTHING)).mean(axis=(2, 3))
