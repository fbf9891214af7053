"""Fetches the links that people gave; what cannot be read goes into the spool in their own words."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from yuqing.crawler.v1 import people_pb2
from yuqing_crawler import wire, wire_people
from yuqing_crawler.domain.document import Document
from yuqing_crawler.domain.entries import PageRecord, PendingPage, SpoolEntry
from yuqing_crawler.domain.findings import Finding, as_given, completed
from yuqing_crawler.domain.keys import document_key
from yuqing_crawler.domain.kinds.kind import Fetched, Follow, Parameters, SourceView
from yuqing_crawler.domain.outcomes import PASSING
from yuqing_crawler.engine import harvest
from yuqing_crawler.engine.downloads import Answer, Ask, Downloads
from yuqing_crawler.engine.looking import reason_of
from yuqing_crawler.engine.reading import Unparsed
from yuqing_crawler.engine.run import FETCHES, Workbench
from yuqing_crawler.store import findings, reports
from yuqing_crawler.store.findings import WaitingFinding
from yuqing_runtime.telemetry import linked_to, tracer

AT_ONCE = 8
LEASE_SECONDS = 180.0
ATTEMPTS = 3
RETRY_SECONDS = 60.0
POLL_SECONDS = 5.0
_TRACER = tracer("yuqing_crawler")


class Findings:
    """Fetches waiting findings in this replica. `zone` is the organisation's."""

    def __init__(self, bench: Workbench, downloads: Downloads, zone: ZoneInfo) -> None:
        self._bench = bench
        self._downloads = downloads
        self._zone = zone

    async def run(self) -> None:
        """For ever."""
        with self._bench.database.wakes.sleeper(findings.WAKE) as found:
            while True:
                found.clear()
                if not await self.run_waiting():
                    await asyncio.wait([waiting := asyncio.create_task(found.wait())], timeout=POLL_SECONDS)
                    waiting.cancel()

    async def run_waiting(self) -> int:
        """Fetches some, and returns how many."""
        async with self._bench.database.write() as connection:
            claimed = await findings.claim(connection, limit=AT_ONCE, seconds=LEASE_SECONDS)
        await asyncio.gather(*(self._settle(each) for each in claimed))
        return len(claimed)

    async def _settle(self, waiting: WaitingFinding) -> None:
        link = linked_to(waiting.traceparent)
        with _TRACER.start_as_current_span("crawler.finding", links=[link] if link else []):
            finding = wire_people.finding_of(people_pb2.Finding.FromString(waiting.message), waiting.origin, waiting.number)
            answer = await self._downloads.fetch(Ask(finding.url))
            FETCHES.count((answer.outcome or "read"), labels={"kind": waiting.kind})
            if answer.outcome in PASSING and waiting.attempts < ATTEMPTS:
                async with self._bench.database.write() as connection:
                    await findings.try_later(connection, waiting.id, seconds=max(RETRY_SECONDS, answer.hold_seconds))
                return
            await self._keep(waiting, finding, answer)

    async def _keep(self, waiting: WaitingFinding, finding: Finding, answer: Answer) -> None:
        fetched = answer.fetched
        document = await self._read(finding, fetched) if fetched is not None and answer.outcome is None else None
        stored = None
        if document is not None and fetched is not None:
            stored = await harvest.store_page(self._bench.objects, fetched, harvest.digest_of(fetched))
        document = document or as_given(finding)
        if document is None:
            await self._give_up(waiting, answer)
            return
        message = wire.document_message(document, source="", source_kind=waiting.kind, medium=0, fetched_at=datetime.now(UTC))
        message.origin = waiting.origin
        message.stored_page = stored.sha256 if stored else ""
        key = document_key(message.site, message.native_id, message.canonical_url or message.url)
        # Remembered under its origin: two people who report the same page both learn what became of it.
        entry = SpoolEntry("", key, b"", message.SerializeToString(), origin=waiting.origin, traceparent=waiting.traceparent)
        entry = replace(entry, seen_as=document_key(waiting.origin, str(waiting.number), ""), content=key)
        page = PendingPage(Follow(finding.url, waiting.kind))
        await self._bench.recorder.record(PageRecord("", page, (entry,), stored=stored, finding_id=waiting.id))

    async def _read(self, finding: Finding, fetched: Fetched) -> Document | None:
        view = SourceView(finding.url, Parameters(), finding.medium, self._zone)
        parsed = await self._bench.reader.article(view, fetched)
        if isinstance(parsed, Unparsed) or not parsed.documents:
            return None
        return completed(parsed.documents[0], finding)

    async def _give_up(self, waiting: WaitingFinding, answer: Answer) -> None:
        """Only a link, and that cannot be read: the reporter learns why."""
        async with self._bench.database.write() as connection:
            await findings.done(connection, waiting.id)
            await reports.cannot_be_read(connection, waiting.origin, f"系统未能采集该链接：{reason_of(answer.outcome, answer.detail)}")
