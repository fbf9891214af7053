"""An indexing service that keeps documents in memory: a fake of the port that the crawler ships to."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc

from yuqing.indexing.v1 import document_pb2, ingest_pb2, ingest_pb2_grpc


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
