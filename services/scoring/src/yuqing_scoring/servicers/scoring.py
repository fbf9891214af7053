"""Judges texts and says why: in worker threads, so that the event loop stays free for health checks and other calls.

The full stage has threads of its own, which step back for those of the fast one: however long its queue is, the fast stage keeps up.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import grpc.aio

from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_runtime.errors import FailedPrecondition
from yuqing_runtime.telemetry import Outcomes
from yuqing_scoring.domain.first_stage import Judged, MentionJudge
from yuqing_scoring.servicers.bounded_pool import BoundedPool
from yuqing_scoring.towards_wire import towards_of
from yuqing_scoring.wire import explanation_of, passage_of, score_of, text_start
from yuqing_text.language import language
from yuqing_text.words import words

_TEXTS = Outcomes("scoring.texts", "Judged texts, by what was decided and by stage")


@dataclass(frozen=True)
class Desk:
    """A stage, and the threads that it works in."""

    stage: "types_pb2.Stage.ValueType"
    judge: MentionJudge
    pool: BoundedPool

    async def scores(self, request: scoring_pb2.ScoreMentionsRequest) -> scoring_pb2.ScoreMentionsResponse:
        """The scores of the texts, in order. Errors: ResourceExhausted SCORING_BUSY."""
        return await self.pool.run(self._scores, request)

    async def explanation(self, request: scoring_pb2.ExplainScoreRequest) -> scoring_pb2.ExplainScoreResponse:
        """Why the text is judged as it is. Errors: ResourceExhausted SCORING_BUSY."""
        return await self.pool.run(self._explanation, request)

    async def towards(self, request: scoring_pb2.ScoreTowardsRequest) -> scoring_pb2.ScoreTowardsResponse:
        """What the text says of the subject. Errors: ResourceExhausted SCORING_BUSY."""
        return await self.pool.run(self._towards, request)

    def _scores(self, request: scoring_pb2.ScoreMentionsRequest) -> scoring_pb2.ScoreMentionsResponse:
        texts = request.texts
        passages = [passage_of(text) for text in texts]
        all_judged = self.judge.judge(passages)
        for sentiment, count in Counter(judged.judgement.sentiment for judged in all_judged).items():
            _TEXTS.count(sentiment, count, {"stage": types_pb2.Stage.Name(self.stage)})
        scores = [self._score(text.id, judged, language(passage.text)) for text, passage, judged in zip(texts, passages, all_judged, strict=True)]
        if request.with_words:
            for text, score in zip(texts, scores, strict=True):
                score.words.extend(words(f"{text.title}\n{text.text}"))
        return scoring_pb2.ScoreMentionsResponse(scores=scores)

    def _explanation(self, request: scoring_pb2.ExplainScoreRequest) -> scoring_pb2.ExplainScoreResponse:
        passage = passage_of(request)
        explained = self.judge.explain(passage)
        judged = Judged(explained.sentiment.judgement, explained.labels)
        return explanation_of(request, explained, self._score("", judged, language(passage.text)))

    def _towards(self, request: scoring_pb2.ScoreTowardsRequest) -> scoring_pb2.ScoreTowardsResponse:
        towards = self.judge.towards(passage_of(request), request.subject_terms, heading=len(request.title))
        reply = towards_of(towards, text_starts=text_start(request), model=(self.judge.name, self.judge.version))
        reply.stage = self.stage
        return reply

    def _score(self, text_id: str, judged: Judged, language_of_text: str) -> scoring_pb2.Score:
        score = score_of(text_id, judged, language=language_of_text, model=(self.judge.name, self.judge.version))
        score.stage = self.stage
        return score


class ScoringServicer(scoring_pb2_grpc.ScoringServiceServicer):
    """ScoringService with the fast stage and, unless it is switched off, the full one."""

    def __init__(self, fast: Desk, full: Desk | None) -> None:
        self._fast = fast
        self._full = full

    def use(self, fast: Desk, full: Desk | None) -> None:
        """Judges by these from now on; calls that began before end as they began."""
        self._fast, self._full = fast, full

    async def ScoreMentions(
        self,
        request: scoring_pb2.ScoreMentionsRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # the generated signature
    ) -> scoring_pb2.ScoreMentionsResponse:
        desk = self._desk(request.stage or types_pb2.STAGE_FAST)
        return await desk.scores(request)

    async def ExplainScore(
        self,
        request: scoring_pb2.ExplainScoreRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # the generated signature
    ) -> scoring_pb2.ExplainScoreResponse:
        return await self._desk(request.stage or self._best).explanation(request)

    async def ScoreTowards(
        self,
        request: scoring_pb2.ScoreTowardsRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # the generated signature
    ) -> scoring_pb2.ScoreTowardsResponse:
        return await self._desk(request.stage or self._best).towards(request)

    @property
    def _best(self) -> "types_pb2.Stage.ValueType":
        return types_pb2.STAGE_FULL if self._full else types_pb2.STAGE_FAST

    def _desk(self, stage: "types_pb2.Stage.ValueType") -> Desk:
        if stage != types_pb2.STAGE_FULL:
            return self._fast
        if self._full is None:
            raise FailedPrecondition("the second stage is switched off or the model has none", reason="NO_SECOND_STAGE")
        return self._full
