"""Judges texts and says why: in worker threads, so that the event loop stays free for health checks and other calls."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import grpc.aio

from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc
from yuqing_runtime.errors import ResourceExhausted
from yuqing_runtime.telemetry import Outcomes
from yuqing_scoring.domain.first_stage import Judged, MentionJudge
from yuqing_scoring.wire import explanation_of, passage_of, score_of
from yuqing_text.language import language

_Request = TypeVar("_Request")
_Reply = TypeVar("_Reply")
_TEXTS = Outcomes("scoring.texts", "Judged texts, by what was decided")


class ScoringServicer(scoring_pb2_grpc.ScoringServiceServicer):
    """ScoringService over one judge. At most `waiting_calls` calls wait for a thread of the pool."""

    def __init__(self, judge: MentionJudge, pool: ThreadPoolExecutor, *, waiting_calls: int) -> None:
        self._judge = judge
        self._pool = pool
        self._most_calls = waiting_calls
        self._calls = 0

    async def ScoreMentions(
        self,
        request: scoring_pb2.ScoreMentionsRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # the generated signature
    ) -> scoring_pb2.ScoreMentionsResponse:
        return scoring_pb2.ScoreMentionsResponse(scores=await self._in_thread(self._scores, request.texts))

    async def ExplainScore(
        self,
        request: scoring_pb2.ExplainScoreRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # the generated signature
    ) -> scoring_pb2.ExplainScoreResponse:
        return await self._in_thread(self._explained, request)

    async def _in_thread(self, work: Callable[[_Request], _Reply], request: _Request) -> _Reply:
        if self._calls >= self._most_calls:
            raise ResourceExhausted(f"{self._calls} calls wait already", reason="SCORING_BUSY")
        self._calls += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, request)
        finally:
            self._calls -= 1

    def _explained(self, request: scoring_pb2.ExplainScoreRequest) -> scoring_pb2.ExplainScoreResponse:
        passage = passage_of(request)
        explained = self._judge.explain(passage)
        judged = Judged(explained.sentiment.judgement, explained.labels)
        model = (self._judge.name, self._judge.version)
        return explanation_of(request, explained.sentiment, score_of("", judged, language=language(passage.text), model=model))

    def _scores(self, texts: Sequence[scoring_pb2.Text]) -> list[scoring_pb2.Score]:
        passages = [passage_of(text) for text in texts]
        all_judged = self._judge.judge(passages)
        model = (self._judge.name, self._judge.version)
        for sentiment, count in Counter(judged.judgement.sentiment for judged in all_judged).items():
            _TEXTS.count(sentiment, count)
        return [
            score_of(text.id, judged, language=language(passage.text), model=model)
            for text, passage, judged in zip(texts, passages, all_judged, strict=True)
        ]
