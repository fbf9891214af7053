"""All that is judged of every mention as it comes in: its sentiment and its labels, from one reading of the text.

What finds entities and regions plugs in here: it gives its part of `TextLabels` for each passage.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from yuqing_scoring.domain.batch import Batch, batches
from yuqing_scoring.domain.explanation import Explanation
from yuqing_scoring.domain.fast import FastModel
from yuqing_scoring.domain.judgement import Judgement, Passage
from yuqing_scoring.domain.labels.labeller import Labeller, LabelReason
from yuqing_scoring.domain.labels.text_labels import TextLabels
from yuqing_scoring.domain.names import FoundNames, NameFinder
from yuqing_scoring.domain.second_stage import SecondStage
from yuqing_scoring.domain.towards.judging import SubjectJudge, Towards

_NO_LABELS: Final = TextLabels()


@dataclass(frozen=True, slots=True)
class Judged:
    """What one text says."""

    judgement: Judgement
    labels: TextLabels


@dataclass(frozen=True, slots=True)
class Explained:
    """What one text says, and why."""

    sentiment: Explanation
    labels: TextLabels
    names: FoundNames
    reasons: Sequence[LabelReason] = ()
    """Why its labels were given, but for entities and regions."""


class MentionJudge(Protocol):
    """Whatever judges mentions: name and version of its sentiment model go with each judgement."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def judge(self, passages: Sequence[Passage]) -> list[Judged]:
        """What each passage says, in order."""
        ...

    def explain(self, passage: Passage) -> Explained:
        """Why `judge` judges the passage as it does."""
        ...

    def towards(self, passage: Passage, terms: Sequence[str], *, heading: int) -> Towards:
        """What the passage, whose first `heading` code points are its heading, says of whoever the terms name."""
        ...


@dataclass(frozen=True)
class FirstStage:
    """Judges by models that are fast enough for every mention. Holds no state, so threads may share it."""

    sentiment: FastModel
    labeller: Labeller
    names: NameFinder = field(default_factory=NameFinder.shipped)
    labels_all: bool = True
    """Whether `judge` labels at all; `explain` and `towards`, which a person asks for, do in any case."""

    @property
    def name(self) -> str:
        """Of the sentiment model."""
        return self.sentiment.name

    @property
    def version(self) -> str:
        """Of the sentiment model."""
        return self.sentiment.version

    def judge(self, passages: Sequence[Passage]) -> list[Judged]:
        """What each passage says, in order."""
        judge = self._judge if self.labels_all else self._judge_sentiment
        return [judged for part in batches(passages) for judged in judge(Batch.of(part))]

    def judge_whole(self, passage: Passage) -> Judged:
        """What the passage says, its labels with it."""
        [judged] = self._judge(Batch.of([passage]))
        return judged

    def explain(self, passage: Passage) -> Explained:
        """Why `judge` judges the passage as it does."""
        judged = self.judge_whole(passage)
        reasons = self.labeller.explain(passage, judged.judgement)
        return Explained(self.sentiment.explain(passage), judged.labels, self.names.find(passage), reasons)

    def towards(self, passage: Passage, terms: Sequence[str], *, heading: int) -> Towards:
        """What the passage, whose first `heading` code points are its heading, says of whoever the terms name."""
        return SubjectJudge(self.sentiment, self.names).towards(passage, terms, heading=heading)

    def _judge(self, batch: Batch) -> Iterator[Judged]:
        judgements = list(self.sentiment.judge_batch(batch))
        for passage, judgement, labels in zip(batch.passages, judgements, self.labeller.label(batch, judgements), strict=True):
            found = self.names.find(passage)
            yield Judged(judgement, labels._replace(entities=[each.entity for each in found.entities], regions=found.regions))

    def _judge_sentiment(self, batch: Batch) -> Iterator[Judged]:
        return (Judged(judgement, _NO_LABELS) for judgement in self.sentiment.judge_batch(batch))


@dataclass(frozen=True)
class BothStages:
    """The first stage with the second stage's judgement of the sentiment in place of its own. Holds no state, so threads may share it."""

    first: FirstStage
    sentiment: SecondStage

    @property
    def name(self) -> str:
        """Of the sentiment model."""
        return self.sentiment.name

    @property
    def version(self) -> str:
        """Of the sentiment model."""
        return self.sentiment.version

    def judge(self, passages: Sequence[Passage]) -> list[Judged]:
        """What each passage says, in order."""
        pairs = zip(self.first.judge(passages), self.sentiment.judge(passages), strict=True)
        return [replace(judged, judgement=judgement) for judged, judgement in pairs]

    def explain(self, passage: Passage) -> Explained:
        """Why `judge` judges the passage as it does."""
        judged = self.first.judge_whole(passage)
        reasons = self.first.labeller.explain(passage, judged.judgement)
        return Explained(self.sentiment.explain(passage), judged.labels, self.first.names.find(passage), reasons)

    def towards(self, passage: Passage, terms: Sequence[str], *, heading: int) -> Towards:
        """What the passage, whose first `heading` code points are its heading, says of whoever the terms name."""
        return SubjectJudge(self.sentiment, self.first.names).towards(passage, terms, heading=heading)
