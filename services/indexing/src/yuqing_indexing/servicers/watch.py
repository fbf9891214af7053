"""A live stream of new mentions that a query finds, out of the feed of changes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from yuqing.indexing.v1 import mention_pb2
from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.servicers.asking import Asking, engine_errors
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
    asking: Asking

    async def stream(self, request: mention_pb2.WatchMentionsRequest) -> AsyncIterator[mention_pb2.WatchMentionsResponse]:
        """New mentions after a sequence, or from now on; for ever. Errors: QueryRefused, SequenceGone, Unavailable."""
        self.asking.tree(request.query, await self.asking.sight(request.query))  # refused at once, not with the first change
        async for changes in feed.watch(self.database, FEED, await self._start(request)):
            stored = {change.sequence: mention_id_of(change.key) for change in changes if change.kind == ChangeKind.STORED.value}
            if not stored:
                continue
            with engine_errors():
                found = await self.mentions.read(stored.values())
            sight = await self.asking.sight(request.query)  # topics may come into sight and go out of it while somebody watches
            matcher = Matcher(self.asking.tree(request.query, sight))
            for sequence, mention_id in stored.items():
                told = mention_pb2.WatchMentionsResponse(sequence=sequence)
                if (mention := found.get(mention_id)) and write_told(told, sight.of_mention(mention), matcher):
                    yield told

    async def _start(self, request: mention_pb2.WatchMentionsRequest) -> int:
        if request.HasField("after_sequence"):
            return request.after_sequence
        async with self.database.read() as connection:
            return await feed.last_sequence(connection, FEED)
