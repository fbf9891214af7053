"""What is kept of a page: its documents, completed, and the page itself as evidence."""

import asyncio
import hashlib
from dataclasses import replace

from yuqing.indexing.v1 import document_pb2
from yuqing_crawler.domain.entries import SpoolEntry, StoredPage
from yuqing_crawler.domain.kinds.kind import Fetched
from yuqing_crawler.engine import warc
from yuqing_runtime.objects import Objects
from yuqing_runtime.telemetry import current_traceparent


def complete(entry: SpoolEntry, fetched: Fetched, stored: StoredPage | None, *, origin: str = "") -> SpoolEntry:
    """The entry as it goes into the spool: with time, evidence, origin and the trace that it was found in."""
    rest = document_pb2.Document(stored_page=stored.sha256 if stored else "", origin=origin)
    rest.fetched_time.FromDatetime(fetched.fetched_at)
    # Two serialised messages in a row are the serialised form of both merged (protobuf's encoding guide, "last one wins").
    return replace(entry, message=entry.message + rest.SerializeToString(), origin=origin, traceparent=current_traceparent())


async def store_page(objects: Objects, fetched: Fetched) -> StoredPage:
    """Keeps the page as evidence; durable when it returns."""
    record, payload_sha256 = await asyncio.to_thread(_pack, fetched)
    sha256 = await objects.put(record)
    return StoredPage(sha256, fetched.url, payload_sha256, fetched.fetched_at, len(record))


def _pack(fetched: Fetched) -> tuple[bytes, str]:
    return warc.record_of(fetched), hashlib.sha256(fetched.body).hexdigest()
