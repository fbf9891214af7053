"""Fetches sources when they are due: takes them by lease, reads them side by side, and says when they are next."""

import asyncio
import os
import secrets
import socket

import structlog

from yuqing_crawler.domain import runs
from yuqing_crawler.domain.health import RunTally
from yuqing_crawler.domain.kinds.registry import InvalidParametersError, UnknownKindError
from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.engine import run
from yuqing_crawler.engine.jobs import OpenSecrets, job_of
from yuqing_crawler.engine.run import Limits, Workbench
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import schedules, sources
from yuqing_crawler.store.schedules import Due
from yuqing_runtime.telemetry import Outcomes

RUNS = Outcomes("crawler.run", "How runs of sources end")
PAGES_IN_WORK = 4
"""Pages of a source that are in work for each that may be on the wire: parsing and keeping others must not leave the wire idle."""
LONGEST_WAIT_SECONDS = 1.0
"""How late a source can be that another replica, or a person there, made due."""
_log = structlog.get_logger(__name__)


def new_holder() -> str:
    """A name for this replica's leases."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


class Scheduler:
    """Runs due sources in this replica."""

    def __init__(self, bench: Workbench, open_secrets: OpenSecrets, settings: Settings, holder: str | None = None) -> None:
        self._bench = bench
        self._database = bench.database
        self._open_secrets = open_secrets
        self._settings = settings
        self._holder = holder or new_holder()
        self._running: dict[asyncio.Task[None], str] = {}

    async def run(self) -> None:
        """For ever."""
        await self._start_alone()
        renewing = asyncio.create_task(self._renew())
        try:
            with self._database.wakes.sleeper(sources.WAKE) as woken:
                while True:
                    woken.clear()
                    await self._begin_due()
                    await self._sleep(woken)
        finally:
            renewing.cancel()
            await self._end()

    async def _start_alone(self) -> None:
        """A SQLite file belongs to one process: what is held there is held by one that died."""
        if self._database.dialect == "sqlite":
            async with self._database.write() as connection:
                await schedules.release_all(connection, None)

    async def _begin_due(self) -> None:
        free = self._settings.concurrent_runs - len(self._running)
        if free <= 0 or await self._seconds_to_next() > 0:
            return
        async with self._database.write() as connection:
            due = await schedules.claim_due(
                connection, self._holder, limit=free, seconds=self._settings.lease_seconds, pages=self._settings.pages_per_run
            )
        for each in due:
            task = asyncio.create_task(self._run_source(each), name=f"run {each.source.name}")
            self._running[task] = each.source.id
            task.add_done_callback(self._running.pop)

    async def _seconds_to_next(self) -> float:
        async with self._database.read() as connection:
            due_at = await schedules.next_due_at(connection)
            now = await self._database.now(connection)
        return (due_at - now).total_seconds() if due_at else LONGEST_WAIT_SECONDS

    async def _sleep(self, woken: asyncio.Event) -> None:
        seconds = await self._seconds_to_next()
        if len(self._running) >= self._settings.concurrent_runs or seconds <= 0:
            # Full, or due but held back (its host rests, or another replica speaks to it).
            seconds = LONGEST_WAIT_SECONDS
        waiting = asyncio.create_task(woken.wait())
        try:
            await asyncio.wait([waiting, *self._running], timeout=min(seconds, LONGEST_WAIT_SECONDS), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    async def _run_source(self, due: Due) -> None:
        tally = await self._read(due)
        async with self._database.write() as connection:
            standing = (await schedules.standings_of(connection, [due.source.id])).get(due.source.id)
            if standing is None:
                return  # removed meanwhile
            days_known = await schedules.days_known(connection, due.source.id)
            now = await self._database.now(connection)
            after, next_run_in = runs.judge(due.source, standing, tally, days_known=days_known, now=now)
            await schedules.finish(connection, due.source, after, next_run_in_seconds=next_run_in)
        RUNS.count("ok" if tally.succeeded else "failed", labels={"kind": due.source.kind})
        _log.info("source fetched", source=due.source.name, items=tally.new_items, outcomes={str(end): size for end, size in tally.outcomes.items()})

    async def _read(self, due: Due) -> RunTally:
        try:
            job = job_of(due.source, self._open_secrets, zone=self._settings.shared.time_zone, cursor=due.cursor)
            limits = Limits(self._settings.pages_per_run, self._settings.host_concurrency * PAGES_IN_WORK)
            return await run.run(self._bench, job, due.left_over, limits)
        except (UnknownKindError, InvalidParametersError) as error:
            return RunTally(detail=str(error)[:1000], start_failed=Outcome.FAILED)
        except Exception as error:  # noqa: BLE001 - one source's run must not end the others
            _log.exception("run failed", source=due.source.name)
            return RunTally(detail=repr(error)[:1000], start_failed=Outcome.FAILED)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            async with self._database.write() as connection:
                await schedules.renew(connection, self._holder, list(self._running.values()), seconds=self._settings.lease_seconds)

    async def _end(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        async with self._database.write() as connection:
            await schedules.release_all(connection, self._holder)
