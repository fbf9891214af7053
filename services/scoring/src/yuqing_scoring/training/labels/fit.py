"""Fits the weights of rules to the sample, from where the analyst put them: few texts move them a little, many would move them far.

Each label is a logistic regression whose weights are normally distributed around the analyst's (a maximum a posteriori fit). Its probabilities are
then calibrated for each kind of label by cross-fitting (J. Platt, 1999); slope and offset end up inside the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from sklearn.linear_model import LogisticRegression

from yuqing_scoring.domain.judgement import SENTIMENTS
from yuqing_scoring.domain.labels.label_keys import INTENTS, KEYS, KINDS, OPINION, places_of
from yuqing_scoring.domain.labels.label_model import Evidence, LabelModel, sigmoid
from yuqing_scoring.domain.labels.rules import MEDIA, Context, RuleBook
from yuqing_scoring.training.labels.sample import Wanted

FOLDS: Final = 5
PRECISION: Final = 1.0
"""How strongly the analyst's weights hold: one over the variance."""
_BIAS_PRECISION: Final = 0.1
SHOWN_FROM: Final = 0.4

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Design:
    """Texts × features: rules, media, tone, the largest other intent, one; and where the analyst's weights are."""

    features: Floats
    prior: Floats
    may_move: NDArray[np.bool_]
    """Features × labels: which weights there are."""


def fit(book: RuleBook, evidence: Evidence, wanted: Wanted) -> LabelModel:
    """The model of all labels."""
    others = [place for place in range(len(KEYS)) if place != OPINION]
    design = _design(book, evidence, np.zeros(len(wanted)))
    weights = design.prior.copy()
    for kind in KINDS:
        _fit_kind(design, weights, wanted, [place for place in places_of(kind) if place != OPINION])
    logits = design.features @ weights[:, others]
    intents = len(range(len(KEYS))[INTENTS]) - 1
    design = _design(book, evidence, sigmoid(logits[:, :intents].max(axis=1)))
    _fit_kind(design, weights, wanted, [OPINION])
    return LabelModel(*_parts(book, weights), shown_from=SHOWN_FROM)


def _fit_kind(design: _Design, weights: Floats, wanted: Wanted, places: Sequence[int]) -> None:
    """Fits and calibrates the labels at these places, which share slope and offset."""
    fold_of = np.arange(len(wanted)) % FOLDS
    held = np.zeros((len(wanted), len(places)))
    for fold in range(FOLDS):
        inside = fold_of == fold
        for column, place in enumerate(places):
            held[inside, column] = design.features[inside] @ _fit_label(design, wanted[:, place], place, chosen=~inside)
    platt = cast("Any", LogisticRegression(C=1e4, max_iter=1000)).fit(held.reshape(-1, 1), wanted[:, places].ravel())
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    for place in places:
        weights[:, place] = _fit_label(design, wanted[:, place], place, chosen=np.ones(len(wanted), np.bool_)) * slope
        weights[-1, place] += offset


def _fit_label(design: _Design, wanted: NDArray[np.bool_], place: int, *, chosen: NDArray[np.bool_]) -> Floats:
    moves = design.may_move[:, place]
    features, prior = design.features[chosen][:, moves], design.prior[moves, place]
    precision = np.full(len(prior), PRECISION)
    precision[-1] = _BIAS_PRECISION
    signs = np.where(wanted[chosen], 1.0, -1.0)

    def loss(values: Floats) -> tuple[float, Floats]:
        margins = signs * (features @ values)
        moved = values - prior
        slopes = -signs * sigmoid(-margins)
        return float(np.logaddexp(0, -margins).sum() + 0.5 * (precision * moved**2).sum()), features.T @ slopes + precision * moved

    found = cast("Any", optimize).minimize(loss, prior, jac=True, method="L-BFGS-B")
    weights = np.zeros(len(moves))
    weights[moves] = found.x
    return weights


def _design(book: RuleBook, evidence: Evidence, other_intents: Floats) -> _Design:
    count = len(evidence.media)
    rules, media = np.zeros((count, len(book.rules))), np.zeros((count, len(MEDIA)))
    rules[evidence.texts, evidence.rules] = evidence.strengths
    media[np.arange(count), evidence.media] = 1
    context = book.context
    prior = np.concatenate([book.weights, context.media, context.tone, context.beside[None], context.bias[None]])
    may_move = prior != 0
    may_move[-1] = True
    return _Design(np.concatenate([rules, media, evidence.tones, other_intents[:, None], np.ones((count, 1))], axis=1), prior, may_move)


def _parts(book: RuleBook, weights: Floats) -> tuple[Floats, Context]:
    rules, media, tone, beside, bias = np.split(weights, np.cumsum([len(book.rules), len(MEDIA), len(SENTIMENTS), 1]))
    return rules, Context(bias[0], media, tone, beside[0])
