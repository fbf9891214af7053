"""Follows the index: what was erased there is erased here, for good: spooled documents, stored pages, plans to look again."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc
from yuqing_crawler.domain.keys import document_key
from yuqing_crawler.store import erasing, spool
from yuqing_runtime.database import Database
from yuqing_runtime.feed import SequenceGone
from yuqing_runtime.follow import Subscription, follow, reset
from yuqing_runtime.leases import Lease, run_leased
from yuqing_runtime.telemetry import Outcomes

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
        try:
            await follow(self._database, Subscription(FEED, self.steps, lambda step: step.sequence, self.apply))
        except SequenceGone as gone:
            if gone.kept_after is None:
                raise
            await self._catch_up(gone.kept_after)

    async def _catch_up(self, kept_after: int) -> None:
        """Goes on from what the feed still keeps. What was erased before that is asked for: documents that the spool still has are sent again, and
        the index refuses those that were erased there (the shipper then erases them here)."""
        async with self._database.write() as connection:
            await reset(connection, FEED, kept_after)
            documents = await spool.send_again(connection)
        _log.warning("changes of the index were missed, documents are sent again", kept_after=kept_after, documents=documents)

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
        """Erases what is kept of a mention."""
        change = step.erased
        if change is None:
            return
        keys = [document_key(change.site, change.native_id, change.url)]
        erased = await erasing.erase(connection, keys, resource=change.mention)
        ERASED.count("erased")
        _log.info("mention erased", mention=change.mention, **asdict(erased))
