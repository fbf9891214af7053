"""The feed of changes, for services that follow it."""

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc
from yuqing_indexing.moments import timestamp_of
from yuqing_indexing.store.registry import FEED
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
        wanted = {ingest_pb2.ChangeKind.Name(kind).removeprefix("CHANGE_KIND_") for kind in request.kinds}
        async for changes in feed.watch(self._database, FEED, request.after_sequence, kinds=wanted):
            for change in changes:
                if not wanted or change.kind in wanted:
                    yield _response(change)
            if wanted and changes[-1].kind not in wanted:
                # One message for the whole batch: each of its own would cost a follower of few changes as much as one of all.
                yield ingest_pb2.WatchChangesResponse(sequence=changes[-1].sequence)


def _response(change: feed.Change) -> ingest_pb2.WatchChangesResponse:
    message = ingest_pb2.WatchChangesResponse.FromString(change.payload)
    message.sequence = change.sequence
    message.time.CopyFrom(timestamp_of(change.at))
    return message
