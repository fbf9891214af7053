"""Judges what a text says of a subject: each passage that speaks of it by the sentiment model, then all of them together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from yuqing_scoring.domain.judgement import SENTIMENTS, Judge, Judgement, Passage
from yuqing_scoring.domain.names import NameFinder
from yuqing_scoring.domain.towards.attribution import Relation, Spoken, places_of, spoken_of
from yuqing_scoring.domain.towards.cutting import clauses
from yuqing_scoring.domain.towards.evaluations import Evaluation
from yuqing_text.normal import normalize

_TURN: Final = re.compile(r"\W*(?:但|但是|不过|然而|可是|可惜|就是|只是|却)")
_AFTER_A_TURN, _OF_HEADING, _OF_LAST = 1.3, 1.5, 1.2
"""What is said after 但是, in the heading and at the end counts more."""
_LEAST_OF_NEUTRAL: Final = 0.3
"""A neutral passage counts this much of one that says yes or no: 一家 that is blamed once is blamed, however much else is told of it."""
_MOST_RUNS: Final = 200
"""Passages of one text that are judged."""
_DECISIVE: Final = 0.5
"""A passage that gives at least this part of what the strongest gives to the sentiment decided is one that decided."""


@dataclass(frozen=True, slots=True)
class JudgedPart:
    """[start, end) that speaks of the subject, what it says, and `weight`: its part of the whole (all weights sum to 1)."""

    start: int
    end: int
    relation: Relation
    judgement: Judgement
    weight: float
    decisive: bool = False


@dataclass(frozen=True, slots=True)
class Towards:
    """What a text says of a subject. Without parts it does not speak of the subject, and the judgement is that of the whole text."""

    judgement: Judgement
    parts: Sequence[JudgedPart]


@dataclass(frozen=True)
class SubjectJudge:
    """Judges towards subjects with whatever judges sentiment."""

    judge: Judge
    names: NameFinder

    def towards(self, passage: Passage, terms: Sequence[str], *, heading: int = 0) -> Towards:
        """What a passage whose first `heading` code points are its heading says of whoever the terms name."""
        normal = normalize(passage.text)
        subject, others = places_of(map(normalize, terms), normal, self.names.find(passage))
        spoken = spoken_of(clauses(normal, heading=heading), normal, subject, others)
        runs = _fewer(_runs(spoken))
        if not runs:
            return Towards(self.judge.judge([passage])[0], ())
        spans = [_trimmed(passage.text, run) for run in runs]
        judgements = self._judgements(passage, normal, spans)
        weights = _weights(normal, runs, judgements, heading=heading)
        parts = zip(spans, runs, judgements, weights, strict=True)
        return _together([JudgedPart(*span, _relation(run), judgement, weight) for span, run, judgement, weight in parts])

    def _judgements(self, passage: Passage, normal: str, spans: Sequence[tuple[int, int]]) -> list[Judgement]:
        """What each part says: by the sentiment model, moved by what a report praises or blames."""
        judged = self.judge.judge([Passage(passage.text[start:end], passage.medium) for start, end in spans])
        return [Evaluation.of(normal[start:end]).applied_to(judgement) for (start, end), judgement in zip(spans, judged, strict=True)]


def _runs(spoken: Sequence[Spoken]) -> list[list[Spoken]]:
    """Clauses that follow one another in a sentence are judged as one."""
    runs: list[list[Spoken]] = []
    for each in spoken:
        last = runs[-1][-1].clause if runs else None
        if last and last.sentence == each.clause.sentence and last.end == each.clause.start:
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _fewer(runs: list[list[Spoken]]) -> list[list[Spoken]]:
    """The first and the last of very many."""
    return runs if len(runs) <= _MOST_RUNS else [*runs[: _MOST_RUNS * 3 // 4], *runs[-_MOST_RUNS // 4 :]]


def _trimmed(text: str, run: Sequence[Spoken]) -> tuple[int, int]:
    """[start, end) of a run without white space around it."""
    start, end = run[0].clause.start, run[-1].clause.end
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())


def _relation(run: Sequence[Spoken]) -> Relation:
    return Relation.NAMED if any(each.relation is Relation.NAMED for each in run) else Relation.CARRIED


def _weights(normal: str, runs: Sequence[Sequence[Spoken]], judgements: Sequence[Judgement], *, heading: int) -> list[float]:
    """How much of the whole each run is; they sum to 1."""
    weights = [
        _weight(run, normal, heading, last=run is runs[-1]) * (_LEAST_OF_NEUTRAL + (1 - _LEAST_OF_NEUTRAL) * (1 - judgement.neutral))
        for run, judgement in zip(runs, judgements, strict=True)
    ]
    return [weight / sum(weights) for weight in weights]


def _weight(run: Sequence[Spoken], normal: str, heading: int, *, last: bool) -> float:
    start = run[0].clause.start
    weight = max(each.sureness for each in run)
    if start < heading:
        return weight * _OF_HEADING
    if last:
        weight *= _OF_LAST
    return weight * _AFTER_A_TURN if _TURN.match(normal, start) else weight


def _together(parts: Sequence[JudgedPart]) -> Towards:
    """The sentiment with the largest sum of mean probability and of the weight of the parts that were decided so: a part's decision leans as that of
    a whole text of its medium does."""
    means = {name: sum(part.weight * getattr(part.judgement, name) for part in parts) for name in SENTIMENTS}
    votes = {name: sum(part.weight for part in parts if part.judgement.sentiment is name) for name in SENTIMENTS}
    decided = max(SENTIMENTS, key=lambda name: means[name] + votes[name])
    given = [part.weight * (getattr(part.judgement, decided) + (part.judgement.sentiment is decided)) for part in parts]
    marked = [replace(part, decisive=each >= _DECISIVE * max(given)) for part, each in zip(parts, given, strict=True)]
    return Towards(Judgement(decided, **means), marked)
