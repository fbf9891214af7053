"""Drops months whose time is over but for what is under a legal hold, and ends what erasures and request ids leave behind; one replica at a time."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from yuqing_indexing.domain.holds import Held
from yuqing_indexing.domain.months import month_of, months_before
from yuqing_indexing.domain.ports import Index
from yuqing_indexing.store import by_hand, erasures, holds, stories, story_heads
from yuqing_indexing.store.registry import FEED, forget_month, mentions_of
from yuqing_runtime import clock, feed, idempotency, order
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, confirm, run_leased

PAUSE_SECONDS = 300.0
_log = structlog.get_logger(__name__)


class Months(Protocol):
    """The monthly indices."""

    async def months(self) -> list[str]:
        """Months that have an index, oldest first."""
        ...

    async def size(self, month: str) -> int:
        """How many mentions a month has."""
        ...

    async def thin(self, month: str, held: Held) -> bool:
        """Removes mentions and observations of a month for good but for those that are held; returns whether there are any of these. It may be
        cut short and repeated."""
        ...


@dataclass(frozen=True)
class Retention:
    """`keep_months` full months stay beside the running one; the feed keeps `feed_days`, texts are compared for `story_days`."""

    database: Database
    indices: Months
    index: Index
    keep_months: int
    feed_days: int
    story_days: int
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self.database, "retention", self._loop)

    async def _loop(self, lease: Lease) -> None:
        while True:
            await self.once(lease)
            await asyncio.sleep(PAUSE_SECONDS)

    async def once(self, lease: Lease) -> None:
        """One round; it may be cut short and repeated."""
        await self._end_erasures(lease)
        await self._drop_months(lease)
        await self._forget_texts(lease)
        async with self.database.write() as connection:
            await confirm(connection, lease)
            await idempotency.purge(connection)
            await feed.trim(connection, FEED, before=await clock.now(connection) - timedelta(days=self.feed_days))

    async def _drop_months(self, lease: Lease) -> None:
        oldest_kept = months_before(month_of(self.now()), self.keep_months)
        for month in await self.indices.months():
            if month < oldest_kept:
                await self._drop_month(month, lease)

    async def _drop_month(self, month: str, lease: Lease) -> None:
        """From the first transaction on no hold is put on what is to go; a hold that ends meanwhile is looked at in the next round."""
        async with self.database.write() as connection:
            await confirm(connection, lease)
            await order.hold(connection)
            ended, known = await holds.end_month(connection, month), await mentions_of(connection, month)
        if ended.is_thinned and await self.indices.size(month) <= known:
            return  # more than is known would be what a write left that was under way
        left = await self.indices.thin(month, self._held)
        async with self.database.write() as connection:
            await confirm(connection, lease)
            await order.hold(connection)
            if not await holds.month_is_thinned(connection, month, ended.releases):
                return
            await by_hand.forget_month(connection, month)
            forgotten = await forget_month(connection, month)
            await story_heads.look_at_strays(connection)
            if not left:
                await holds.month_is_gone(connection, month)
        _log.info("month dropped", month=month, mentions=forgotten)

    async def _held(self, mentions: Collection[str]) -> Collection[str]:
        async with self.database.read() as connection:
            return await holds.standing(connection, mentions)

    async def _forget_texts(self, lease: Lease) -> None:
        forgotten = 1
        while forgotten:
            async with self.database.write() as connection:
                await confirm(connection, lease)
                today = (await clock.now(connection) - clock.EPOCH).days
                forgotten = await stories.forget_texts(connection, before_day=today - self.story_days)

    async def _end_erasures(self, lease: Lease) -> None:
        async with self.database.read() as connection:
            places = await erasures.settled(connection)
        if places:
            await self.index.remove(places)
            async with self.database.write() as connection:
                await confirm(connection, lease)
                await erasures.finish(connection, places)
