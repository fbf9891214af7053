"""What is kept of a page: its documents, completed, and the page itself as evidence."""

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import replace

from yuqing.indexing.v1 import document_pb2
from yuqing_crawler.domain.entries import SpoolEntry, StoredPage
from yuqing_crawler.domain.kinds.kind import Fetched
from yuqing_crawler.engine import warc
from yuqing_runtime.objects import Objects
from yuqing_runtime.telemetry import current_traceparent


def complete(entries: Iterable[SpoolEntry], fetched: Fetched, stored: StoredPage | None, *, origin: str = "") -> tuple[SpoolEntry, ...]:
    """A page's entries as they go into the spool: with time, evidence, origin and the trace that they were found in."""
    rest = document_pb2.Document(stored_page=stored.sha256 if stored else "", origin=origin)
    rest.fetched_time.FromDatetime(fetched.fetched_at)
    # Two serialised messages in a row are the serialised form of both merged (protobuf's encoding guide, "last one wins").
    more, traceparent = rest.SerializeToString(), current_traceparent()
    return tuple(replace(entry, message=entry.message + more, origin=origin, traceparent=traceparent) for entry in entries)


async def store_page(objects: Objects, fetched: Fetched, payload_sha256: str, *, record: bytes = b"") -> StoredPage:
    """Keeps the page, whose body has this digest, as evidence; durable when it returns. Its record is made where there is none yet."""
    record = record or await asyncio.to_thread(warc.record_of, fetched)
    sha256 = await objects.put(record)
    return StoredPage(sha256, fetched.url, payload_sha256, fetched.fetched_at, len(record))


def digest_of(fetched: Fetched) -> str:
    """SHA-256 of the page's body, in hex."""
    return hashlib.sha256(fetched.body).hexdigest()
