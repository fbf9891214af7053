"""Ships the spool to indexing: a stream of batches with a bounded window, each document acknowledged by itself."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final, TypeAlias

import grpc.aio
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc
from yuqing_crawler.domain.reach import Reach
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import erasing, reports, spool
from yuqing_crawler.store.spool import Acknowledgement, Claimed
from yuqing_runtime.database import Database
from yuqing_runtime.telemetry import Outcomes, linked_to, tracer

SHIPPED = Outcomes("crawler.spool", "How documents leave the spool")
LARGEST_BATCH_BYTES: Final = 4 * 1024 * 1024
POLL_SECONDS: Final = 1.0
"""How soon a document is noticed that another replica spooled and does not send."""
STREAM_SECONDS: Final = 600.0
"""A stream is opened anew after so long: its token and its deadline are those of its beginning."""
GATHER_SECONDS: Final = 0.05
"""While documents are on the wire others are gathered for so long: a batch of many costs hardly more than one of few."""
FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 60.0
"""A stream on which documents wait and no answer comes for so long is given up."""
MOST_LINKS: Final = 64
_TOMBSTONED: Final = "TOMBSTONED"
_TRACER = tracer("yuqing_crawler")
_log = structlog.get_logger(__name__)

Stream: TypeAlias = "grpc.aio.StreamStreamCall[ingest_pb2.IngestMentionsRequest, ingest_pb2.IngestMentionsResponse]"


class Silence(Exception):
    """Indexing takes documents and does not answer."""


class Shipper:
    """Sends what waits in the spool; replicas share it by claiming documents."""

    def __init__(self, database: Database, indexing: ingest_pb2_grpc.IngestServiceStub, settings: Settings) -> None:
        self.reach = Reach()
        self._database = database
        self._indexing = indexing
        self._settings = settings

    async def run(self) -> None:
        """For ever: a stream that ends is followed by another, after a pause that grows while it is of no use."""
        await self._start_alone()
        pause_seconds = FIRST_PAUSE_SECONDS
        while True:
            stream = _Shipment(self._database, self._indexing, self._settings, self.reach)
            try:
                await stream.run()
            except grpc.aio.AioRpcError as error:
                self._lost(f"{error.code().name}: {error.details()}", pause_seconds)
            except Silence as error:
                self._lost(str(error), pause_seconds)
            if stream.was_of_use:
                pause_seconds = FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _lost(self, detail: str, pause_seconds: float) -> None:
        self.reach.shipping, self.reach.detail = False, detail
        _log.warning("indexing does not take documents", detail=detail, pause_seconds=pause_seconds)

    async def _start_alone(self) -> None:
        """A SQLite file belongs to one process: what is claimed there was claimed by one that died."""
        if self._database.dialect == "sqlite":
            async with self._database.write() as connection:
                await spool.release_all(connection)


class _Shipment:
    """One stream, from its opening to its end, and the documents that are on it."""

    def __init__(self, database: Database, indexing: ingest_pb2_grpc.IngestServiceStub, settings: Settings, reach: Reach) -> None:
        self.was_of_use = False
        self._database = database
        self._indexing = indexing
        self._settings = settings
        self._reach = reach
        self._window = settings.batch_items * settings.batches_in_flight
        self._on_the_wire: set[int] = set()
        self._wanted = asyncio.Event()
        """Set when an answer made room, or the stream is over: whoever sends looks again."""
        self._over = False

    async def run(self) -> None:
        """Sends and settles until the stream's time is over. Errors: AioRpcError, Silence."""
        call = self._indexing.IngestMentions(self._requests(), timeout=STREAM_SECONDS + SILENCE_SECONDS)
        reading = asyncio.create_task(self._read_all(call), name="shipment")
        try:
            await reading
        finally:
            # The sender must end by itself: a generator that gRPC still waits for is torn down noisily.
            self._over = True
            self._wanted.set()
            call.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await self._give_back()

    async def _read_all(self, call: Stream) -> None:
        await call.wait_for_connection()
        self._reach.shipping, self._reach.detail = True, ""
        while True:
            answer = asyncio.ensure_future(call.read())
            while not (await asyncio.wait([answer], timeout=SILENCE_SECONDS))[0]:
                if self._on_the_wire:
                    call.cancel()
                    await asyncio.gather(answer, return_exceptions=True)
                    raise Silence(f"no answer for {len(self._on_the_wire)} documents in {SILENCE_SECONDS:.0f} s")
            response = answer.result()
            if not isinstance(response, ingest_pb2.IngestMentionsResponse):
                return  # the end of the stream
            await self._settle([_acknowledgement(outcome) for outcome in response.outcomes])

    async def _requests(self) -> AsyncIterator[ingest_pb2.IngestMentionsRequest]:
        """What goes out, as long as the window has room; gRPC asks for the next one only when the last has left."""
        clock = asyncio.get_running_loop()
        ends_at = clock.time() + STREAM_SECONDS
        with self._database.wakes.sleeper(spool.WAKE) as spooled:
            while clock.time() < ends_at and not self._over:
                spooled.clear()
                self._wanted.clear()
                room = min(self._window - len(self._on_the_wire), self._settings.batch_items)
                claimed = await self._claim(room) if room > 0 else []
                for batch in batches(claimed):
                    yield _request(batch)
                if room <= 0:
                    await _wait_for(self._wanted)
                elif not claimed:
                    await _wait_for(spooled, self._wanted)
                    await asyncio.sleep(GATHER_SECONDS if self._on_the_wire else 0)

    async def _claim(self, limit: int) -> list[Claimed]:
        async with self._database.write() as connection:
            claimed = await spool.claim(connection, limit=limit, seconds=self._settings.claim_seconds)
        self._on_the_wire.update(each.sequence for each in claimed)
        if self._over:
            await self._give_back()
            return []
        return claimed

    async def _settle(self, answers: Sequence[Acknowledgement]) -> None:
        async with self._database.write() as connection:
            origins = await spool.acknowledge(connection, answers)
            for answer in answers:
                if origins.get(answer.sequence):
                    await reports.follow_up(connection, origins[answer.sequence], answer)
            await _erase(connection, [answer.sequence for answer in answers if answer.reason == _TOMBSTONED and answer.sequence in origins])
        self._on_the_wire.difference_update(answer.sequence for answer in answers)
        self._wanted.set()
        self.was_of_use = True
        for outcome, documents in Counter(answer.outcome for answer in answers).items():
            SHIPPED.count(ingest_pb2.Outcome.Name(ingest_pb2.Outcome.ValueType(outcome)).removeprefix("OUTCOME_").lower(), documents)

    async def _give_back(self) -> None:
        if self._on_the_wire:
            async with self._database.write() as connection:
                await spool.release(connection, sorted(self._on_the_wire))


