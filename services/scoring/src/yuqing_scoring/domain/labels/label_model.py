"""From hits to probabilities: one logistic regression a label over the rules found, the medium and the tone, so each judgement is a sum.

A rule found n times in a text counts n / (n + k), where k grows with the text's length: the second hit says less than the first, and one hit
in a long text less than one in a short (the saturation of BM25: S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework, 2009).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yuqing_scoring.domain.judgement import Judgement, Passage
from yuqing_scoring.domain.labels.finding import Hits
from yuqing_scoring.domain.labels.label_keys import INTENTS, KEYS, OPINION
from yuqing_scoring.domain.labels.rules import MEDIA, Context, Table

_SATURATION: Final = 0.25
_USUAL_LENGTH: Final = 100.0
_LENGTH_SHARE: Final = 0.5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """What labels are judged by: of each text and rule found the strength (0 to 1), the rows of media, the probabilities of sentiments."""

    texts: NDArray[np.int64]
    rules: NDArray[np.int64]
    strengths: Floats
    counts: NDArray[np.int64]
    media: NDArray[np.int64]
    tones: Floats


@dataclass(frozen=True)
class LabelModel:
    """Weights: `rules` (rules × labels), and those of the context. A label is shown from `shown_from` on."""

    rules: Table
    context: Context
    shown_from: float

    def probabilities(self, evidence: Evidence) -> Floats:
        """Texts × labels."""
        return sigmoid(self.logits(evidence))

    def logits(self, evidence: Evidence) -> Floats:
        """Texts × labels; a label's probability does not depend on the others', but that of opinion, which is what is left."""
        logits = self.context.bias + self.context.media[evidence.media] + evidence.tones @ self.context.tone
        if len(evidence.texts):
            first = np.flatnonzero(np.diff(evidence.texts, prepend=-1))
            logits[evidence.texts[first]] += np.add.reduceat(evidence.strengths[:, None] * self.rules[evidence.rules], first)
        logits[:, OPINION] += self.context.beside[OPINION] * _other_intents(logits)
        return logits


def evidence_of(passages: Sequence[Passage], hits: Hits, judgements: Sequence[Judgement]) -> Evidence:
    """What the labels of these passages are judged by."""
    first = np.flatnonzero(np.diff(hits.texts, prepend=-1) | np.diff(hits.rules, prepend=-1)) if len(hits.texts) else np.zeros(0, np.int64)
    texts, rules, counts = hits.texts[first], hits.rules[first], np.diff(np.append(first, len(hits.texts)))
    lengths = np.fromiter((len(passage.text) for passage in passages), np.float64, len(passages))
    half = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * lengths / _USUAL_LENGTH)
    rows = {medium: row for row, medium in enumerate(MEDIA)}
    return Evidence(
        texts=texts,
        rules=rules,
        strengths=counts / (counts + half[texts]),
        counts=counts,
        media=np.fromiter((rows[passage.medium] for passage in passages), np.int64, len(passages)),
        tones=np.array([(each.negative, each.neutral, each.positive) for each in judgements], np.float64).reshape(-1, 3),
    )


def sigmoid(logits: Floats) -> Floats:
    """Of each."""
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


def _other_intents(logits: Floats) -> Floats:
    others = np.array([place for place in range(len(KEYS))[INTENTS] if place != OPINION])
    return sigmoid(logits[:, others].max(axis=1))
