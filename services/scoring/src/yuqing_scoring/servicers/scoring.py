"""Answers ScoreMentions: judges in worker threads, so that the event loop stays free for health checks and other calls."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc.aio

from yuqing.scoring.v1 import scoring_pb2, scoring_pb2_grpc
from yuqing_runtime.errors import ResourceExhausted
from yuqing_runtime.telemetry import Outcomes
from yuqing_scoring.domain.judgement import Judge
from yuqing_scoring.wire import passage_of, score_of
from yuqing_text.language import language

_TEXTS = Outcomes("scoring.texts", "Judged texts, by what was decided")


class ScoringServicer(scoring_pb2_grpc.ScoringServiceServicer):
    """ScoringService over one judge. At most `waiting_calls` calls wait for a thread of the pool."""

    def __init__(self, judge: Judge, pool: ThreadPoolExecutor, *, waiting_calls: int) -> None:
        self._judge = judge
        self._pool = pool
        self._most_calls = waiting_calls
        self._calls = 0

    async def ScoreMentions(
        self,
        request: scoring_pb2.ScoreMentionsRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",  # the generated signature
    ) -> scoring_pb2.ScoreMentionsResponse:
        if self._calls >= self._most_calls:
            raise ResourceExhausted(f"{self._calls} calls wait already", reason="SCORING_BUSY")
        self._calls += 1
        try:
            scores = await asyncio.get_running_loop().run_in_executor(self._pool, self._scores, request.texts)
        finally:
            self._calls -= 1
        return scoring_pb2.ScoreMentionsResponse(scores=scores)

    def _scores(self, texts: Sequence[scoring_pb2.Text]) -> list[scoring_pb2.Score]:
        passages = [passage_of(text) for text in texts]
        judgements = self._judge.judge(passages)
        model = (self._judge.name, self._judge.version)
        for sentiment in {judgement.sentiment for judgement in judgements}:
            _TEXTS.count(sentiment, sum(judgement.sentiment is sentiment for judgement in judgements))
        return [
            score_of(text.id, judgement, language=language(passage.text), model=model)
            for text, passage, judgement in zip(texts, passages, judgements, strict=True)
        ]
