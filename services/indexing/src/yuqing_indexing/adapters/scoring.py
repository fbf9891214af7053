"""Asks the scoring service for judgements of the texts that have none yet."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import grpc
import grpc.aio

from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_indexing.domain.document import Judgement, Mention
from yuqing_indexing.domain.ports import NoSecondStage, OutsideUnavailable
from yuqing_indexing.label_wire import labels_of
from yuqing_indexing.names import MEDIUM, SENTIMENT

TIMEOUT_SECONDS = 60.0
MOST_TEXTS = 500
MOST_CHARACTERS = 1_000_000
READ_CHARACTERS = 8_000
"""So much of a text is sent to be judged: what a mention says of its subject, it says before that."""
AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED})


class GrpcScorer:
    """The port `Scorer` over gRPC, by the fast stage or by the full one."""

    def __init__(self, stub: scoring_pb2_grpc.ScoringServiceStub, stage: "types_pb2.Stage.ValueType" = types_pb2.STAGE_FAST) -> None:
        self._stub = stub
        self._stage = stage

    async def judge(self, mentions: Sequence[Mention], now: datetime) -> list[Judgement]:
        """See `domain.ports.Scorer`."""
        judgements: list[Judgement] = []
        for batch in _batches(mentions):
            scores = await self._score(batch)
            judgements.extend(_judgement(mention, score, now) for mention, score in zip(batch, scores, strict=True))
        return judgements

    async def _score(self, mentions: Sequence[Mention]) -> Iterable[scoring_pb2.Score]:
        request = scoring_pb2.ScoreMentionsRequest(texts=[_text(mention) for mention in mentions], stage=self._stage, with_words=True)
        try:
            reply = await self._stub.ScoreMentions(request, timeout=TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                raise NoSecondStage(error.details()) from error
            if error.code() in AWAY:
                raise OutsideUnavailable(f"scoring does not answer: {error.code().name} {error.details()}") from error
            raise
        return reply.scores


def _text(mention: Mention) -> scoring_pb2.Text:
    document = mention.document
    return scoring_pb2.Text(
        id=mention.id,
        title=document.title,
        text=document.text[:READ_CHARACTERS],
        medium=MEDIUM.number(document.medium),
        region=document.region,
        outlet=document.outlet,
    )


def _judgement(mention: Mention, score: scoring_pb2.Score, now: datetime) -> Judgement:
    return Judgement(
        content_hash=mention.content_hash,
        sentiment=SENTIMENT.name(score.sentiment),
        negative=score.probabilities.negative,
        neutral=score.probabilities.neutral,
        positive=score.probabilities.positive,
        language=score.language,
        model=score.model,
        model_version=score.model_version,
        time=now,
        labels=labels_of(score.labels),
        full=score.stage == types_pb2.STAGE_FULL,
        words=tuple(score.words) if len(mention.document.text) <= READ_CHARACTERS else (),
    )


def _batches(mentions: Sequence[Mention]) -> Iterator[list[Mention]]:
    batch: list[Mention] = []
    characters = 0
    for mention in mentions:
        size = min(len(mention.document.text), READ_CHARACTERS)
        if batch and (len(batch) == MOST_TEXTS or characters + size > MOST_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(mention)
        characters += size
    if batch:
        yield batch
