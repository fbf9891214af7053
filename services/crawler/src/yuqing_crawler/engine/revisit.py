"""Looks at one known mention again: what changed goes into the spool as a document of the same identity."""

from dataclasses import dataclass, replace

from yuqing.indexing.v1 import document_pb2
from yuqing_crawler import wire
from yuqing_crawler.domain.document import Counts
from yuqing_crawler.domain.entries import PageRecord, PendingPage, Recorded, Revisitable, SpoolEntry
from yuqing_crawler.domain.keys import content_hash, revisit_key, text_hash
from yuqing_crawler.domain.kinds.kind import Fetched, Follow, Known, Revisited
from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.domain.revisits import heat
from yuqing_crawler.engine import harvest
from yuqing_crawler.engine.harvest import Offer
from yuqing_crawler.engine.reading import Job
from yuqing_crawler.engine.run import FETCHES, Workbench
from yuqing_crawler.store.revisits import DueRevisit
from yuqing_runtime.telemetry import tracer

_TRACER = tracer("yuqing_crawler")
GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class RevisitEnd:
    """What a look came to: how hot the mention is now, and whether it is gone for good."""

    outcome: Outcome
    heat: float
    vanished: bool = False


async def look_again(bench: Workbench, job: Job, due: DueRevisit) -> RevisitEnd:
    """Fetches a mention's page again and keeps what is new; ends in exactly one counted outcome."""
    with _TRACER.start_as_current_span("crawler.revisit", attributes={"source": job.source.name, "url": due.url}):
        end = await _look(bench, job, due)
    FETCHES.count(end.outcome.value, labels={"kind": "revisit"})
    return end


async def _look(bench: Workbench, job: Job, due: DueRevisit) -> RevisitEnd:
    before = document_pb2.Document.FromString(due.message)
    known = Known(due.url, before.native_id)
    answer = await bench.reader.fetch(job, job.kind.revisit_follow(known, job.view))
    fetched = answer.fetched
    if fetched is None or (answer.outcome is not None and fetched.status not in GONE):
        return RevisitEnd(answer.outcome or Outcome.FAILED, due.heat)
    seen = await bench.reader.aside(job.kind.revisit, fetched, known, job.view)
    if seen.vanished:
        await _keep(bench, due, fetched, Offer(_entry(due, None), wire.vanished(before), None))
        return RevisitEnd(Outcome.VANISHED, due.heat, vanished=True)
    now, counts = _now(job, before, due, seen)
    heat_now = heat(counts)
    text = text_hash(seen.document.text) if seen.document is not None else due.text
    if now == wire.bare(before) and text == due.text:
        return RevisitEnd(Outcome.UNCHANGED, heat_now)
    entry = _entry(due, Revisitable(due.url, due.host, heat_now, text))
    recorded = await _keep(bench, due, fetched, Offer(entry, now, None))
    return RevisitEnd(Outcome.STORED if recorded.new_items else Outcome.UNCHANGED, heat_now)


def _now(job: Job, before: document_pb2.Document, due: DueRevisit, seen: Revisited) -> tuple[document_pb2.Document, Counts]:
    """The mention as it is now, under the identity that it had.

    A text that was first read from elsewhere (a feed) is not an edit of that one: it only becomes what later looks compare with.
    """
    if seen.document is None:
        return wire.with_counts(before, seen.counts), seen.counts
    source = job.source
    now = wire.document_message(seen.document, source=source.name, source_kind=source.kind, medium=source.medium)
    merged = wire.same_mention(before, now)
    if not due.text or text_hash(seen.document.text) == due.text:
        merged.text, merged.title = before.text, before.title
    return merged, seen.document.counts


def _entry(due: DueRevisit, again: Revisitable | None) -> SpoolEntry:
    return SpoolEntry(due.source_id, due.document_key, b"", b"", revisit=again, seen_as=revisit_key(due.document_key))


async def _keep(bench: Workbench, due: DueRevisit, fetched: Fetched, offer: Offer) -> Recorded:
    content = content_hash(offer.message.SerializeToString(deterministic=True) + (offer.entry.revisit.text if offer.entry.revisit else b""))
    stored = await harvest.store_page(bench.objects, fetched)
    entry = harvest.complete(replace(offer, entry=replace(offer.entry, content=content)), fetched, stored)
    return await bench.recorder.record(PageRecord(due.source_id, PendingPage(Follow(due.url, "revisit")), (entry,), stored=stored))
