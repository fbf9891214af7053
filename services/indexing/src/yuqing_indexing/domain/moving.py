"""Brings the index in line with the stories that mentions were put into, or are yet to be put into."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

from yuqing_indexing.domain.analysis import read_all
from yuqing_indexing.domain.document import Membership, Mention
from yuqing_indexing.domain.ports import Index, Registry, Stories
from yuqing_indexing.domain.rewriting import Rewriting
from yuqing_indexing.domain.telling import Telling, telling


class Moving:
    """Writes mentions anew with their present story. Any number of replicas may do so at the same time."""

    def __init__(self, registry: Registry, index: Index, stories: Stories) -> None:
        self._rewriting = Rewriting(registry, index)
        self._stories = stories

    async def again(self, mentions: Collection[str]) -> frozenset[str]:
        """Returns those that the index has: they are in line. Errors: OutsideUnavailable."""
        return await self._rewriting.whole(mentions, self._moved)

    async def _moved(self, mentions: Mapping[str, Mention]) -> Mapping[str, Mention]:
        tellings = await asyncio.to_thread(_tellings, mentions.values())
        memberships = await self._stories.place(tellings)
        return {name: _with(mention, memberships.get(name)) for name, mention in mentions.items()}


def _with(mention: Mention, membership: Membership | None) -> Mention:
    before = mention.membership
    stays = membership is None or (membership == before and before is not None and membership.size == before.size)
    return mention if stays else replace(mention, membership=membership)


def _tellings(mentions: Collection[Mention]) -> list[Telling]:
    readings = read_all([mention.document for mention in mentions])
    return [telling(mention, reading) for mention, reading in zip(mentions, readings, strict=True)]
