"""Follows the index: what was erased there is erased here, for good (spooled documents, stored pages, plans to look again), and what is under a
legal hold there is kept here."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import grpc.aio
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc
from yuqing_crawler.domain.keys import document_key
from yuqing_crawler.store import erasing, holds, mentions, pages
from yuqing_crawler.workers.checking import AT_ONCE, Checking
from yuqing_runtime.database import Database
from yuqing_runtime.feed import SequenceGone
from yuqing_runtime.follow import Subscription, follow, reset
from yuqing_runtime.leases import Lease, run_leased
from yuqing_runtime.telemetry import Outcomes
from yuqing_runtime.wakes import touch

FEED = "indexing.changes"
KINDS: Final = (ingest_pb2.CHANGE_KIND_ERASED, ingest_pb2.CHANGE_KIND_HELD, ingest_pb2.CHANGE_KIND_RELEASED)
CHECKPOINT_CHANGES = 1_000
"""The cursor moves once in so many changes that are of no concern here: each move is a transaction."""
PAUSE_SECONDS: Final = 2.0
FOLLOWED = Outcomes("crawler.following", "Erasures and legal holds that were followed")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A mention that was erased, held or released, or only a place in the feed up to which none was."""

    sequence: int
    change: ingest_pb2.WatchChangesResponse | None = None


class Following:
    """One replica at a time."""

    def __init__(self, database: Database, changes: ingest_pb2_grpc.ChangeServiceStub) -> None:
        self._database = database
        self._changes = changes
        self._checking = Checking(changes)

    async def run(self) -> None:
        """For ever."""
        await run_leased(self._database, "following", self._loop)

    async def _loop(self, _lease: Lease) -> None:
        try:
            await follow(self._database, Subscription(FEED, self.steps, lambda step: step.sequence, self.apply))
        except SequenceGone as gone:
            if gone.kept_after is None:
                raise
            await self._catch_up(gone.kept_after)

    async def _catch_up(self, kept_after: int) -> None:
        """Goes on from what the feed still keeps, when all that is known here stands as in the index: cut short, it begins anew."""
        _log.warning("changes of the index were missed, its mentions are checked", kept_after=kept_after)
        while True:
            try:
                await self._end_holds()
                await self._bring_in_line()
                break
            except grpc.aio.AioRpcError as error:
                _log.warning("indexing does not answer", detail=error.details(), pause_seconds=PAUSE_SECONDS)
                await asyncio.sleep(PAUSE_SECONDS)
        async with self._database.write() as connection:
            await reset(connection, FEED, kept_after)

    async def _end_holds(self) -> None:
        last = ""
        while held := await self._held_after(last):
            standing = await self._checking.check(held)
            async with self._database.write() as connection:
                await _end(connection, [mention for mention in held if mention not in standing.held])
            last = held[-1]

    async def _held_after(self, last: str) -> Sequence[str]:
        async with self._database.read() as connection:
            return await holds.after(connection, last, limit=AT_ONCE)

    async def _bring_in_line(self) -> None:
        last = ""
        while known := await self._known_after(last):
            standing = await self._checking.check(known)
            async with self._database.read() as connection:
                beside = await mentions.beside(connection, standing.erased)
            # Asked only when it is known what was erased: so no page goes that was under a hold when a mention of it was erased.
            held = standing.held | (await self._checking.check(beside)).held
            async with self._database.write() as connection:
                await holds.put(connection, held)
            for mention in standing.erased:
                async with self._database.write() as connection:
                    await _erase(connection, mention)
            last = known[-1]

    async def _known_after(self, last: str) -> Sequence[str]:
        async with self._database.read() as connection:
            return await mentions.after(connection, last, limit=AT_ONCE)

    async def steps(self, after_sequence: int) -> AsyncIterator[Step]:
        """What concerns us of the index's changes after this one."""
        last_step = after_sequence
        async for change in self._changes.WatchChanges(ingest_pb2.WatchChangesRequest(after_sequence=after_sequence, kinds=KINDS)):
            if change.kind in KINDS:
                yield Step(change.sequence, change)
            elif change.sequence - last_step >= CHECKPOINT_CHANGES:
                yield Step(change.sequence)
            else:
                continue
            last_step = change.sequence

    async def apply(self, connection: AsyncConnection, step: Step) -> None:
        """Does here what was done in the index."""
        if (change := step.change) is None:
            return
        key = document_key(change.site, change.native_id, change.url)
        match change.kind:
            case ingest_pb2.CHANGE_KIND_HELD:
                await holds.put(connection, [change.mention], key)
                FOLLOWED.count("held")
            case ingest_pb2.CHANGE_KIND_RELEASED:
                await _end(connection, [change.mention])
            case _:
                await _erase(connection, change.mention, key)


async def _end(connection: AsyncConnection, released: Sequence[str]) -> None:
    await holds.end(connection, released)
    touch(connection, pages.ENDED)
    FOLLOWED.count("released", len(released))


async def _erase(connection: AsyncConnection, mention: str, *keys: bytes) -> None:
    """Erases what is kept of a mention: of the documents that are known to be of it, and of the one that the index names."""
    known = await mentions.documents_of(connection, mention)
    erased = await erasing.erase(connection, sorted({*known, *keys}), resource=mention)
    FOLLOWED.count("erased")
    _log.info("mention erased", mention=mention, **asdict(erased))
