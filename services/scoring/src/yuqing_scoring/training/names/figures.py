"""What is measured on the samples: precision, recall and F1 of names, accuracy towards subjects, and the time that names take."""

import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from yuqing_scoring.domain.judgement import SENTIMENTS, Judge, Passage, Sentiment
from yuqing_scoring.domain.labels.text_labels import Entity, EntityKind
from yuqing_scoring.domain.names import NameFinder
from yuqing_scoring.domain.towards.judging import SubjectJudge
from yuqing_scoring.training.figures import macro_f1
from yuqing_scoring.training.names.sample import NamedText, SubjectText

MOST_TIMED: Final = 1000
_ROUNDS: Final = 10


@dataclass
class Counted:
    """How many were found rightly, found wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, wanted: Iterable[Hashable], got: Iterable[Hashable]) -> None:
        """One text's."""
        wanted, got = set(wanted), set(got)
        self.right += len(wanted & got)
        self.wrong += len(got - wanted)
        self.missed += len(wanted - got)

    def __str__(self) -> str:
        """Precision, recall and F1 in percent, and how many are in the sample."""
        precision = 100 * self.right / max(self.right + self.wrong, 1)
        recall = 100 * self.right / max(self.right + self.missed, 1)
        f1 = 200 * self.right / max(2 * self.right + self.wrong + self.missed, 1)
        return f"{precision:5.1f} {recall:5.1f} {f1:5.1f}   {self.right + self.missed:4}"


@dataclass(frozen=True)
class NameFigures:
    """Of regions, of each kind of entity (told by name and kind), of persons' roles and of all counts among the entities found rightly."""

    regions: Counted
    entities: dict[EntityKind, Counted]
    roles: Counted
    sizes: Counted

    def lines(self) -> Iterator[str]:
        """As a table."""
        yield f"{'':13} {'P':>5} {'R':>5} {'F1':>5}   size"
        yield f"{'regions':13} {self.regions}"
        for kind, counted in self.entities.items():
            yield f"{kind.value:13} {counted}"
        for name, counted in (("roles", self.roles), ("counts", self.sizes)):
            yield f"{name} of those found: {counted.right} of {counted.right + counted.missed} right"


def measure_names(finder: NameFinder, texts: Sequence[NamedText]) -> NameFigures:
    """Looks for names in all texts and compares."""
    figures = NameFigures(Counted(), {kind: Counted() for kind in EntityKind}, Counted(), Counted())
    for text in texts:
        found = finder.find(Passage(text.text))
        entities = [each.entity for each in found.entities]
        figures.regions.add(text.regions, {region.name for region in found.regions})
        for kind, counted in figures.entities.items():
            counted.add(_names(text.entities, kind), _names(entities, kind))
        got = {(entity.kind, entity.name): entity for entity in entities}
        for wanted in text.entities:
            same = got.get((wanted.kind, wanted.name))
            if same:
                figures.sizes.add({wanted.size}, {same.size})
                if wanted.kind is EntityKind.PERSON:
                    figures.roles.add({wanted.role}, {same.role})
    return figures


def _names(entities: Iterable[Entity], kind: EntityKind) -> set[str]:
    return {entity.name for entity in entities if entity.kind is kind}


def microseconds_a_text(finder: NameFinder, texts: Sequence[str], *, code_points: int) -> float:
    """Mean processor time for the first so many code points of the texts that have as many, at most MOST_TIMED of them.

    Of each text the least of several rounds counts, so a busy machine hardly shows.
    """
    passages = [Passage(text[:code_points]) for text in texts if len(text) >= code_points][:MOST_TIMED]
    return sum(min(_nanoseconds(finder, passage) for _ in range(_ROUNDS)) for passage in passages) / 1000 / max(len(passages), 1)


def _nanoseconds(finder: NameFinder, passage: Passage) -> int:
    start = time.process_time_ns()
    finder.find(passage)
    return time.process_time_ns() - start


@dataclass(frozen=True, slots=True)
class TowardsFigures:
    """Accuracy and macro-F1 in percent, of judging towards each subject and of giving each the judgement of the whole text."""

    subjects: int
    accuracy: float
    f1: float
    whole_accuracy: float
    whole_f1: float

    def lines(self) -> Iterator[str]:
        """As a table."""
        yield f"{self.subjects} subjects         accuracy  macro-F1"
        yield f"towards the subject   {self.accuracy:5.1f}     {self.f1:5.1f}"
        yield f"the whole text        {self.whole_accuracy:5.1f}     {self.whole_f1:5.1f}"


def measure_towards(judge: Judge, names: NameFinder, texts: Sequence[SubjectText]) -> TowardsFigures:
    """Judges all texts towards each of their subjects, and as a whole."""
    subjects = SubjectJudge(judge, names)
    wanted: list[Sentiment] = []
    got: list[Sentiment] = []
    whole: list[Sentiment] = []
    for text in texts:
        [judgement] = judge.judge([text.passage])
        for term, sentiment in text.subjects.items():
            wanted.append(sentiment)
            got.append(subjects.towards(text.passage, [term], heading=text.heading).judgement.sentiment)
            whole.append(judgement.sentiment)
    return TowardsFigures(len(wanted), _accuracy(wanted, got), _f1(wanted, got), _accuracy(wanted, whole), _f1(wanted, whole))


def _accuracy(wanted: Sequence[Sentiment], got: Sequence[Sentiment]) -> float:
    return 100 * sum(one is other for one, other in zip(wanted, got, strict=True)) / max(len(wanted), 1)


def _f1(wanted: Sequence[Sentiment], got: Sequence[Sentiment]) -> float:
    return macro_f1(np.array([SENTIMENTS.index(each) for each in wanted]), np.array([SENTIMENTS.index(each) for each in got]))
