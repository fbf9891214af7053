"""From the two logits to probabilities one may believe and to a decision, by medium.

p(neutral) = σ(neutral_slope · n + neutral_pull · |p| + neutral_offset): a text with strong polarity is less likely neutral.
p(positive | not neutral) = σ(polarity_slope · p + polarity_offset) (J. Platt, Probabilistic Outputs for Support Vector
Machines, 1999).
The decision is the class with the largest log probability plus its lean. Leans are chosen for macro-F1, so that a rare class is not
passed over; the probabilities stay what they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.judgement import SENTIMENTS, Judgement
from yuqing_scoring.domain.weights import Floats

_SMALLEST = np.float32(1e-6)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The numbers of one medium. The lean of negative is 0."""

    neutral_slope: float
    neutral_pull: float
    neutral_offset: float
    polarity_slope: float
    polarity_offset: float
    neutral_lean: float = 0.0
    positive_lean: float = 0.0

    def factors(self, polarity: float) -> NDArray[np.float64]:
        """The 2 × 2 matrix that makes calibrated logits of (polarity, neutral) before `offsets` are added, for texts on this side of polarity."""
        return np.array([[self.polarity_slope, 0.0], [self.neutral_pull * (1 if polarity >= 0 else -1), self.neutral_slope]])

    @property
    def offsets(self) -> NDArray[np.float64]:
        """What is added to the calibrated logits."""
        return np.array([self.polarity_offset, self.neutral_offset])


@dataclass(frozen=True)
class Calibrations:
    """The calibrations of all rows of media."""

    rows: Sequence[Calibration]

    def probabilities(self, polarity: Floats, neutral: Floats, rows: NDArray[np.int64]) -> Floats:
        """Texts × (negative, neutral, positive); each row sums to 1."""
        slope, pull, offset = (self._column(name, rows) for name in ("neutral_slope", "neutral_pull", "neutral_offset"))
        p_neutral = _sigmoid(slope * neutral + pull * np.abs(polarity) + offset)
        p_positive = _sigmoid(self._column("polarity_slope", rows) * polarity + self._column("polarity_offset", rows))
        polar = 1 - p_neutral
        return np.stack([polar * (1 - p_positive), p_neutral, polar * p_positive], axis=1)

    def decisions(self, probabilities: Floats, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The index of the decided class of each text."""
        leans = np.stack([np.zeros(len(rows), np.float32), self._column("neutral_lean", rows), self._column("positive_lean", rows)], axis=1)
        return np.argmax(np.log(np.maximum(probabilities, _SMALLEST)) + leans, axis=1)

    def judgements(self, polarity: Floats, neutral: Floats, rows: NDArray[np.int64]) -> Iterator[Judgement]:
        """Probabilities and decision of each text."""
        probabilities = self.probabilities(polarity, neutral, rows)
        for index, values in zip(self.decisions(probabilities, rows), cast("list[list[float]]", probabilities.tolist()), strict=True):
            yield Judgement(SENTIMENTS[int(index)], *values)

    def _column(self, name: str, rows: NDArray[np.int64]) -> Floats:
        return np.array([getattr(each, name) for each in self.rows], np.float32)[rows]


def _sigmoid(values: Floats) -> Floats:
    return (1 / (1 + np.exp(-np.clip(values, -30, 30)))).astype(np.float32)
