"""Ends what has had its time: stored pages, acknowledged documents, old request ids and memories; plans the day's patrols."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import grpc.aio
import structlog
from sqlalchemy import delete

from yuqing_crawler.domain.patrols import day_of
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import holds, mentions, pages, patrols, spool
from yuqing_crawler.store.tables import page_state, seen, source_event, source_hour
from yuqing_crawler.workers.checking import AT_ONCE, Checking
from yuqing_crawler.workers.following import FEED
from yuqing_runtime import idempotency
from yuqing_runtime.database import Database
from yuqing_runtime.follow import cursor
from yuqing_runtime.leases import Lease, run_leased
from yuqing_runtime.objects import FOLDERS, Objects
from yuqing_runtime.telemetry import Outcomes

PAUSE_SECONDS = 30.0
PAGES_AT_ONCE = 200
KNOWN_DAYS = 400
"""How long it is known which mention a document belongs to; where a page of it is kept, as long as that is."""
MEMORIES = ((seen, "at", 400), (page_state, "at", 90), (source_event, "at", 400), (source_hour, "hour", 60))
"""Table, its time, and how many days its rows are of use."""
ORPHAN_AGE = timedelta(days=1)
"""A page is in its store for seconds before its transaction is committed; one without a row after so long was left by a crash."""
ENDED = Outcomes("crawler.retention", "What housekeeping ended")
_log = structlog.get_logger(__name__)


class Housekeeping:
    """One replica at a time."""

    def __init__(self, database: Database, objects: Objects, checking: Checking, settings: Settings) -> None:
        self._database = database
        self._objects = objects
        self._checking = checking
        self._settings = settings
        self._asked = ""
        self._zone = ZoneInfo(settings.shared.time_zone)

    async def run(self) -> None:
        """For ever."""
        await run_leased(self._database, "housekeeping", self._loop)

    async def _loop(self, _lease: Lease) -> None:
        with self._database.wakes.sleeper(pages.ENDED) as woken:
            while True:
                woken.clear()
                await self.run_once()
                waiting = asyncio.create_task(woken.wait())
                await asyncio.wait([waiting], timeout=PAUSE_SECONDS)
                waiting.cancel()

    async def run_once(self) -> None:
        """One round."""
        await self._end_all_pages()
        while await self._purge_spool():
            pass
        await self.sweep(random.choice(FOLDERS))  # each has its turn several times a day, and no place must be kept
        async with self._database.write() as connection:
            now = await self._database.now(connection)
            await patrols.plan(connection, day_of(now, self._zone))
            await idempotency.purge(connection)
            await mentions.forget(connection, before=now - timedelta(days=KNOWN_DAYS))
            for table, column, days in MEMORIES:
                await connection.execute(delete(table).where(table.c[column] < now - timedelta(days=days)))
        async with self._database.read() as connection:
            spool.WAITING.set((await spool.overview(connection)).waiting)

    async def _end_all_pages(self) -> None:
        """While the index cannot be asked what is under a legal hold, pages stay."""
        try:
            await self._end_lost_holds()
            while await self._end_pages():
                pass
        except grpc.aio.AioRpcError as error:
            _log.warning("stored pages wait for indexing", detail=error.details())

    async def _end_lost_holds(self) -> None:
        """Asks for some of the held mentions, others the next time: nobody tells of a release when the mention went with its month before its
        job came to it. What the feed tells meanwhile is newer than the answer. Errors: AioRpcError."""
        async with self._database.read() as connection:
            before, held = await cursor(connection, FEED), await holds.after(connection, self._asked, limit=AT_ONCE)
        standing = await self._checking.check(held)
        async with self._database.write() as connection:
            if await cursor(connection, FEED) == before:
                await holds.end(connection, [mention for mention in held if mention not in standing.held])
        self._asked = held[-1] if len(held) == AT_ONCE else ""

    async def _end_pages(self) -> int:
        """First the objects, then their rows: what is cut off in between is ended the next time. The feed may be behind, and what is gone does
        not come back: so the index is asked first. Returns how many pages were looked at. Errors: AioRpcError."""
        async with self._database.read() as connection:
            ended = await pages.expired(connection, await self._database.now(connection), limit=PAGES_AT_ONCE)
            of_them = await mentions.of_pages(connection, ended)
        if held := (await self._checking.check(of_them)).held:
            async with self._database.write() as connection:
                await holds.put(connection, held)
            return len(ended)
        for digest in ended:
            await self._objects.delete(digest)
        if ended:
            async with self._database.write() as connection:
                await pages.forget(connection, ended)
            ENDED.count("stored_page", len(ended))
        return len(ended)

    async def sweep(self, folder: str) -> None:
        """Removes what lies in this folder of the store and is nobody's page."""
        old = await self._objects.stored_before(folder, datetime.now(UTC) - ORPHAN_AGE)
        for start in range(0, len(old), PAGES_AT_ONCE):
            digests = old[start : start + PAGES_AT_ONCE]
            async with self._database.read() as connection:
                orphans = set(digests) - await pages.known(connection, digests)
            for digest in orphans:
                await self._objects.delete(digest)
            ENDED.count("orphan", len(orphans))

    async def _purge_spool(self) -> int:
        async with self._database.write() as connection:
            before = await self._database.now(connection) - timedelta(days=self._settings.spool_days)
            purged = await spool.purge(connection, before=before)
        if purged:
            ENDED.count("spooled_document", purged)
        return purged
