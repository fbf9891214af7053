"""The hot path's door: items of the spool come in, each is answered for."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc.aio
import structlog
from opentelemetry.trace import Link

from yuqing.indexing.v1 import ingest_pb2, ingest_pb2_grpc
from yuqing_indexing.domain.flow import Coalescer, Limits
from yuqing_indexing.domain.ingest import Ingest, Outcome, Result
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.domain.turns import Turns, in_thread
from yuqing_indexing.wire import document_of
from yuqing_runtime.errors import FieldViolation, Unavailable
from yuqing_runtime.rules import violations
from yuqing_runtime.telemetry import Outcomes, linked_to, record_in_origins, seconds_histogram, tracer

_log = structlog.get_logger(__name__)
_ITEMS = Outcomes("indexing.ingest", "What became of the items of the spool")
_SECONDS = seconds_histogram("indexing.ingest.batch", "From a batch's start to its acknowledgement")
_TRACER = tracer("yuqing_indexing")
_MOST_LINKS = 128
_PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0)
"""How long a batch waits for engines that are away, before the stream ends and the spool keeps what it has."""


@dataclass(slots=True)
class _Sorted:
    """A batch, with those taken apart that break the contract's field rules."""

    good: list[ingest_pb2.SpoolItem]
    refused: list[ingest_pb2.ItemOutcome]


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    """IngestMentions: streams of all callers share one use case; each has a window of its own."""

    def __init__(self, ingest: Ingest, limits: Limits, all_taken: Callable[[], None]) -> None:
        """`all_taken` is called whenever the last batch at work has ended."""
        self._ingest = ingest
        self._limits = limits
        self._all_taken = all_taken
        self._turns = Turns()
        self._batches = 0

    @property
    def busy(self) -> bool:
        """Whether documents are being taken in at this moment."""
        return self._batches > 0

    async def IngestMentions(
        self,
        request_iterator: AsyncIterator[ingest_pb2.IngestMentionsRequest],
        context: "grpc.aio.ServicerContext[Any, Any]",  # the generated signature
    ) -> AsyncIterator[ingest_pb2.IngestMentionsResponse]:
        """Acknowledges each item once it is durable. Errors: Unavailable when an engine stays away; then send again what has no outcome."""
        coalescer = Coalescer(self._take, size_of=ingest_pb2.SpoolItem.ByteSize, limits=self._limits)
        async for outcomes in coalescer.replies(_items(request_iterator)):
            yield ingest_pb2.IngestMentionsResponse(outcomes=outcomes)

    async def _take(self, items: list[ingest_pb2.SpoolItem]) -> list[ingest_pb2.ItemOutcome]:
        self._batches += 1
        try:
            with self._turns.batch():
                return await self._taken(items)
        finally:
            self._batches -= 1
            if not self._batches:
                self._all_taken()

    async def _taken(self, items: list[ingest_pb2.SpoolItem]) -> list[ingest_pb2.ItemOutcome]:
        started, started_nanoseconds = time.monotonic(), time.time_ns()
        with _TRACER.start_as_current_span("ingest batch", links=list(_links(items)), attributes={"yuqing.items": len(items)}):
            batch = await in_thread(_sorted, items)
            outcomes = [*batch.refused, *await self._store(batch.good)]
        record_in_origins("index write", (item.traceparent for item in items), started_nanoseconds)
        for outcome, size in Counter(outcome.outcome for outcome in outcomes).items():
            _ITEMS.count(ingest_pb2.Outcome.Name(outcome).removeprefix("OUTCOME_").lower(), size)
        _SECONDS.record(time.monotonic() - started)
        return outcomes

    async def _store(self, items: Sequence[ingest_pb2.SpoolItem]) -> Iterable[ingest_pb2.ItemOutcome]:
        documents = await in_thread(lambda: [document_of(item.document) for item in items])
        for pause_seconds in (*_PAUSES_SECONDS, None):
            try:
                results = await self._ingest.take(documents)
            except OutsideUnavailable as error:
                if pause_seconds is None:
                    raise Unavailable(str(error), reason="ENGINE_AWAY") from error
                _log.warning("ingest waits", error=str(error), seconds=pause_seconds)
                await asyncio.sleep(pause_seconds)
            else:
                return [_outcome(item.sequence, result) for item, result in zip(items, results, strict=True)]
        raise AssertionError("the last pause is None")


def _sorted(items: Sequence[ingest_pb2.SpoolItem]) -> _Sorted:
    batch = _Sorted([], [])
    for item in items:
        found = violations(item.document)
        if not item.document.HasField("fetched_time"):
            found.append(FieldViolation("fetched_time", "is required"))
        if not found:
            batch.good.append(item)
            continue
        detail = "; ".join(f"{each.field}: {each.description}" for each in found)[:500]
        batch.refused.append(_outcome(item.sequence, Result(Outcome.REFUSED, reason="FIELD_RULE", detail=detail)))
    return batch


def _outcome(sequence: int, result: Result) -> ingest_pb2.ItemOutcome:
    return ingest_pb2.ItemOutcome(
        sequence=sequence,
        outcome=ingest_pb2.Outcome.Value(f"OUTCOME_{result.outcome.value}"),
        mention=f"mentions/{result.mention}" if result.mention else "",
        reason=result.reason,
        detail=result.detail,
    )


async def _items(requests: AsyncIterator[ingest_pb2.IngestMentionsRequest]) -> AsyncIterator[Sequence[ingest_pb2.SpoolItem]]:
    async for request in requests:
        yield request.items


def _links(items: Sequence[ingest_pb2.SpoolItem]) -> Iterator[Link]:
    parents = dict.fromkeys(item.traceparent for item in items if item.traceparent)
    for _, parent in zip(range(_MOST_LINKS), parents, strict=False):
        if link := linked_to(parent):
            yield link
