"""Gives stored mentions the topics that they belong to now."""

import asyncio
from collections.abc import Collection, Mapping

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.ports import Index, Registry, TopicSource
from yuqing_indexing.domain.rewriting import MOST_TRIES, Rewriting, TooManyRounds
from yuqing_indexing.domain.topics import Topics


class Assigning:
    """Matches mentions anew as they are at present. Any number of replicas may do so at the same time."""

    def __init__(self, registry: Registry, index: Index, topics: TopicSource) -> None:
        self._rewriting = Rewriting(registry, index)
        self._topics = topics

    async def again(self, mentions: Collection[str]) -> int:
        """Matches these mentions with the present topics; returns how many changed. Errors: OutsideUnavailable."""
        left, changed = frozenset(mentions), 0
        for _ in range(MOST_TRIES):
            if not left:
                return changed
            topics = await self._topics.current()

            async def assigned(mentions: Mapping[str, Mention], topics: Topics = topics) -> Mapping[str, Mention]:
                return await asyncio.to_thread(topics.all_assigned, mentions, {})

            done = await self._rewriting.once(left, assigned)
            changed += done.changed
            left = done.conflicts if await self._topics.current() is topics else left
        raise TooManyRounds(left)
