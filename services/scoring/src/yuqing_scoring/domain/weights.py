"""The linear part of the model: what each n-gram adds to the two heads, in each medium.

Heads: *polarity* (positive against negative) and *neutral* (neutral against both). Each weight is a shared one plus what the medium changes
(feature augmentation: H. Daumé III, Frustratingly Easy Domain Adaptation, ACL 2007). A medium without training texts has the mean of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.grams import BUCKETS, Grams
from yuqing_scoring.domain.judgement import Medium

POLARITY, NEUTRAL = 0, 1
HEADS: Final = 2
TRAINED_MEDIA: Final = (Medium.NEWS, Medium.FORUM, Medium.REVIEW, Medium.MICROBLOG)
_UNTRAINED: Final = len(TRAINED_MEDIA)
ROWS: Final = len(TRAINED_MEDIA) + 1
"""Rows of all that is kept for each medium: the trained media, then one for all others."""

LENGTH_EXPONENT: Final = 0.35
"""A text's sum of weights is divided by (number of its n-grams) to this power: 0.5 would be the usual unit length, 0 none; found on dev rows."""
_LEVELS: Final = 127

Signed = NDArray[np.int8]
Floats = NDArray[np.float32]


def row_of(medium: Medium) -> int:
    """The row of a medium in every table."""
    return TRAINED_MEDIA.index(medium) if medium in TRAINED_MEDIA else _UNTRAINED


def rows_of(media: Sequence[Medium]) -> NDArray[np.int64]:
    """The rows of many media."""
    rows = {medium: row_of(medium) for medium in Medium}
    return np.fromiter((rows[medium] for medium in media), np.int64, len(media))


def length_factor(counts: NDArray[np.int64]) -> Floats:
    """What a text's sum is multiplied by, from its number of distinct n-grams."""
    return (counts.astype(np.float32) ** np.float32(-LENGTH_EXPONENT)).astype(np.float32)


@dataclass(frozen=True)
class Tables:
    """Weights ready for judging: for each head, ROWS × BUCKETS in one flat array."""

    polarity: NDArray[np.floating]
    neutral: NDArray[np.floating]

    @classmethod
    def of(cls, shared: NDArray[np.floating], changes: NDArray[np.floating]) -> "Tables":
        """From shared weights (HEADS × BUCKETS) and the changes of the trained media (HEADS × trained media × BUCKETS)."""
        whole = np.concatenate([changes, changes.mean(axis=1, keepdims=True)], axis=1) + shared[:, None, :]
        # Half precision: 20 MB instead of 40, and no decision changes.
        halves = whole.astype(np.float16)
        return cls(halves[POLARITY].ravel(), halves[NEUTRAL].ravel())

    def logits(self, grams: Grams, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Polarity and neutral logit of each text, not calibrated. `rows`: the row of each text's medium."""
        places = np.repeat(rows * BUCKETS, grams.counts) + grams.buckets
        factor = length_factor(grams.counts)
        return (_sums(self.polarity, places, grams) * factor, _sums(self.neutral, places, grams) * factor)

    def weights(self, buckets: NDArray[np.int32], row: int) -> NDArray[np.float64]:
        """HEADS × the weights of these buckets in a medium's row."""
        places = row * BUCKETS + buckets
        return np.stack([table.take(places).astype(np.float64) for table in (self.polarity, self.neutral)])


def _sums(table: NDArray[np.floating], places: NDArray[np.int64], grams: Grams) -> Floats:
    return np.add.reduceat(table.take(places).astype(np.float32), grams.starts)


def quantized(weights: NDArray[np.floating], largest: float) -> Signed:
    """Eight bits a weight, as the root of its size: small weights keep their precision, |weight| ≤ `largest`."""
    size = np.sqrt(np.abs(weights) / np.float32(largest)) * _LEVELS
    return (np.sign(weights) * np.rint(size)).astype(np.int8)


def restored(levels: Signed, largest: float) -> Floats:
    """The weights that `quantized` made these levels of."""
    steps = np.arange(-_LEVELS, _LEVELS + 1, dtype=np.float32)
    values = (np.sign(steps) * (steps / _LEVELS) ** 2 * np.float32(largest)).astype(np.float32)
    return values.take(levels.astype(np.int16) + _LEVELS)
