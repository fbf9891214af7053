"""Lets the index follow what changed in SQL: stories that people merge and split, corrections, the queue; one replica at a time."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.store.rewrites import RewriteList
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, confirm, run_leased

PAUSE_SECONDS: Final = 1.0
PORTION: Final = 500
_log = structlog.get_logger(__name__)


class Again(Protocol):
    """Brings mentions in line."""

    async def again(self, mentions: Collection[str]) -> frozenset[str]:
        """Returns those that the index has: they are in line. Errors: OutsideUnavailable."""
        ...


@dataclass(frozen=True)
class Rewriter:
    """Works a list off, again and again: what the index did not have yet is looked for the next time. `name` is the lease's."""

    database: Database
    name: str
    rewrites: RewriteList
    way: Again

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self.database, self.name, self._loop)

    async def _loop(self, lease: Lease) -> None:
        while True:
            try:
                await self.once(lease)
            except OutsideUnavailable as error:
                _log.warning("rewriting waits", of=self.name, error=str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def once(self, lease: Lease) -> None:
        """Once through the list. Errors: OutsideUnavailable."""
        last = None
        while True:
            async with self.database.read() as connection:
                portion = await self.rewrites.after(connection, last, limit=PORTION)
            if portion is None:
                return
            there = await self.way.again(portion.mentions)
            last = portion.last
            async with self.database.write() as connection:
                await confirm(connection, lease)
                await self.rewrites.done(connection, there | portion.settled, until=portion.last[0])
