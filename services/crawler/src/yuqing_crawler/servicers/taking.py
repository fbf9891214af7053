"""Takes what people found into the spool: a link by way of a fetch, a text as it stands."""

from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.crawler.v1 import people_pb2
from yuqing_crawler import wire, wire_people
from yuqing_crawler.domain.document import Document
from yuqing_crawler.domain.entries import SpoolEntry
from yuqing_crawler.domain.findings import as_given
from yuqing_crawler.domain.keys import document_key
from yuqing_crawler.store import findings, spool
from yuqing_runtime import clock
from yuqing_runtime.errors import InvalidArgument
from yuqing_runtime.telemetry import current_traceparent


async def take(connection: AsyncConnection, message: people_pb2.Finding, *, origin: str, number: int, kind: str) -> None:
    """Lets a finding enter the spool, at once or after its link was fetched. Errors: InvalidArgument for an empty one."""
    finding = wire_people.finding_of(message, origin, number)
    if finding.is_empty:
        raise InvalidArgument.of("finding", "needs a link or a text")
    if finding.url:
        content = message.SerializeToString()
        await findings.add(connection, origin=origin, number=number, kind=kind, message=content, traceparent=current_traceparent())
        return
    document = as_given(finding)
    if document is not None:
        await spool.add(connection, [await entry_of(connection, document, origin=origin, kind=kind)], await clock.now(connection))


async def entry_of(connection: AsyncConnection, document: Document, *, origin: str, kind: str) -> SpoolEntry:
    """A document that no page gave, ready for the spool."""
    message = wire.document_message(document, source="", source_kind=kind, medium=0, fetched_at=await clock.now(connection))
    message.origin = origin[:200]
    key = document_key(message.site, message.native_id, message.canonical_url or message.url)
    return SpoolEntry("", key, b"", message.SerializeToString(), origin=origin[:200], traceparent=current_traceparent())
