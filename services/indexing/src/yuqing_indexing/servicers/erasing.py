"""Erasing on request: first what must not be undone, then the index."""

from dataclasses import dataclass
from datetime import UTC, datetime

from yuqing.indexing.v1 import mention_pb2
from yuqing_indexing.domain.document import Document
from yuqing_indexing.domain.ports import Index, Registry
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.servicers.asking import engine_errors
from yuqing_indexing.store.erasures import Erasure, erase
from yuqing_indexing.wire import mention_id_of
from yuqing_runtime.access import current_caller
from yuqing_runtime.database import Database
from yuqing_runtime.idempotency import Attempt

_UNKNOWN = Document(source="", site="", fetched=datetime(1970, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Erasing:
    """Erases mentions."""

    database: Database
    registry: Registry
    index: Index
    mentions: Mentions

    async def erase(self, request: mention_pb2.EraseMentionRequest) -> None:
        """It is erased when this returns. Errors: NotFound, LegallyHeld, RequestIdReused, Unavailable: then ask again."""
        mention, actor = mention_id_of(request.name), current_caller().principal
        body = request.SerializeToString(deterministic=True)
        attempt = Attempt.of(actor, "EraseMention", request_id=request.request_id, body=body)
        with engine_errors():
            places = await self.registry.places([mention])
            known = (await self.mentions.read([mention])).get(mention)
            erasure = Erasure(mention, actor, request.reason, request.request_id, known.document if known else _UNKNOWN)
            async with self.database.write() as connection:
                await erase(connection, erasure, attempt)
            await self.index.remove(places)
