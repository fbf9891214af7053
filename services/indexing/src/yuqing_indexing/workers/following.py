"""Follows scoring's feed of topics; one replica at a time."""

from collections.abc import AsyncIterator

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.scoring.v1 import topic_pb2, topic_pb2_grpc
from yuqing_indexing.store import topics
from yuqing_indexing.wire import topic_told
from yuqing_runtime.database import Database
from yuqing_runtime.feed import SequenceGone
from yuqing_runtime.follow import Subscription, follow, reset
from yuqing_runtime.leases import Lease, run_leased

FEED = "scoring.topics"
_log = structlog.get_logger(__name__)


class Following:
    """Keeps the copy of the topics current."""

    def __init__(self, database: Database, scoring: topic_pb2_grpc.TopicServiceStub) -> None:
        self._database = database
        self._scoring = scoring

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self._database, "topics", self._loop)

    async def _loop(self, _lease: Lease) -> None:
        try:
            await follow(self._database, Subscription(FEED, self._changes, lambda change: change.sequence, self.apply))
        except SequenceGone:
            # Scoring's database was put back to an older state: its feed is kept whole, so it is read from its start.
            _log.warning("topics are read anew", feed=FEED)
            async with self._database.write() as connection:
                await reset(connection, FEED, 0)
                await topics.forget(connection)

    async def _changes(self, after_sequence: int) -> AsyncIterator[topic_pb2.WatchTopicsResponse]:
        async for change in self._scoring.WatchTopics(topic_pb2.WatchTopicsRequest(after_sequence=after_sequence)):
            yield change

    async def apply(self, connection: AsyncConnection, change: topic_pb2.WatchTopicsResponse) -> None:
        """One change, within the transaction that moves the cursor."""
        await topics.apply(connection, topic_told(change))
