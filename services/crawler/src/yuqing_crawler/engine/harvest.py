"""From what a page says to what is kept: documents for the spool, and the page itself as evidence."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from yuqing.indexing.v1 import document_pb2
from yuqing_crawler import wire
from yuqing_crawler.domain.document import Document, Precision
from yuqing_crawler.domain.entries import Revisitable, SpoolEntry, StoredPage
from yuqing_crawler.domain.keys import content_hash, document_key, text_hash
from yuqing_crawler.domain.kinds.kind import Fetched
from yuqing_crawler.domain.revisits import heat, is_worth_revisiting
from yuqing_crawler.engine import warc
from yuqing_crawler.engine.middlewares import host_of
from yuqing_crawler.engine.reading import Job
from yuqing_runtime.objects import Objects
from yuqing_runtime.telemetry import current_traceparent

_EXACT = (Precision.SECOND, Precision.MINUTE)


@dataclass(frozen=True, slots=True)
class Offer:
    """A document of a page, before it is known whether it is new; the entry's message is made only if it is."""

    entry: SpoolEntry
    message: document_pb2.Document
    lag: timedelta | None


def offers(job: Job, documents: Sequence[Document], fetched: Fetched) -> list[Offer]:
    """The documents of a page, each once."""
    found = (_offer(job, document, fetched) for document in documents)
    return list({offer.entry.key: offer for offer in found}.values())


def _offer(job: Job, document: Document, fetched: Fetched) -> Offer:
    source = job.source
    message = wire.document_message(document, source=source.name, source_kind=source.kind, medium=source.medium)
    key = document_key(message.site, message.native_id, message.canonical_url or message.url)
    revisit = None
    if is_worth_revisiting(document, fetched.fetched_at):
        own_page = fetched.url in (message.url, message.canonical_url)
        revisit = Revisitable(message.url, host_of(message.url), heat(document.counts), text_hash(message.text) if own_page else b"")
    lag = None
    if document.published_at is not None and document.published_precision in _EXACT:
        lag = fetched.fetched_at - document.published_at
    content = content_hash(message.SerializeToString(deterministic=True))
    return Offer(SpoolEntry(source.id, key, content, b"", revisit=revisit), message, lag)


def complete(offer: Offer, fetched: Fetched, stored: StoredPage | None, *, origin: str = "") -> SpoolEntry:
    """The entry as it goes into the spool: with time, evidence, origin and the trace that it was found in."""
    offer.message.fetched_time.FromDatetime(fetched.fetched_at)
    offer.message.stored_page = stored.sha256 if stored else ""
    offer.message.origin = origin
    return replace(offer.entry, message=offer.message.SerializeToString(), origin=origin, traceparent=current_traceparent())


async def store_page(objects: Objects, fetched: Fetched) -> StoredPage:
    """Keeps the page as evidence; durable when it returns."""
    record, payload_sha256 = await asyncio.to_thread(_pack, fetched)
    sha256 = await objects.put(record)
    return StoredPage(sha256, fetched.url, payload_sha256, fetched.fetched_at, len(record))


def _pack(fetched: Fetched) -> tuple[bytes, str]:
    return warc.record_of(fetched), hashlib.sha256(fetched.body).hexdigest()
