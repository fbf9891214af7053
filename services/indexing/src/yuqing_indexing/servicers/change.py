"""The feed of changes, for services that follow it."""

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc
from yuqing_indexing.store.registry import FEED
from yuqing_indexing.wire import timestamp_of
from yuqing_runtime import feed
from yuqing_runtime.database import Database


class ChangeServicer(ingest_pb2_grpc.ChangeServiceServicer):
    """WatchChanges."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def WatchChanges(
        self, request: ingest_pb2.WatchChangesRequest, context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> AsyncIterator[ingest_pb2.WatchChangesResponse]:
        """All changes after a sequence, then new ones as they are committed; for ever. Errors: SequenceGone."""
        async for changes in feed.watch(self._database, FEED, request.after_sequence):
            for change in changes:
                message = ingest_pb2.WatchChangesResponse.FromString(change.payload)
                message.sequence = change.sequence
                message.time.CopyFrom(timestamp_of(change.at))
                yield message
