"""Looks at hot mentions again, step by step, within what each host can be asked for."""

import asyncio
from collections import defaultdict, deque
from datetime import datetime, timedelta

import structlog

from yuqing_crawler.domain import revisits as rules
from yuqing_crawler.domain.kinds.registry import InvalidParametersError, UnknownKindError
from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.engine import revisit
from yuqing_crawler.engine.jobs import OpenSecrets, job_of
from yuqing_crawler.engine.revisit import RevisitEnd
from yuqing_crawler.engine.run import Workbench
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import revisits, sources
from yuqing_crawler.store.revisits import DueRevisit

POLL_SECONDS = 1.0
AT_ONCE = 8
CLAIMED = 64
LEASE_SECONDS = 120.0
HOUR_SECONDS = 3600.0
_log = structlog.get_logger(__name__)


class Revisits:
    """Runs due revisits in this replica."""

    def __init__(self, bench: Workbench, open_secrets: OpenSecrets, settings: Settings, holder: str) -> None:
        self._bench = bench
        self._open_secrets = open_secrets
        self._settings = settings
        self._holder = holder
        self._steps = [timedelta(seconds=seconds) for seconds in settings.revisit_after_seconds]
        self._budget = HostBudget(settings.revisits_per_host_hour)
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """For ever."""
        while True:
            done = await self.run_due()
            await asyncio.sleep(0 if done == CLAIMED else POLL_SECONDS)

    async def run_due(self) -> int:
        """Looks at what is due, and returns how many mentions that were."""
        database = self._bench.database
        async with database.write() as connection:
            now = await database.now(connection)
            due = await revisits.claim_due(connection, self._holder, now, limit=CLAIMED, seconds=LEASE_SECONDS)
        await asyncio.gather(*(self._look(each, now) for each in due))
        return len(due)

    async def _look(self, due: DueRevisit, now: datetime) -> None:
        if not self._budget.take(due.host, asyncio.get_running_loop().time()):
            # The host has had enough for this hour; the hottest were first, so this one can wait for its next step.
            await self._plan(due, RevisitEnd(Outcome.HELD, due.heat), now)
            return
        async with self._places:
            end = await self._end_of(due)
        await self._plan(due, end, now)

    async def _end_of(self, due: DueRevisit) -> RevisitEnd:
        async with self._bench.database.read() as connection:
            source = await sources.get(connection, due.source_id)
        if source is None or source.standing is not None:
            return RevisitEnd(Outcome.HELD, due.heat)
        try:
            job = job_of(source, self._open_secrets, zone=self._settings.shared.time_zone)
            return await revisit.look_again(self._bench, job, due, images=self._settings.images_per_mention)
        except (UnknownKindError, InvalidParametersError):
            return RevisitEnd(Outcome.FAILED, due.heat)
        except Exception:  # noqa: BLE001 - one mention must not end the looks at others
            _log.exception("revisit failed", url=due.url)
            return RevisitEnd(Outcome.FAILED, due.heat)

    async def _plan(self, due: DueRevisit, end: RevisitEnd, now: datetime) -> None:
        step = None if end.vanished else rules.next_step(due.step, self._steps, heat_before=due.heat, heat_now=end.heat)
        async with self._bench.database.write() as connection:
            if step is None:
                await revisits.end(connection, [due.document_key])
            else:
                due_at = max(due.first_at + self._steps[step], now)
                await revisits.plan(connection, due.document_key, step=step, due_at=due_at)


class HostBudget:
    """How many more revisits a host takes within any hour. Times are those of a monotonic clock, in seconds."""

    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, host: str, now_seconds: float) -> bool:
        """Whether one more is allowed; it counts from now on."""
        taken = self._taken[host]
        while taken and taken[0] <= now_seconds - HOUR_SECONDS:
            taken.popleft()
        if len(taken) >= self._per_hour:
            return False
        taken.append(now_seconds)
        return True
