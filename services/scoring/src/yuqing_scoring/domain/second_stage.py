"""The second stage of sentiment: a fine-tuned encoder and the fast model together, for texts that there is time to look at twice.

Both give two raw logits; those of the fast model are weighted and added to those of the encoder, because they err on different texts. From the
sum the same calibration as that of the fast stage, with numbers of its own, makes probabilities and a decision.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.batch import Batch, batches
from yuqing_scoring.domain.calibration import Calibrations
from yuqing_scoring.domain.explanation import Explanation, Pushes, Weights, leading, pushes_of_signs, strongest_spans, words_of
from yuqing_scoring.domain.fast import FastModel
from yuqing_scoring.domain.judgement import Judgement, Passage
from yuqing_scoring.domain.reading import Reading, read_in_place
from yuqing_scoring.domain.weights import HEADS, NEUTRAL, POLARITY, Floats, row_of, rows_of

_MOST_PARTS: Final = 64
"""Into so many parts a text is cut at most to find out what each of them adds; each takes one run of the encoder."""


class Encoder(Protocol):
    """The fine-tuned network."""

    def logits(self, passages: Sequence[Passage]) -> Floats:
        """Passages × HEADS: raw polarity and neutral logit of each."""
        ...


@dataclass(frozen=True, slots=True)
class Shares:
    """What the raw logits of the fast model are multiplied by before they are added to those of the encoder."""

    polarity: float
    neutral: float

    @property
    def column(self) -> NDArray[np.float64]:
        """HEADS × 1."""
        shares = np.zeros((HEADS, 1))
        shares[POLARITY], shares[NEUTRAL] = self.polarity, self.neutral
        return shares


@dataclass(frozen=True)
class SecondStage:
    """Judges about a hundredth as many texts in a second as the fast model. Holds no state, so threads may share it."""

    name: str
    version: str
    fast: FastModel
    encoder: Encoder
    shares: Shares
    calibrations: Calibrations

    def judge(self, passages: Sequence[Passage]) -> list[Judgement]:
        """One judgement for each passage, in order."""
        return [judgement for part in batches(passages) for judgement in self._judge(part)]

    def explain(self, passage: Passage) -> Explanation:
        """Why `judge` judges the passage as it does. What the fast model adds is shared out exactly. What the encoder adds of a word is how far its
        logits move when the word is left out (occlusion: M. Zeiler and R. Fergus, ECCV 2014); what words do only together stays in the rest."""
        [judgement] = self.judge([passage])
        row = row_of(passage.medium)
        calibration = self.calibrations.rows[row]
        raw = self._raw([passage])[0].astype(np.float64)
        factors = calibration.factors(raw[POLARITY])
        reading = read_in_place(passage.text)
        of_signs, nowhere = pushes_of_signs(reading, self.fast.tables, row)
        pushes = factors @ (of_signs * self.shares.column + self._encoder_pushes(passage, reading))
        spans = strongest_spans(reading, pushes, lead=leading(judgement.sentiment))
        told = np.sum([[0.0, 0.0], *([span.weights.polarity, span.weights.neutral] for span in spans)], axis=0)
        logits = factors @ raw + calibration.offsets
        bias = factors @ (nowhere * self.shares.column[:, 0]) + calibration.offsets
        return Explanation(
            judgement,
            spans,
            rest=Weights.of(logits - bias - told),
            bias=Weights.of(bias),
            logits=Weights.of(logits),
            neutral_lean=calibration.neutral_lean,
            positive_lean=calibration.positive_lean,
        )

    def _judge(self, passages: Sequence[Passage]) -> Iterator[Judgement]:
        rows = rows_of([passage.medium for passage in passages])
        raw = self._raw(passages)
        return self.calibrations.judgements(raw[:, POLARITY], raw[:, NEUTRAL], rows)

    def _raw(self, passages: Sequence[Passage]) -> Floats:
        """Passages × HEADS, of at most `grams.LARGEST_BATCH` passages."""
        rows = rows_of([passage.medium for passage in passages])
        fast = np.stack(self.fast.tables.logits(Batch.of(passages).grams, rows))
        return together(self.encoder.logits(passages), fast.T, self.shares)

    def _encoder_pushes(self, passage: Passage, reading: Reading) -> Pushes:
        """HEADS × signs: what each part of the text adds to the encoder's logits, shared out evenly among its signs."""
        parts = _parts(list(words_of(reading)))
        without = [_without(passage, reading, part) for part in parts]
        logits = self.encoder.logits([passage, *without]).astype(np.float64)
        pushes = np.zeros((HEADS, len(reading.signs)))
        for part, left in zip(parts, logits[1:], strict=True):
            pushes[:, part.start : part.stop] = ((logits[0] - left) / len(part))[:, None]
        return pushes


def together(encoder: Floats, fast: Floats, shares: Shares) -> Floats:
    """The raw logits of both, texts × HEADS each, as one."""
    return (encoder + fast * shares.column[:, 0]).astype(np.float32)


def _parts(words: Sequence[range]) -> list[range]:
    """Words, or runs of neighbouring words where there are very many."""
    size = -(-len(words) // _MOST_PARTS) or 1
    runs = (words[start : start + size] for start in range(0, len(words), size))
    return [range(run[0].start, run[-1].stop) for run in runs]


def _without(passage: Passage, reading: Reading, part: range) -> Passage:
    start, end = reading.places[part.start][0], reading.places[part.stop - 1][1]
    return Passage(passage.text[:start] + passage.text[end:], passage.medium)
