"""Looks at one known mention again: what changed goes into the spool as a document of the same identity."""

from collections.abc import Sequence
from dataclasses import dataclass

from yuqing.indexing.v1 import document_pb2
from yuqing_crawler import wire
from yuqing_crawler.domain.document import Counts
from yuqing_crawler.domain.entries import PageRecord, PendingPage, Recorded, Revisitable, SpoolEntry
from yuqing_crawler.domain.keys import content_hash, revisit_key, text_hash
from yuqing_crawler.domain.kinds.kind import Fetched, Follow, Known, Revisited
from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.domain.revisits import heat
from yuqing_crawler.engine import harvest
from yuqing_crawler.engine.offers import PageOf, offers
from yuqing_crawler.engine.reading import Job, Unparsed
from yuqing_crawler.engine.run import FETCHES, Workbench
from yuqing_crawler.store.recorder import Fresh
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


async def look_again(bench: Workbench, job: Job, due: DueRevisit, *, images: int) -> RevisitEnd:
    """Fetches a mention's page again, and up to `images` of its images whose hash is not known yet, and keeps what is new.

    Ends in exactly one counted outcome, beside those of the images.
    """
    with _TRACER.start_as_current_span("crawler.revisit", attributes={"source": job.source.name, "url": due.url}):
        end = await _look(bench, job, due, images)
    FETCHES.count(end.outcome.value, labels={"kind": "revisit"})
    return end


async def _look(bench: Workbench, job: Job, due: DueRevisit, images: int) -> RevisitEnd:
    before = document_pb2.Document.FromString(due.message)
    known = Known(due.url, before.native_id)
    answer = await bench.reader.fetch(job, job.kind.revisit_follow(known, job.view))
    fetched = answer.fetched
    if fetched is None or (answer.outcome is not None and fetched.status not in GONE):
        return RevisitEnd(answer.outcome or Outcome.FAILED, due.heat)
    seen = await bench.reader.revisit(job, known, fetched)
    if isinstance(seen, Unparsed):
        return RevisitEnd(seen.outcome, due.heat)
    if seen.vanished:
        await _keep(bench, due, fetched, [_entry(due, wire.vanished(before), None)])
        return RevisitEnd(Outcome.VANISHED, due.heat, vanished=True)
    now, counts = _now(job, before, due, seen)
    await _hash_images(bench, job, before, now, images)
    heat_now = heat(counts)
    text = text_hash(seen.document.text) if seen.document is not None else due.text
    own = _entry(due, now, Revisitable(due.url, due.host, heat_now, text))
    changed = [] if now == wire.bare(before) and text == due.text else [own]
    below, shows_erased = await _fresh(bench, job, seen, fetched)
    entries = [*changed, *below]
    if not entries:
        return RevisitEnd(Outcome.UNCHANGED, heat_now)
    recorded = await _keep(bench, due, fetched, entries, evident=not shows_erased)
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


async def _hash_images(bench: Workbench, job: Job, before: document_pb2.Document, now: document_pb2.Document, most: int) -> None:
    """Sets the SHA-256 of the mention's images: known ones stay, some of the others are fetched."""
    known = {image.url: image.sha256 for image in before.images if image.sha256}
    for image in now.images:
        image.sha256 = image.sha256 or known.get(image.url, "")
    for image in [image for image in now.images if not image.sha256][:most]:
        answer = await bench.reader.fetch(job, Follow(image.url, "image"))
        FETCHES.count(answer.outcome or "read", labels={"kind": "image"})
        if answer.outcome is None and answer.fetched is not None:
            image.sha256 = harvest.digest_of(answer.fetched)


def _entry(due: DueRevisit, message: document_pb2.Document, again: Revisitable | None) -> SpoolEntry:
    said = message.SerializeToString(deterministic=True)
    content = content_hash(said + (again.text if again else b""))
    return SpoolEntry(due.source_id, due.document_key, content, said, revisit=again, seen_as=revisit_key(due.document_key))


async def _fresh(bench: Workbench, job: Job, seen: Revisited, fetched: Fetched) -> tuple[list[SpoolEntry], bool]:
    """What stands below the mention by now and is not known: comments go on when their article is old; and whether something erased stands there."""
    below = [offer.entry for offer in offers(PageOf.of(job.source), seen.others, fetched)]
    fresh = await bench.recorder.fresh(below) if below else Fresh(set())
    return [entry for entry in below if entry.key in fresh.keys], fresh.shows_erased


async def _keep(bench: Workbench, due: DueRevisit, fetched: Fetched, entries: Sequence[SpoolEntry], *, evident: bool = True) -> Recorded:
    stored = await harvest.store_page(bench.objects, fetched, harvest.digest_of(fetched)) if evident else None
    page = PendingPage(Follow(due.url, "revisit"))
    return await bench.recorder.record(PageRecord(due.source_id, page, harvest.complete(entries, fetched, stored), stored=stored))
