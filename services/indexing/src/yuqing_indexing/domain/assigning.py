"""Gives stored mentions the topics that they belong to now."""

import asyncio
from collections.abc import Collection

from yuqing_indexing.domain.ports import Index, Registry, TopicSource, Write

MOST_TRIES = 20


class Assigning:
    """Matches mentions anew as they are at present. Any number of replicas may do so at the same time."""

    def __init__(self, registry: Registry, index: Index, topics: TopicSource) -> None:
        self._registry = registry
        self._index = index
        self._topics = topics

    async def again(self, mentions: Collection[str]) -> int:
        """Matches these mentions with the present topics; returns how many changed. Errors: OutsideUnavailable."""
        left, changed = set(mentions), 0
        for _ in range(MOST_TRIES):
            if not left:
                return changed
            topics = await self._topics.current()
            places = {place.id: place for place in await self._registry.places(left)}
            stored = await self._index.read(list(places.values()))
            now = await asyncio.to_thread(topics.all_assigned, {name: each.mention for name, each in stored.items()}, {})
            writes = [Write(places[name], now[name], each.version) for name, each in stored.items() if now[name] is not each.mention]
            written = await self._index.write(writes, [])
            changed += len(writes) - len(written.conflicts) - len(written.refused)
            left = set(written.conflicts) if await self._topics.current() is topics else left
        raise RuntimeError(f"{len(left)} mentions were written by others again and again")
