"""The feed of changes, for services that follow it."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc.aio

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc
from yuqing_indexing.moments import timestamp_of
from yuqing_indexing.store import holds
from yuqing_indexing.store.registry import FEED, erased_keys
from yuqing_indexing.wire import mention_id_of
from yuqing_runtime import feed
from yuqing_runtime.database import Database


class ChangeServicer(ingest_pb2_grpc.ChangeServiceServicer):
    """What services that follow the index ask."""

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

    async def CheckMentions(
        self, request: ingest_pb2.CheckMentionsRequest, context: "grpc.aio.ServicerContext[Any, Any]"
    ) -> ingest_pb2.CheckMentionsResponse:
        """As of one moment."""
        asked = list(map(mention_id_of, request.mentions))
        async with self._database.read() as connection:
            erased = await erased_keys(connection, asked)
            held = await holds.standing(connection, asked)
        return ingest_pb2.CheckMentionsResponse(erased=_names(erased), held=_names(held))


def _names(mentions: Iterable[str]) -> list[str]:
    return sorted(f"mentions/{mention}" for mention in mentions)


def _response(change: feed.Change) -> ingest_pb2.WatchChangesResponse:
    message = ingest_pb2.WatchChangesResponse.FromString(change.payload)
    message.sequence = change.sequence
    message.time.CopyFrom(timestamp_of(change.at))
    return message
