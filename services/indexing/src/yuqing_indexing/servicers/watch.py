"""A live stream of new mentions that a query finds, out of the feed of changes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from yuqing.indexing.v1 import mention_pb2
from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.servicers.asking import engine_errors, tree_of
from yuqing_indexing.servicers.replies import write_told
from yuqing_indexing.store.registry import FEED
from yuqing_indexing.wire import mention_id_of
from yuqing_runtime import feed
from yuqing_runtime.database import Database
from yuqing_text.query.matcher import Matcher


@dataclass(frozen=True)
class Watch:
    """Follows the feed once for each watcher; the matcher decides, so a mention is shown before the index has refreshed."""

    database: Database
    mentions: Mentions
    zone: str

    async def stream(self, request: mention_pb2.WatchMentionsRequest) -> AsyncIterator[mention_pb2.WatchMentionsResponse]:
        """New mentions after a sequence, or from now on; for ever. Errors: QueryRefused, SequenceGone, Unavailable."""
        matcher = Matcher(tree_of(request.query, zone=self.zone))
        async for changes in feed.watch(self.database, FEED, await self._start(request)):
            stored = {change.sequence: mention_id_of(change.key) for change in changes if change.kind == ChangeKind.STORED.value}
            with engine_errors():
                found = await self.mentions.read(stored.values()) if stored else {}
            for sequence, mention_id in stored.items():
                told = mention_pb2.WatchMentionsResponse(sequence=sequence)
                if (mention := found.get(mention_id)) and write_told(told, mention, matcher):
                    yield told

    async def _start(self, request: mention_pb2.WatchMentionsRequest) -> int:
        if request.HasField("after_sequence"):
            return request.after_sequence
        async with self.database.read() as connection:
            return await feed.last_sequence(connection, FEED)
