"""Ends what has had its time: sessions, old login failures, request ids, changes of the directory; one replica at a time."""

import asyncio
from datetime import timedelta
from typing import Final

from yuqing_gateway.domain.credentials import FAILURES_FORGOTTEN_AFTER
from yuqing_gateway.servicers.people import FEED
from yuqing_gateway.store import accounts
from yuqing_runtime import feed, idempotency
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, confirm, run_leased
from yuqing_runtime.telemetry import Outcomes

PAUSE_SECONDS: Final = 3600.0
_ENDED = Outcomes("gateway.retention", "What housekeeping ended")


class Housekeeping:
    """Whoever follows the directory has `feed_days` to catch up before it must list anew."""

    def __init__(self, database: Database, *, feed_days: int) -> None:
        self._database = database
        self._feed_days = feed_days

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self._database, "housekeeping", self._loop)

    async def _loop(self, lease: Lease) -> None:
        while True:
            await self.once(lease)
            await asyncio.sleep(PAUSE_SECONDS)

    async def once(self, lease: Lease) -> None:
        """One round."""
        async with self._database.write() as connection:
            await confirm(connection, lease)
            now = await self._database.now(connection)
            ended = {
                "session": await accounts.end_sessions_before(connection, now),
                "login_failure": await accounts.forget_failures_before(connection, now - FAILURES_FORGOTTEN_AFTER),
                "request_id": await idempotency.purge(connection),
                # Last: it holds the lock that orders feeds and the audit chain.
                "change": await feed.trim(connection, FEED, before=now - timedelta(days=self._feed_days)),
            }
        for kind, count in ended.items():
            if count:
                _ENDED.count(kind, count)
