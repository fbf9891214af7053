"""How probable it is that the language of a text is offensive: one logistic regression over the n-grams that the sentiment is judged by.

For triage only. It knows insults and contempt as a set of comments on race, gender and region has them. Names of groups have no weight of their own:
what is said around them decides (see `training/offence`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.explanation import Span, pushes_of_signs, strongest_spans
from yuqing_scoring.domain.grams import Grams, grams
from yuqing_scoring.domain.judgement import Passage
from yuqing_scoring.domain.labels.label_model import Floats, sigmoid
from yuqing_scoring.domain.reading import read_in_place
from yuqing_scoring.domain.weights import POLARITY, Tables, length_factor


@dataclass(frozen=True)
class OffenceModel:
    """`weights`: one for each bucket of `grams`; logit = slope · sum + offset. Holds no state, so threads may share it."""

    weights: NDArray[np.floating]
    slope: float
    offset: float

    def probabilities(self, found: Grams) -> Floats:
        """Of each text."""
        return sigmoid(self._logits(found))

    def explain(self, passage: Passage) -> tuple[float, Sequence[Span]]:
        """The logit, and the spans that pushed it up (their `polarity` is what they add), strongest first; all else is the rest."""
        reading = read_in_place(passage.text)
        pushes, _ = pushes_of_signs(reading, Tables(self.weights, self.weights), 0)
        spans = strongest_spans(reading, pushes * self.slope, lead=POLARITY)
        [logit] = self._logits(grams([passage.text]))
        return float(logit), [span for span in spans if span.weights.polarity > 0]

    def _logits(self, found: Grams) -> Floats:
        sums = np.add.reduceat(self.weights.take(found.buckets).astype(np.float32), found.starts)
        return self.slope * (sums * length_factor(found.counts)).astype(np.float64) + self.offset
