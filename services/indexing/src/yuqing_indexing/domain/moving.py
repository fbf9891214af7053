"""Brings the index in line with the stories that mentions were put into, or are yet to be put into."""

import asyncio
from collections.abc import Collection
from dataclasses import replace

from yuqing_indexing.domain.analysis import read
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.ports import Index, Registry, Stories, Write
from yuqing_indexing.domain.telling import Telling, telling

MOST_TRIES = 20


class Moving:
    """Writes mentions anew with their present story. Any number of replicas may do so at the same time."""

    def __init__(self, registry: Registry, index: Index, stories: Stories) -> None:
        self._registry = registry
        self._index = index
        self._stories = stories

    async def again(self, mentions: Collection[str]) -> frozenset[str]:
        """Returns those that the index has: they are in line. Errors: OutsideUnavailable."""
        left, there = set(mentions), set[str]()
        for _ in range(MOST_TRIES):
            if not left:
                return frozenset(there)
            places = {place.id: place for place in await self._registry.places(left)}
            stored = await self._index.read(list(places.values()))
            there |= stored.keys()
            tellings = await asyncio.to_thread(_tellings, [each.mention for each in stored.values()])
            memberships = await self._stories.place(tellings)
            writes = [
                Write(places[name], replace(each.mention, membership=memberships[name]), each.version)
                for name, each in stored.items()
                if name in memberships and memberships[name] != each.mention.membership
            ]
            left = set((await self._index.write(writes, [])).conflicts)
        raise RuntimeError(f"{len(left)} mentions were written by others again and again")


def _tellings(mentions: Collection[Mention]) -> list[Telling]:
    return [telling(mention, read(mention.document)) for mention in mentions]
