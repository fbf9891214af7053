"""Gives texts their labels, and says what each label rests on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from yuqing_scoring.domain.batch import Batch
from yuqing_scoring.domain.judgement import Judgement, Passage
from yuqing_scoring.domain.labels.finding import Finder, Hits
from yuqing_scoring.domain.labels.label_keys import KIND_OF, LABELS, Label
from yuqing_scoring.domain.labels.label_model import Evidence, Floats, LabelModel, evidence_of
from yuqing_scoring.domain.labels.offence import OffenceModel
from yuqing_scoring.domain.labels.text_labels import Labelled, TextLabels
from yuqing_scoring.domain.reading import read_in_place

OFFENSIVE: Final = "offensive"
_OFFENCE_TOLD_FROM: Final = 0.2
"""Below, nothing is offensive enough to be explained."""
_OFFENCE_RULE: Final = "用语"
_labelled: Final = cast("Callable[[Label, float], Labelled[Any]]", Labelled)
"""Of whatever kind the label is."""


@dataclass(frozen=True, slots=True)
class LabelSpan:
    """[start, end) in code points of the original text, what it adds to the log odds, and the rule that found it."""

    start: int
    end: int
    weight: float
    rule: str


@dataclass(frozen=True, slots=True)
class LabelReason:
    """Why a label was given: all spans + rest = logit, and the probability is σ(logit). The rest is what medium, tone and all else add."""

    label: Label | str
    """Or OFFENSIVE."""
    probability: float
    spans: Sequence[LabelSpan]
    rest: float
    logit: float


@dataclass(frozen=True)
class Labeller:
    """Intent, aspect, focus area and sensitivity by rules of words, offence by n-grams. Holds no state, so threads may share it."""

    version: str
    finder: Finder
    rule_names: Sequence[str]
    model: LabelModel
    offence: OffenceModel

    def label(self, batch: Batch, judgements: Sequence[Judgement]) -> Iterator[TextLabels]:
        """The labels of each passage; `judgements`: what the fast model says of its sentiment."""
        probabilities = self.model.probabilities(self._evidence(batch, judgements))
        shown: list[list[list[Labelled[Any]]]] = [[[], [], [], []] for _ in batch.passages]
        for text, place, probability in _shown(probabilities, self.model.shown_from):
            shown[text][KIND_OF[place]].append(_labelled(LABELS[place], probability))
        for found, offensive in zip(shown, self.offence.probabilities(batch.grams).tolist(), strict=True):
            intents, aspects, focus_areas, sensitivities = found
            yield TextLabels(intents, aspects, focus_areas, sensitivities, offensive)

    def explain(self, passage: Passage, judgement: Judgement) -> list[LabelReason]:
        """Of each label that the passage is given, most probable first; and of offence, where there is any to speak of."""
        batch = Batch.of([passage])
        evidence = self._evidence(batch, [judgement])
        logits = self.model.logits(evidence)[0]
        probabilities = self.model.probabilities(evidence)[0]
        given = [int(place) for place in np.argsort(-probabilities) if probabilities[place] >= self.model.shown_from]
        reasons = [self._reason(passage, batch, evidence, place=place, logit=float(logits[place])) for place in given]
        return [*reasons, *self._offence(passage, float(self.offence.probabilities(batch.grams)[0]))]

    def _evidence(self, batch: Batch, judgements: Sequence[Judgement]) -> Evidence:
        return evidence_of(batch.passages, self.finder.hits(batch.signs), judgements)

    def _reason(self, passage: Passage, batch: Batch, evidence: Evidence, *, place: int, logit: float) -> LabelReason:
        hits, places = self.finder.hits(batch.signs), read_in_place(passage.text).places
        weights = {int(rule): strength * self.model.rules[rule, place] / count for rule, strength, count in _found(evidence)}
        spans = [
            LabelSpan(places[max(1, start)][0], places[min(end, len(places) - 1) - 1][1], weights[rule], self.rule_names[rule])
            for rule, start, end in _spans(hits)
            if weights[rule]
        ]
        spans.sort(key=lambda span: -abs(span.weight))
        rest = logit - sum(span.weight for span in spans)
        return LabelReason(LABELS[place], 1 / (1 + float(np.exp(-logit))), spans, rest, logit)

    def _offence(self, passage: Passage, probability: float) -> Iterator[LabelReason]:
        if probability >= _OFFENCE_TOLD_FROM:
            logit, found = self.offence.explain(passage)
            spans = [LabelSpan(span.start, span.end, span.weights.polarity, _OFFENCE_RULE) for span in found]
            yield LabelReason(OFFENSIVE, probability, spans, logit - sum(span.weight for span in spans), logit)


def _shown(probabilities: Floats, least: float) -> Iterator[tuple[int, int, float]]:
    """Text, place of the label and its probability, the most probable first."""
    texts, places = np.nonzero(probabilities >= least)
    found = probabilities[texts, places]
    order = np.argsort(-found, kind="stable")
    return zip(texts[order].tolist(), places[order].tolist(), found[order].tolist(), strict=True)


def _spans(hits: Hits) -> Iterator[tuple[int, int, int]]:
    """Rule, start and end of each hit."""
    return zip(hits.rules.tolist(), hits.starts.tolist(), hits.ends.tolist(), strict=True)


def _found(evidence: Evidence) -> Iterator[tuple[int, float, int]]:
    return zip(evidence.rules.tolist(), evidence.strengths.tolist(), evidence.counts.tolist(), strict=True)
