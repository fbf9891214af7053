"""Follows the index: what was erased there is erased here, for good: spooled documents, stored pages, plans to look again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc
from yuqing_crawler.domain.keys import document_key
from yuqing_crawler.store import pages, revisits, spool, tombstones
from yuqing_crawler.store.tables import stored_page
from yuqing_crawler.workers import housekeeping
from yuqing_runtime import audit, clock
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.follow import Subscription, follow
from yuqing_runtime.leases import Lease, run_leased
from yuqing_runtime.telemetry import Outcomes
from yuqing_runtime.wakes import touch

FEED = "indexing.changes"
CHECKPOINT_CHANGES = 1_000
"""The cursor moves once in so many changes that are of no concern here: each move is a transaction."""
ERASED = Outcomes("crawler.erasure", "Erasures that were followed")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """An erased mention, or only a place in the feed up to which nothing was erased."""

    sequence: int
    erased: ingest_pb2.WatchChangesResponse | None = None


class Erasure:
    """One replica at a time."""

    def __init__(self, database: Database, changes: ingest_pb2_grpc.ChangeServiceStub) -> None:
        self._database = database
        self._changes = changes

    async def run(self) -> None:
        """For ever."""
        await run_leased(self._database, "erasure", self._loop)

    async def _loop(self, _lease: Lease) -> None:
        await follow(self._database, Subscription(FEED, self.steps, lambda step: step.sequence, self.apply))

    async def steps(self, after_sequence: int) -> AsyncIterator[Step]:
        """What concerns us of the index's changes after this one."""
        last_step = after_sequence
        request = ingest_pb2.WatchChangesRequest(after_sequence=after_sequence, kinds=[ingest_pb2.CHANGE_KIND_ERASED])
        async for change in self._changes.WatchChanges(request):
            if change.kind == ingest_pb2.CHANGE_KIND_ERASED:
                yield Step(change.sequence, change)
            elif change.sequence - last_step >= CHECKPOINT_CHANGES:
                yield Step(change.sequence)
            else:
                continue
            last_step = change.sequence

    async def apply(self, connection: AsyncConnection, step: Step) -> None:
        """Erases what is kept of a mention; a page under a legal hold stays."""
        if step.erased is None:
            return
        change = step.erased
        keys = [document_key(change.site, change.native_id, change.url)]
        digests = await pages.of_documents(connection, keys)
        # The objects go when housekeeping finds their time to be over: it repeats what is cut off, a transaction here could not.
        over = update(stored_page).where(stored_page.c.sha256.in_(digests))
        await connection.execute(over.values(expires_at=clock.EPOCH, url=""))
        spooled = await spool.erase(connection, keys)
        await revisits.end(connection, keys)
        await tombstones.add(connection, keys)
        touch(connection, housekeeping.WAKE)
        after: dict[str, audit.JsonValue] = {"stored_pages": len(digests), "spooled_documents": spooled}
        await audit.record(connection, AuditRecord("services/crawler", "mentions.erase", change.mention, after=after))
        ERASED.count("erased")
        _log.info("mention erased", mention=change.mention, stored_pages=len(digests), spooled_documents=spooled)
