"""One run of a source: from its first pages along what they lead to, each page kept before the next one counts as known."""

import asyncio
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

import structlog

from yuqing_crawler.domain.entries import PageRecord, PendingPage, Recorded
from yuqing_crawler.domain.health import RunTally
from yuqing_crawler.domain.keys import address_key
from yuqing_crawler.domain.outcomes import GOOD, PASSING, Outcome
from yuqing_crawler.engine import harvest
from yuqing_crawler.engine.middlewares import host_of
from yuqing_crawler.engine.offers import Offer
from yuqing_crawler.engine.reading import Job, Reader, Reading, Unparsed
from yuqing_crawler.store import hosts, schedules
from yuqing_crawler.store.recorder import Fresh, Recorder
from yuqing_runtime.database import Database
from yuqing_runtime.objects import Objects
from yuqing_runtime.telemetry import Outcomes, tracer

FETCHES = Outcomes("crawler.fetch", "How fetches of pages end")
_TRACER = tracer("yuqing_crawler")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Workbench:
    """What runs share in this process."""

    database: Database
    reader: Reader
    recorder: Recorder
    objects: Objects


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run: pages in all, and pages at once."""

    pages: int
    at_once: int


@dataclass(frozen=True, slots=True)
class PageEnd:
    """How a page ended, and what is still to be read because of it."""

    outcome: Outcome
    page: PendingPage
    recorded: Recorded
    detail: str = ""
    hold_seconds: float = 0.0
    lags_seconds: tuple[float, ...] = ()


async def run(bench: Workbench, job: Job, left_over: tuple[PendingPage, ...], limits: Limits) -> RunTally:
    """Reads the source's first pages, what earlier runs left, and what they lead to, up to the limit."""
    tally = RunTally()
    order = count()
    queue: list[tuple[int, int, PendingPage]] = []

    def add(pages: tuple[PendingPage, ...]) -> None:
        for page in pages:
            heapq.heappush(queue, (-page.follow.priority, next(order), page))

    add(tuple(PendingPage(follow, cursor=job.view.cursor) for follow in job.kind.start(job.view)))
    add(left_over)
    running: set[asyncio.Task[PageEnd]] = set()
    begun = 0
    try:
        while running or (queue and begun < limits.pages and not tally.hold_seconds):
            while queue and len(running) < limits.at_once and begun < limits.pages and not tally.hold_seconds:
                _, _, page = heapq.heappop(queue)
                begun += 1
                running.add(asyncio.create_task(read_page(bench, job, page)))
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                end = task.result()
                _count(tally, end)
                add(end.recorded.pending)
    finally:
        for task in running:
            task.cancel()
    tally.unfinished = bool(queue)
    return tally


def _count(tally: RunTally, end: PageEnd) -> None:
    tally.outcomes[end.outcome] += 1
    tally.new_items += end.recorded.new_items
    tally.lags_seconds.extend(end.lags_seconds)
    if end.outcome not in GOOD:
        tally.detail = f"{end.outcome.value}: {end.detail} ({end.page.follow.url})"[:1000]
        if end.page.frontier_id is None and tally.start_failed is None:
            tally.start_failed = end.outcome
    if end.outcome in (Outcome.RATE_LIMITED, Outcome.HELD):
        tally.hold_seconds = max(tally.hold_seconds, end.hold_seconds, 1.0)


async def read_page(bench: Workbench, job: Job, page: PendingPage) -> PageEnd:
    """Reads one page and keeps what it gives; ends in exactly one counted outcome."""
    job = replace(job, view=replace(job.view, cursor=page.cursor))
    with _TRACER.start_as_current_span("crawler.page", attributes={"source": job.source.name, "url": page.follow.url}) as span:
        try:
            end = await _read_page(bench, job, page)
        except Exception as error:  # noqa: BLE001 - one page that cannot be kept must not end the run
            _log.exception("page cannot be kept", source=job.source.name, url=page.follow.url)
            end = PageEnd(Outcome.FAILED, page, Recorded(0), repr(error)[:500])
            span.record_exception(error)
        span.set_attribute("outcome", end.outcome.value)
    FETCHES.count(end.outcome.value, labels={"kind": job.source.kind})
    return end


async def _read_page(bench: Workbench, job: Job, page: PendingPage) -> PageEnd:
    key = address_key(page.follow.url)
    known = None if page.follow.once_key else await bench.recorder.state_of(job.source.id, key)
    reading = await bench.reader.read(job, page.follow, known)
    if reading.outcome is not None or reading.fetched is None:
        return await _end_badly(bench, job, page, reading)
    fetched = reading.fetched
    harvested = await bench.reader.harvest(job, page.follow, fetched)
    if isinstance(harvested, Unparsed):
        return await _end_badly(bench, job, page, Reading(harvested.outcome, fetched, detail=harvested.detail))
    wanted = await _wanted(bench, page, harvested.offers)
    stored = None
    if wanted.keys and not wanted.shows_erased:
        stored = await harvest.store_page(bench.objects, fetched, reading.state.payload_sha256, record=harvested.record)
    new = [offer for offer in harvested.offers if offer.entry.key in wanted.keys]
    entries = harvest.complete((offer.entry for offer in new), fetched, stored)
    state = None if page.follow.once_key else reading.state
    parsed = harvested.parsed
    recorded = await bench.recorder.record(PageRecord(job.source.id, page, entries, parsed.follow, parsed.cursor, key, state, stored))
    outcome = Outcome.STORED if recorded.new_items else Outcome.UNCHANGED if harvested.offers else Outcome.READ
    return PageEnd(outcome, page, recorded, lags_seconds=tuple(offer.lag_seconds for offer in new if offer.lag_seconds is not None))


async def _wanted(bench: Workbench, page: PendingPage, offered: Sequence[Offer]) -> Fresh:
    """The documents that are likely new. A page that is read only once says nothing that is known; one that is read again mostly does."""
    if not offered or page.follow.once_key:
        return Fresh({offer.entry.key for offer in offered})
    return await bench.recorder.fresh([offer.entry for offer in offered])


async def _end_badly(bench: Workbench, job: Job, page: PendingPage, reading: Reading) -> PageEnd:
    """A page without content: not modified, refused or failed."""
    outcome = reading.outcome or Outcome.FAILED
    if page.frontier_id is not None and outcome is not Outcome.HELD:
        async with bench.database.write() as connection:
            await (schedules.keep_for_later if outcome in PASSING else schedules.drop)(connection, page)
    if outcome in (Outcome.RATE_LIMITED, Outcome.HELD):
        async with bench.database.write() as connection:
            await hosts.hold(connection, host_of(page.follow.url), seconds=reading.hold_seconds)
    return PageEnd(outcome, page, Recorded(0), job.secrets.hide(reading.detail), reading.hold_seconds)