def batches(claimed: Sequence[Claimed]) -> Iterator[Sequence[Claimed]]:
    """Parts of at most 4 MiB (or one document), in order."""
    start, size = 0, 0
    for place, each in enumerate(claimed):
        if place > start and size + len(each.message) > LARGEST_BATCH_BYTES:
            yield claimed[start:place]
            start, size = place, 0
        size += len(each.message)
    if start < len(claimed):
        yield claimed[start:]


def _acknowledgement(outcome: ingest_pb2.ItemOutcome) -> Acknowledgement:
    refused = outcome.outcome == ingest_pb2.OUTCOME_REFUSED
    return Acknowledgement(outcome.sequence, outcome.outcome, refused, outcome.mention, outcome.reason, outcome.detail)


async def _erase(connection: AsyncConnection, sequences: Sequence[int]) -> None:
    """A document of a mention that was erased in the index is no dead letter: nothing of it may be kept here either."""
    if sequences:
        await erasing.erase(connection, await spool.keys_of(connection, sequences), resource="spool")


def _request(batch: Sequence[Claimed]) -> ingest_pb2.IngestMentionsRequest:
    links = [link for each in batch[:MOST_LINKS] if (link := linked_to(each.traceparent)) is not None]
    with _TRACER.start_as_current_span("crawler.ship", links=links, attributes={"documents": len(batch)}):
        request = ingest_pb2.IngestMentionsRequest()
        for each in batch:
            item = request.items.add(sequence=each.sequence, traceparent=each.traceparent)
            item.document.MergeFromString(each.message)  # read in its place: a document that is given to an item is copied
        return request


async def _wait_for(*events: asyncio.Event) -> None:
    """Until one of them is set, at most as long as a document of another replica may lie unnoticed."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
