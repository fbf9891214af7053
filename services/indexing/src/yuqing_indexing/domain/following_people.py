"""Brings the index in line with what people said of mentions."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

from yuqing_indexing.domain.by_hand import ByHand
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.ports import Index, People, Registry, TopicSource
from yuqing_indexing.domain.rewriting import Rewriting


class FollowingPeople:
    """Writes mentions anew with what stands in SQL. Any number of replicas may do so at the same time.

    What people said is read after the mention, so whoever writes last has all that was said before the mention was read; a write
    in between is a conflict. A label that changed may bring a mention into a topic or out of it.
    """

    def __init__(self, registry: Registry, index: Index, people: People, topics: TopicSource) -> None:
        self._rewriting = Rewriting(registry, index)
        self._people = people
        self._topics = topics

    async def again(self, mentions: Collection[str]) -> frozenset[str]:
        """Returns those that the index has: they are in line. Errors: OutsideUnavailable."""
        return await self._rewriting.whole(mentions, self._followed)

    async def _followed(self, mentions: Mapping[str, Mention]) -> Mapping[str, Mention]:
        by_hand = await self._people.by_hand(mentions)
        changed = {name: _with(mention, by_hand.get(name)) for name, mention in mentions.items()}
        topics = await self._topics.current()
        return await asyncio.to_thread(topics.all_assigned, changed, {})


def _with(mention: Mention, by_hand: ByHand | None) -> Mention:
    return mention if by_hand == mention.by_hand else replace(mention, by_hand=by_hand)
