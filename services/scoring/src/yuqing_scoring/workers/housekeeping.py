"""Forgets request ids that have had their time; one replica at a time.

The feed of topics is kept whole: who follows it anew begins at its start.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from yuqing_runtime import idempotency
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, confirm, run_leased

PAUSE_SECONDS: Final = 3600.0


@dataclass(frozen=True)
class Housekeeping:
    """Keeps the database small."""

    database: Database

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self.database, "housekeeping", self._loop)

    async def _loop(self, lease: Lease) -> None:
        while True:
            async with self.database.write() as connection:
                await confirm(connection, lease)
                await idempotency.purge(connection)
            await asyncio.sleep(PAUSE_SECONDS)
