"""Brings stored mentions in line with new, changed and removed topics; one replica at a time.

What is left to do is asked of the index each time (mentions that match and are not kept so, and the other way round), so a job
that was cut short goes on where it stopped, and nothing is lost to mentions that are written meanwhile.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from yuqing_indexing.domain.assigning import Assigning
from yuqing_indexing.domain.jobs import Job, JobKind, JobState
from yuqing_indexing.domain.ports import OutsideUnavailable, TopicSource
from yuqing_indexing.domain.searching import MOST_MENTIONS, Finder, Order, Selection
from yuqing_indexing.domain.topics import Topics, to_add, to_remove
from yuqing_indexing.store import jobs
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, confirm, run_leased
from yuqing_runtime.telemetry import Outcomes

PAUSE_SECONDS: Final = 1.0
_JOBS = Outcomes("indexing.jobs", "How jobs ended")
_log = structlog.get_logger(__name__)


class _Superseded(Exception):
    """A later change of the topic has a job of its own."""


@dataclass(frozen=True)
class Backfill:
    """Works on one job after the other."""

    database: Database
    finder: Finder
    topics: TopicSource
    assigning: Assigning

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self.database, "backfill", self._loop)

    async def _loop(self, lease: Lease) -> None:
        while True:
            if not await self.once(lease):
                await asyncio.sleep(PAUSE_SECONDS)

    async def once(self, lease: Lease) -> bool:
        """Does the next job; False where there is none, or an engine is away."""
        async with self.database.read() as connection:
            job = await jobs.next_open(connection, [JobKind.TOPIC_BACKFILL])
        if job is None:
            return False
        try:
            ended = await self._work(lease, job)
        except _Superseded:
            _JOBS.count("superseded")
            return True
        except OutsideUnavailable as error:
            _log.warning("backfill waits", topic=job.topic, error=str(error))
            return False
        _JOBS.count(ended.state.value.lower())
        return True

    async def _work(self, lease: Lease, job: Job) -> Job:
        topics = await self.topics.current()
        if job.topic in topics.unreadable:
            return await self._told(lease, replace(job, state=JobState.FAILED, detail="this version cannot read the topic's query"))
        job = await self._told(lease, replace(job, state=JobState.RUNNING, total=job.done))
        idle_passes = 0
        while True:
            await self.finder.refresh()
            found, changed, job = await self._once_over(lease, job, _selections(topics, job.topic))
            if not found:
                return await self._told(lease, replace(job, state=JobState.DONE))
            idle_passes = 0 if changed else idle_passes + 1
            # Once, others may have brought in line what was found before we came to it; after a refresh that is no longer found.
            if idle_passes > 1:
                detail = f"{found} mentions could not be brought in line"
                _log.error("backfill disagrees", topic=job.topic, mentions=found)
                return await self._told(lease, replace(job, state=JobState.FAILED, detail=detail))

    async def _once_over(self, lease: Lease, job: Job, selections: Sequence[Selection]) -> tuple[int, int, Job]:
        """Looks after all that is found now; how many were found, how many of them changed, and the job."""
        found = changed = 0
        for selection in selections:
            before = job.total
            async for total, mentions in self.finder.everything(selection, Order.OLDEST, MOST_MENTIONS):
                if not mentions:
                    break
                found += len(mentions)
                changed += await self.assigning.again([mention.id for mention in mentions])
                job = await self._told(lease, replace(job, total=before + total, done=job.done + len(mentions)))
        return found, changed, job

    async def _told(self, lease: Lease, job: Job) -> Job:
        async with self.database.write() as connection:
            await confirm(connection, lease)
            if not await jobs.advance(connection, job):
                raise _Superseded
        return job


def _selections(topics: Topics, name: str) -> list[Selection]:
    topic = topics.find(name)
    if topic is None:
        return [Selection(to_remove(name, None))]
    watched, tree = topic
    return [Selection(to_remove(name, tree)), *(() if watched.paused else (Selection(to_add(watched, tree)),))]
