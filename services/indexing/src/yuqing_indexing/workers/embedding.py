"""Gives every story the vector of its head, behind ingest and never in its way: follows the feed of changes and what people do to stories."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import structlog

from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.meaning import Encoder, Head, Heads, Said, VectorsOff
from yuqing_indexing.domain.ports import Index, OutsideUnavailable
from yuqing_indexing.store import story_heads
from yuqing_indexing.store.registry import FEED
from yuqing_indexing.store.story_heads import Known, Waiting, Wanted
from yuqing_indexing.wire import mention_id_of
from yuqing_runtime import feed, follow
from yuqing_runtime.database import Database
from yuqing_runtime.feed import SequenceGone
from yuqing_runtime.leases import Lease, confirm, run_leased
from yuqing_runtime.telemetry import Outcomes, seconds_histogram

PAUSE_SECONDS: Final = 1.0
OFF_PAUSE_SECONDS: Final = 60.0
PORTION: Final = 128
CHANGES_AT_ONCE: Final = 1_000
CURSOR: Final = "indexing.story-heads"
_TELLS_NEW_WORDS: Final = frozenset({ChangeKind.STORED.value, ChangeKind.EDITED.value})
_HEADS = Outcomes("indexing.story_heads", "Stories whose head was looked at, by what was done")
_LAG = seconds_histogram("indexing.story_heads.lag", "From the change of a story to the vector of its head")
_log = structlog.get_logger(__name__)


@dataclass
class Embedding:
    """One replica at a time. Texts are embedded in portions; while scoring has no room, or makes no vectors, stories wait in SQL."""

    database: Database
    index: Index
    heads: Heads
    encoder: Encoder
    _encoder_name: str = field(default="", init=False)

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self.database, "story-heads", self._loop)

    async def _loop(self, lease: Lease) -> None:
        while True:
            pause_seconds = PAUSE_SECONDS
            try:
                await self.once(lease)
            except OutsideUnavailable as error:
                _log.warning("vectors wait", error=str(error))
            except VectorsOff:
                pause_seconds = OFF_PAUSE_SECONDS
            await asyncio.sleep(pause_seconds)

    async def once(self, lease: Lease) -> None:
        """To the end of the feed. What nobody may find any more goes first, with vectors or without. Errors: OutsideUnavailable, VectorsOff."""
        await self._forget_strays(lease)
        await self._work_off(lease)
        while await self._follow(lease):
            await self._work_off(lease)

    async def _follow(self, lease: Lease) -> bool:
        """Writes down what the next changes ask to be looked at; False at the end of the feed."""
        async with self.database.read() as connection:
            position = await follow.cursor(connection, CURSOR)
            try:
                changes = await feed.read_after(connection, FEED, position, limit=CHANGES_AT_ONCE)
            except SequenceGone:
                changes = None  # the worker was away for longer than changes are kept
        if changes == []:
            return False
        async with self.database.write() as connection:
            await confirm(connection, lease)
            if changes is None or position == 0:  # the first time there may be stories that no change tells of any more
                sequence = await feed.last_sequence(connection, FEED)
                await story_heads.look_at_all(connection)
            else:
                sequence = changes[-1].sequence
                told = {mention_id_of(change.key): change.at for change in changes if change.kind in _TELLS_NEW_WORDS}
                await story_heads.look_at_changed(connection, told)
            await follow.reset(connection, CURSOR, sequence)
        return True

    async def _forget_strays(self, lease: Lease) -> None:
        async with self.database.read() as connection:
            strays = await story_heads.strays(connection)
        if strays:
            await self.heads.remove(strays)
            async with self.database.write() as connection:
                await confirm(connection, lease)
                await story_heads.forget(connection, strays)
            _HEADS.count("removed", len(strays))

    async def _work_off(self, lease: Lease) -> None:
        last: Waiting | None = None
        while True:
            async with self.database.read() as connection:
                waiting = await story_heads.waiting(connection, last, limit=PORTION)
                wanted = await story_heads.wanted(connection, [each.story for each in waiting])
            if not waiting:
                return
            await self._bring_in_line(waiting, wanted, lease)
            last = waiting[-1]

    async def _bring_in_line(self, waiting: Sequence[Waiting], wanted: Sequence[Wanted], lease: Lease) -> None:
        stored = await self.index.read([each.place for each in wanted if each.place])
        mentions = {each.story: stored[each.place.id].mention for each in wanted if each.place and each.place.id in stored}
        ended = [each.story for each in wanted if each.place is None]
        await self.heads.remove(ended)
        new = {each.story: mentions[each.story] for each in wanted if each.story in mentions and not self._is_current(each, mentions[each.story])}
        known = await self._embed(new)
        settled = {each.story for each in waiting if each.settled} | set(ended) | (mentions.keys() - new.keys())
        async with self.database.write() as connection:
            await confirm(connection, lease)
            await story_heads.forget(connection, ended)
            theirs = await story_heads.still_theirs(connection, {story: each.mention for story, each in known.items()})
            await story_heads.know(connection, {story: each for story, each in known.items() if story in theirs})
            await story_heads.done(connection, [each for each in waiting if each.story in settled | theirs])
        self._count(waiting, theirs, removed=len(ended))

    def _is_current(self, wanted: Wanted, mention: Mention) -> bool:
        known = wanted.known
        return bool(known) and known == Known(mention.id, mention.content_hash, self._encoder_name or known.encoder)

    async def _embed(self, mentions: Mapping[str, Mention]) -> dict[str, Known]:
        if not mentions:
            return {}
        embedded = await self.encoder.embed([Said.by(mention) for mention in mentions.values()])
        if embedded.encoder != self._encoder_name:
            async with self.database.write() as connection:
                await story_heads.look_at_others(connection, embedded.encoder)
            self._encoder_name = embedded.encoder
        pairs = zip(mentions.items(), embedded.vectors, strict=True)
        await self.heads.write([_head(story, mention, embedded.encoder, vector) for (story, mention), vector in pairs])
        return {story: Known(mention.id, mention.content_hash, embedded.encoder) for story, mention in mentions.items()}

    @staticmethod
    def _count(waiting: Sequence[Waiting], embedded: set[str], *, removed: int) -> None:
        now = datetime.now(UTC)
        for each in waiting:
            if each.story in embedded:
                _LAG.record(max(0.0, (now - each.since).total_seconds()))
        _HEADS.count("embedded", len(embedded))
        _HEADS.count("removed", removed)


def _head(story: str, mention: Mention, encoder: str, vector: Sequence[float]) -> Head:
    return Head(story, mention.id, mention.document.site, mention.when, encoder, vector)
