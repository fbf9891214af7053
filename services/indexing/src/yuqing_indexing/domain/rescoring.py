"""Has stored mentions judged anew by the model that scoring uses now."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.merging import judged
from yuqing_indexing.domain.ports import Index, Registry, Scorer, TopicSource
from yuqing_indexing.domain.rewriting import Rewriting


class Rescoring:
    """Any number of replicas may do so at the same time. Corrections that are pinned count as before."""

    def __init__(
        self, registry: Registry, index: Index, scorer: Scorer, topics: TopicSource, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._rewriting = Rewriting(registry, index)
        self._scorer = scorer
        self._topics = topics
        self._clock = clock

    async def again(self, mentions: Collection[str]) -> frozenset[str]:
        """Judges these mentions; returns those that the index has. Errors: OutsideUnavailable, NoSecondStage."""
        return await self._rewriting.whole(mentions, self._judged)

    async def _judged(self, mentions: Mapping[str, Mention]) -> Mapping[str, Mention]:
        asked = [mention for mention in mentions.values() if mention.document.has_text]
        judgements = await self._scorer.judge(asked, self._clock()) if asked else []
        now = dict(mentions) | {mention.id: judged(mention, judgement) for mention, judgement in zip(asked, judgements, strict=True)}
        topics = await self._topics.current()  # a topic's query may name what was judged
        return await asyncio.to_thread(topics.all_assigned, now, {})
