"""Reads mentions by id, as they are now: not as the last refresh of the index saw them."""

from collections.abc import Collection

from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.ports import Index, Registry


class Mentions:
    """The present mentions by id. Errors: OutsideUnavailable."""

    def __init__(self, registry: Registry, index: Index) -> None:
        self._registry = registry
        self._index = index

    async def read(self, mentions: Collection[str]) -> dict[str, Mention]:
        """Those that are there."""
        stored = await self._index.read(await self._registry.places(mentions))
        return {mention: each.mention for mention, each in stored.items()}
