"""Forgets request ids that have had their time, and sweeps parts that belong to no model; one replica at a time.

The feed of topics is kept whole: who follows it anew begins at its start.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from yuqing_runtime import idempotency, order
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, confirm, run_leased
from yuqing_runtime.objects import FOLDERS, Objects
from yuqing_runtime.telemetry import Outcomes
from yuqing_scoring.store import models

PAUSE_SECONDS: Final = 3600.0
STRAY_AGE: Final = timedelta(days=1)
"""Parts are uploaded before the model that they belong to is added."""
_SWEPT = Outcomes("scoring.parts", "Parts of models that were removed, by why")


@dataclass(frozen=True)
class Housekeeping:
    """Keeps the database and the store of `objects` small."""

    database: Database
    objects: Objects

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self.database, "housekeeping", self._loop)

    async def _loop(self, lease: Lease) -> None:
        while True:
            async with self.database.write() as connection:
                await confirm(connection, lease)
                await idempotency.purge(connection)
            await self.sweep(datetime.now(UTC))
            await asyncio.sleep(PAUSE_SECONDS)

    async def sweep(self, now: datetime) -> None:
        """Removes the parts that were uploaded long ago and belong to no model: of one that was never added, or was removed."""
        for folder in FOLDERS:
            if old := await self.objects.stored_before(folder, now - STRAY_AGE):
                await self._sweep(old)

    async def _sweep(self, old: list[str]) -> None:
        async with self.database.write() as connection:
            await order.hold(connection)  # nobody adds a model of these parts meanwhile
            strays = set(old) - await models.parts(connection)
            for part in strays:
                await self.objects.delete(part)
        _SWEPT.count("stray", len(strays))
