"""Fits the judge of offensive language on COLD (J. Deng et al., EMNLP 2022, Apache-2.0), sentences that merely name a group, and ordinary texts.

The set has comments on race, gender and region only, half of them offensive. Reviews and news of the sentiment sets stand for all others: without
them one in seventeen reviews is called offensive. They are taken as not offensive, which few of them are not. The names of groups get no weight.
"""

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as scipy_sparse
from sklearn.linear_model import LogisticRegression

from yuqing_scoring.domain.grams import BUCKETS, LARGEST_BATCH, grams
from yuqing_scoring.domain.judgement import Medium
from yuqing_scoring.domain.labels.offence import OffenceModel
from yuqing_scoring.domain.weights import length_factor
from yuqing_scoring.training.corpus import Corpus, CorpusProblem
from yuqing_scoring.training.offence.balance import groups

INVERSE_PENALTY: Final = 2.0
RATIO_FLOOR: Final = 0.4
FEWEST_TEXTS: Final = 2
ORDINARY_TEXTS: Final = 12_000
ORDINARY_LENGTH: Final = 200
HALF: Final = 0.5
"""What a sentence that only names a group, or an ordinary text, weighs beside a text of the set."""
_FOLDS: Final = 5
_FILE: Final = "cold.jsonl.gz"

Matrix = Any  # scipy's sparse matrices carry no types
sparse = cast("Any", scipy_sparse)


@dataclass(frozen=True, slots=True)
class OffenceRow:
    """A text of the set, of the topic race, gender or region."""

    text: str
    offensive: bool
    topic: str


def read_offence(folder: Path, split: str) -> list[OffenceRow]:
    """The rows of a split; raises CorpusProblem."""
    try:
        with gzip.open(folder / _FILE, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return [OffenceRow(row["text"], row["label"] == 1, row["topic"]) for row in rows if row["split"] == split]
    except (OSError, ValueError, KeyError) as error:
        raise CorpusProblem(f"{folder / _FILE}: {error!r}") from error


def train_offence(rows: Sequence[OffenceRow], ordinary: Corpus) -> OffenceModel:
    """Deterministic: equal rows give an equal model."""
    named, others = groups(), ordinary_texts(ordinary)
    texts = matrix([*(row.text for row in rows), *named.train, *others])
    wanted = np.array([*(row.offensive for row in rows), *([False] * (len(named.train) + len(others)))])
    weights = np.concatenate([np.ones(len(rows)), np.full(len(wanted) - len(rows), HALF)])
    keep = np.ones(BUCKETS, np.float32)
    keep[named.buckets] = 0
    texts = texts @ sparse.diags_array(keep)
    texts.eliminate_zeros()
    slope, offset = _calibrated(texts, wanted, weights)
    fitted, bias = _fit(texts, wanted, weights)
    return OffenceModel(fitted.astype(np.float16), slope, slope * bias + offset)


def ordinary_texts(corpus: Corpus) -> list[str]:
    """Reviews and news, drawn by a fixed seed."""
    texts = [row.text[:ORDINARY_LENGTH] for row in corpus.rows if row.medium in (Medium.NEWS, Medium.REVIEW)]
    return random.Random(1).sample(texts, min(ORDINARY_TEXTS, len(texts)))


def matrix(texts: Sequence[str]) -> Matrix:
    """Texts × BUCKETS: the length factor of the text wherever it holds the n-gram."""
    parts: list[Matrix] = []
    for start in range(0, len(texts), LARGEST_BATCH):
        found = grams(texts[start : start + LARGEST_BATCH])
        values = np.repeat(length_factor(found.counts), found.counts)
        parts.append(sparse.csr_array((values, found.buckets, np.append(found.starts, len(found.buckets))), shape=(len(found.counts), BUCKETS)))
    return sparse.vstack(parts, format="csr")


def _calibrated(texts: Matrix, wanted: NDArray[np.bool_], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset from cross-fitted sums: no text is judged by weights that saw it."""
    fold_of = np.arange(len(wanted)) % _FOLDS
    sums = np.zeros(len(wanted))
    for fold in range(_FOLDS):
        inside = fold_of == fold
        fitted, bias = _fit(texts[~inside], wanted[~inside], weights[~inside])
        sums[inside] = texts[inside] @ fitted + bias
    platt = cast("Any", LogisticRegression(C=100.0, max_iter=1000)).fit(sums[:, None], wanted, weights)
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])


def _fit(texts: Matrix, wanted: NDArray[np.bool_], weights: NDArray[np.float64]) -> tuple[NDArray[np.float32], float]:
    """As the heads of the sentiment model are fitted: n-grams are scaled by how differently the classes use them (NB-SVM)."""
    used = texts.sign()
    with_it, without_it = (np.asarray(used[rows].sum(axis=0)).ravel() + 1 for rows in (wanted, ~wanted))
    ratio = np.abs(np.log((with_it / with_it.sum()) / (without_it / without_it.sum())))
    ratio = (RATIO_FLOOR + (1 - RATIO_FLOOR) * ratio).astype(np.float32)
    columns = np.flatnonzero(np.bincount(texts.indices, minlength=BUCKETS) >= FEWEST_TEXTS)
    model = cast("Any", LogisticRegression(C=INVERSE_PENALTY, max_iter=300, tol=1e-4))
    model.fit((texts @ sparse.diags_array(ratio))[:, columns], wanted, weights)
    fitted = np.zeros(BUCKETS, np.float32)
    fitted[columns] = model.coef_[0] * ratio[columns]
    return fitted, float(model.intercept_[0])
