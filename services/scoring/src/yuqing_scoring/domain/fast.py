"""The fast stage: one linear model that judges every mention as it comes in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.batch import Batch, batches
from yuqing_scoring.domain.calibration import Calibrations
from yuqing_scoring.domain.explanation import Explanation, Weights, leading, pushes_of_signs, strongest_spans
from yuqing_scoring.domain.grams import grams
from yuqing_scoring.domain.judgement import Judgement, Passage
from yuqing_scoring.domain.reading import read_in_place
from yuqing_scoring.domain.weights import POLARITY, Floats, Tables, row_of, rows_of


@dataclass(frozen=True)
class FastModel:
    """Judges by hashed character n-grams. Holds no state, so threads may share it."""

    name: str
    version: str
    tables: Tables
    calibrations: Calibrations

    def judge(self, passages: Sequence[Passage]) -> list[Judgement]:
        """One judgement for each passage, in order."""
        return [judgement for part in batches(passages) for judgement in self.judge_batch(Batch.of(part))]

    def judge_batch(self, batch: Batch) -> Iterator[Judgement]:
        """One judgement for each passage of a batch that is read already."""
        rows = rows_of([passage.medium for passage in batch.passages])
        return self.calibrations.judgements(*self.tables.logits(batch.grams, rows), rows)

    def logits(self, texts: Sequence[str], rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Polarity and neutral logit before calibration, of at most `grams.LARGEST_BATCH` texts."""
        return self.tables.logits(grams(texts), rows)

    def explain(self, passage: Passage) -> Explanation:
        """Why `judge` judges the passage as it does; the sum of all parts is exact but for rounding to single precision."""
        [judgement] = self.judge([passage])
        row = row_of(passage.medium)
        calibration = self.calibrations.rows[row]
        raw = np.concatenate(self.logits([passage.text], np.array([row]))).astype(np.float64)
        factors = calibration.factors(raw[POLARITY])
        reading = read_in_place(passage.text)
        of_signs, nowhere = pushes_of_signs(reading, self.tables, row)
        pushes = factors @ of_signs
        spans = strongest_spans(reading, pushes, lead=leading(judgement.sentiment))
        told = np.sum([[0.0, 0.0], *([span.weights.polarity, span.weights.neutral] for span in spans)], axis=0)
        return Explanation(
            judgement,
            spans,
            rest=Weights.of(pushes.sum(axis=1) - told),
            bias=Weights.of(factors @ nowhere + calibration.offsets),
            logits=Weights.of(factors @ raw + calibration.offsets),
            neutral_lean=calibration.neutral_lean,
            positive_lean=calibration.positive_lean,
        )
