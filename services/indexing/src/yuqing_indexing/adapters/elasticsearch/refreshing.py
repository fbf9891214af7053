"""When what was written can be found: at once where little is written, seldom where much is.

Each refresh leaves a segment that has to be merged later on, so while a flood comes in, the indices refresh by themselves, every few seconds, and
once more as soon as it ends. A person who corrects a mention, or a crawler that brings a page now and then, does not wait for that.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from elasticsearch import AsyncElasticsearch

from yuqing_indexing.adapters.elasticsearch.client import away_is_named
from yuqing_indexing.adapters.elasticsearch.indices import Indices

SOON_SECONDS: Final = 0.5
FLOOD: Final = 500
"""Mentions that are written in that time: from here on, the indices' own interval decides."""


@dataclass
class Refresher:
    """Refreshes the indices of mentions after writes. One for each process, told of all its writes."""

    client: AsyncElasticsearch
    indices: Indices
    _names: set[str] = field(default_factory=set[str], init=False)
    _written: int = field(default=0, init=False)
    _is_flooded: bool = field(default=False, init=False)
    _waiting: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _flood_over: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def wrote(self, months: set[str], mentions: int) -> None:
        """So many mentions were written to the indices of these months."""
        self._names.update(self.indices.name("mentions", month) for month in months)
        self._written += mentions
        self._is_flooded = self._is_flooded or self._written >= FLOOD
        self._waiting.set()

    def all_taken(self) -> None:
        """Nothing more is coming in at present: a flood, if there was one, is over."""
        if self._is_flooded:
            self._flood_over.set()

    async def run(self) -> None:
        """For ever. Errors: OutsideUnavailable; what was not refreshed then, the indices do by themselves."""
        while True:
            await self._waiting.wait()
            is_over = await self._soon()
            written, self._written = self._written, 0
            if is_over or written < FLOOD:
                names, self._names = self._names, set()
                self._is_flooded = False
                self._waiting.clear()
                self._flood_over.clear()
                with away_is_named():
                    await self.client.indices.refresh(index=sorted(names), ignore_unavailable=True)

    async def _soon(self) -> bool:
        """After a while, or as soon as a flood is over, which it then says."""
        try:
            await asyncio.wait_for(self._flood_over.wait(), SOON_SECONDS)
        except TimeoutError:
            return False
        return True
