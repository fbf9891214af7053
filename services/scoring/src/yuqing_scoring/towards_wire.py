"""Judgements towards a subject → messages, pure functions."""

from collections.abc import Iterable
from typing import Final

from yuqing.scoring.v1 import scoring_pb2
from yuqing_scoring.domain.towards.attribution import Relation
from yuqing_scoring.domain.towards.judging import JudgedPart, Towards
from yuqing_scoring.wire import probabilities_of, sentiment_of

_RELATIONS: Final = {
    Relation.NAMED: scoring_pb2.SUBJECT_RELATION_NAMED,
    Relation.CARRIED: scoring_pb2.SUBJECT_RELATION_CARRIED,
}


def towards_of(towards: Towards, *, text_starts: int, model: tuple[str, str]) -> scoring_pb2.ScoreTowardsResponse:
    """What a text says of a subject; `text_starts`: where the text begins after its title; `model`: name and version."""
    return scoring_pb2.ScoreTowardsResponse(
        sentiment=sentiment_of(towards.judgement),
        probabilities=probabilities_of(towards.judgement),
        named=bool(towards.parts),
        title_passages=_passages((part for part in towards.parts if part.start < text_starts), 0),
        text_passages=_passages((part for part in towards.parts if part.start >= text_starts), text_starts),
        model=model[0],
        model_version=model[1],
    )


def _passages(parts: Iterable[JudgedPart], offset: int) -> list[scoring_pb2.SubjectPassage]:
    return [
        scoring_pb2.SubjectPassage(
            start=part.start - offset,
            end=part.end - offset,
            relation=_RELATIONS[part.relation],
            sentiment=sentiment_of(part.judgement),
            probabilities=probabilities_of(part.judgement),
            weight=part.weight,
            decisive=part.decisive,
        )
        for part in parts
    ]
