"""Lets the index follow when people merge and split stories, and when mentions are there that have none yet; one replica at a time."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from yuqing_indexing.domain.moving import Moving
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.store import story_moves
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, confirm, run_leased

PAUSE_SECONDS: Final = 1.0
PORTION: Final = 500
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Regrouping:
    """Works the list of moves off, again and again: what the index did not have yet is looked for the next time."""

    database: Database
    moving: Moving

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self.database, "regrouping", self._loop)

    async def _loop(self, lease: Lease) -> None:
        while True:
            try:
                await self.once(lease)
            except OutsideUnavailable as error:
                _log.warning("regrouping waits", error=str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def once(self, lease: Lease) -> None:
        """Once through the list. Errors: OutsideUnavailable."""
        last = None
        while True:
            async with self.database.read() as connection:
                moves = await story_moves.after(connection, last, limit=PORTION)
            if moves is None:
                return
            there = await self.moving.again(moves.mentions)
            last = moves.last
            async with self.database.write() as connection:
                await confirm(connection, lease)
                await story_moves.done(connection, there | moves.settled, until=moves.last[0])
