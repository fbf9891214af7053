"""Fits the two linear heads: each a logistic regression over n-grams, shared ones and those of the medium.

Before the fit each n-gram is scaled by how differently the two classes use it (S. Wang and C. Manning, Baselines and Bigrams, ACL 2012: NB-SVM),
with a floor, so that n-grams of one class may move further from zero than those of both. The scale ends up inside the weights.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as scipy_sparse
from sklearn.linear_model import LogisticRegression

from yuqing_scoring.domain.grams import BUCKETS, LARGEST_BATCH, grams
from yuqing_scoring.domain.judgement import Sentiment
from yuqing_scoring.domain.weights import HEADS, NEUTRAL, POLARITY, TRAINED_MEDIA, length_factor, rows_of
from yuqing_scoring.training.corpus import Corpus

INVERSE_PENALTY: Final = 2.0
RATIO_FLOOR: Final = 0.4
MEDIUM_SCALE: Final = {POLARITY: 0.8, NEUTRAL: 1.0}
"""How freely a medium may differ from the shared weights; chosen, as the two above, on dev rows and checked by cross-validation on train rows."""
FEWEST_TEXTS: Final = 2
"""N-grams in fewer texts are left out."""
_GRADIENT, _MOST_STEPS = 3e-5, 300
"""Where the fit ends: a longer one takes twice the time and changes no figure."""

Matrix = Any  # scipy's sparse matrices carry no types
sparse = cast("Any", scipy_sparse)
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """Shared weights (HEADS × BUCKETS) and the changes of each trained medium (HEADS × trained media × BUCKETS)."""

    shared: Floats
    changes: Floats


def matrix(corpus: Corpus) -> Matrix:
    """Rows × BUCKETS: the length factor of the row wherever it holds the n-gram."""
    parts: list[Matrix] = []
    for start in range(0, len(corpus.rows), LARGEST_BATCH):
        found = grams(corpus.texts[start : start + LARGEST_BATCH])
        values = np.repeat(length_factor(found.counts), found.counts)
        bounds = np.append(found.starts, len(found.buckets))
        parts.append(sparse.csr_array((values, found.buckets, bounds), shape=(len(found.counts), BUCKETS)))
    return sparse.vstack(parts, format="csr")


def fit(corpus: Corpus, texts: Matrix, chosen: NDArray[np.bool_]) -> Weights:
    """Both heads from the chosen rows: polarity from all that are not neutral, neutral from the three-class sets only.

    The two-class sets hold no neutral text because none was kept, not because none was written: they would teach that nothing is neutral.
    """
    media = rows_of(corpus.media)
    polar = chosen & (corpus.sentiments != Sentiment.NEUTRAL)
    three_class = chosen & np.isin(corpus.sources, corpus.three_class)
    shared = np.zeros((HEADS, BUCKETS), np.float32)
    changes = np.zeros((HEADS, len(TRAINED_MEDIA), BUCKETS), np.float32)
    for head, rows, wanted in ((POLARITY, polar, Sentiment.POSITIVE), (NEUTRAL, three_class, Sentiment.NEUTRAL)):
        shared[head], changes[head] = _fit_head(texts[rows], media[rows], corpus.sentiments[rows] == wanted, MEDIUM_SCALE[head])
    return Weights(shared, changes)


def _fit_head(texts: Matrix, media: NDArray[np.int64], wanted: NDArray[np.bool_], medium_scale: float) -> tuple[Floats, Floats]:
    ratio = _ratio(texts, wanted)
    blocks = list(_blocks(texts @ sparse.diags_array(ratio), media, medium_scale))
    model = cast("Any", LogisticRegression)(C=INVERSE_PENALTY, max_iter=_MOST_STEPS, tol=_GRADIENT)
    model.fit(sparse.hstack([block for block, _ in blocks], format="csr"), wanted)
    weights = np.zeros((len(blocks), BUCKETS), np.float32)
    fitted = np.split(np.asarray(model.coef_, np.float32)[0], np.cumsum([len(columns) for _, columns in blocks])[:-1])
    for index, ((_, columns), values) in enumerate(zip(blocks, fitted, strict=True)):
        weights[index, columns] = values * ratio[columns] * (medium_scale if index else 1.0)
    return weights[0], weights[1:]


def _ratio(texts: Matrix, wanted: NDArray[np.bool_]) -> Floats:
    """The absolute log ratio of how often the two classes use each n-gram, mixed with the floor."""
    used = texts.sign()
    with_it, without_it = (np.asarray(used[rows].sum(axis=0)).ravel() + 1 for rows in (wanted, ~wanted))
    ratio = np.abs(np.log((with_it / with_it.sum()) / (without_it / without_it.sum())))
    return (RATIO_FLOOR + (1 - RATIO_FLOOR) * ratio).astype(np.float32)


def _blocks(texts: Matrix, media: NDArray[np.int64], medium_scale: float) -> Iterator[tuple[Matrix, NDArray[np.int64]]]:
    """The columns in use of the shared part and of each medium's part, with their buckets."""
    yield _in_use(texts)
    for row in range(len(TRAINED_MEDIA)):
        yield _in_use(sparse.diags_array(np.where(media == row, np.float32(medium_scale), np.float32(0))) @ texts)


def _in_use(texts: Matrix) -> tuple[Matrix, NDArray[np.int64]]:
    texts.eliminate_zeros()
    columns = np.flatnonzero(np.bincount(texts.indices, minlength=BUCKETS) >= FEWEST_TEXTS)
    return texts[:, columns], columns
