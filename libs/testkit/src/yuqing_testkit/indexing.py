"""An indexing service in memory: fakes of the ports that the crawler ships to and follows."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc

from yuqing.indexing.v1 import document_pb2, ingest_pb2, ingest_pb2_grpc
from yuqing_runtime.feed import SequenceGone


class FakeIndexing(ingest_pb2_grpc.IngestServiceServicer):
    """Keeps documents in memory as indexing would: new, known, or refused (`refuses` and `erased` by native id)."""

    def __init__(self) -> None:
        self.documents: dict[str, document_pb2.Document] = {}
        self.sequences: Counter[int] = Counter()
        self.refuses: set[str] = set()
        self.erased: set[str] = set()
        self.received = asyncio.Event()
        self.holds = asyncio.Event()
        self.holds.set()
        self.fails = 0

    async def IngestMentions(  # noqa: N802 - the contract's name
        self, request_iterator: AsyncIterator[ingest_pb2.IngestMentionsRequest], context: Any
    ) -> AsyncIterator[ingest_pb2.IngestMentionsResponse]:
        if self.fails:
            self.fails -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
        async for request in request_iterator:
            await self.holds.wait()
            yield ingest_pb2.IngestMentionsResponse(outcomes=[self._take(item) for item in request.items])
            self.received.set()

    def _take(self, item: ingest_pb2.SpoolItem) -> ingest_pb2.ItemOutcome:
        document = item.document
        self.sequences[item.sequence] += 1
        if document.native_id in self.refuses:
            return ingest_pb2.ItemOutcome(sequence=item.sequence, outcome=ingest_pb2.OUTCOME_REFUSED, reason="NO_TEXT", detail="empty")
        if document.native_id in self.erased:
            return ingest_pb2.ItemOutcome(sequence=item.sequence, outcome=ingest_pb2.OUTCOME_REFUSED, reason="TOMBSTONED", detail="erased")
        key = f"{document.site}/{document.native_id or document.url}"
        known = key in self.documents
        self.documents[key] = document
        outcome = ingest_pb2.OUTCOME_DUPLICATE if known else ingest_pb2.OUTCOME_STORED
        return ingest_pb2.ItemOutcome(sequence=item.sequence, outcome=outcome, mention=f"mentions/{abs(hash(key))}")


class FakeChanges(ingest_pb2_grpc.ChangeServiceServicer):
    """A feed of `changes` that keeps those after `kept_after`; `held` and `erased` are the mentions that stand so. `away` makes it refuse."""

    def __init__(self) -> None:
        self.changes: list[ingest_pb2.WatchChangesResponse] = []
        self.kept_after = 0
        self.asked: list[int] = []
        self.held: set[str] = set()
        self.erased: set[str] = set()
        self.away = False

    def tell(self, kind: "ingest_pb2.ChangeKind.ValueType", mention: str, **identity: str) -> None:
        """Appends a change; `identity` is the document's site, native id and address."""
        sequence = self.changes[-1].sequence + 1 if self.changes else self.kept_after + 1
        self.changes.append(ingest_pb2.WatchChangesResponse(sequence=sequence, mention=mention, kind=kind, **identity))
        if kind == ingest_pb2.CHANGE_KIND_HELD:
            self.held = self.held | {mention}
        elif kind == ingest_pb2.CHANGE_KIND_RELEASED:
            self.held = self.held - {mention}
        elif kind == ingest_pb2.CHANGE_KIND_ERASED:
            self.erased = self.erased | {mention}

    async def WatchChanges(  # noqa: N802 - the contract's name
        self,
        request: ingest_pb2.WatchChangesRequest,
        context: Any,  # noqa: ARG002 - the contract's
    ) -> AsyncIterator[ingest_pb2.WatchChangesResponse]:
        self.asked.append(request.after_sequence)
        last = request.after_sequence
        if last < self.kept_after:
            raise SequenceGone.of(f"changes up to {self.kept_after} are no longer kept", kept_after=self.kept_after)
        while True:
            for change in self.changes:
                if change.sequence > last:
                    last = change.sequence
                    yield change
            await asyncio.sleep(0.02)

    async def CheckMentions(  # noqa: N802 - the contract's name
        self, request: ingest_pb2.CheckMentionsRequest, context: Any
    ) -> ingest_pb2.CheckMentionsResponse:
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
        asked = set(request.mentions)
        return ingest_pb2.CheckMentionsResponse(erased=sorted(asked & self.erased), held=sorted(asked & self.held))
