"""Does what people ask for of all mentions that a query finds: correct, take corrections back, judge anew, hold; one replica at a time.

A portion of mentions is one transaction with the job's progress, so a job that was cut short goes on where it stopped. Corrections know
their job, holds what they cover: what is found a second time is left alone. Judging anew remembers the time of publication that it has come to.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog

from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.by_hand import LabelKind
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.following_people import FollowingPeople
from yuqing_indexing.domain.jobs import BY_PEOPLE, Job, JobKind, JobState
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.domain.rescoring import Rescoring
from yuqing_indexing.domain.searching import MOST_MENTIONS, Finder, Order, Selection
from yuqing_indexing.store import corrections, jobs
from yuqing_indexing.store.registry import places_of
from yuqing_indexing.workers.holding import Holding
from yuqing_indexing.workers.portions import PORTION, advanced, note
from yuqing_runtime import order
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, run_leased
from yuqing_runtime.telemetry import Outcomes

PAUSE_SECONDS: Final = 1.0
_JOBS = Outcomes("indexing.jobs_by_people", "How jobs ended that people started")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ByQuery:
    """Works on one job after the other; `selecting` reads what a job's task selects."""

    database: Database
    finder: Finder
    mentions: Mentions
    following: FollowingPeople
    rescoring: Rescoring
    holding: Holding
    selecting: Callable[[Mapping[str, Any]], Awaitable[Selection]]

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self.database, "by-query", self._loop)

    async def _loop(self, lease: Lease) -> None:
        while True:
            if not await self.once(lease):
                await asyncio.sleep(PAUSE_SECONDS)

    async def once(self, lease: Lease) -> bool:
        """Does the next job; False where there is none, or an engine is away."""
        async with self.database.read() as connection:
            job = await jobs.next_open(connection, BY_PEOPLE)
        if job is None:
            return False
        try:
            ended = await self._work(lease, replace(job, state=JobState.RUNNING))
        except OutsideUnavailable as error:
            _log.warning("job waits", job=job.name, error=str(error))
            return False
        _JOBS.count(ended.state.value.lower(), labels={"kind": ended.kind.value.lower()})
        return True

    async def _work(self, lease: Lease, job: Job) -> Job:
        if job.kind is JobKind.UNDO:
            job = await self._undo(lease, job)
        elif job.kind is JobKind.RELEASE:
            job = await self.holding.release(lease, job)
        else:
            await self.finder.refresh()
            step = {JobKind.CORRECTION: self._correct, JobKind.RESCORE: self._rescore, JobKind.HOLD: self.holding.hold}[job.kind]
            seen = 0
            async for total, mentions in self.finder.everything(await self._selection(job), Order.OLDEST, MOST_MENTIONS):
                job = replace(job, total=max(job.total, total)) if seen == 0 else job
                seen += len(mentions)
                if mentions:
                    job = await step(lease, job, mentions)
        return await self._told(lease, replace(job, state=JobState.DONE, total=job.done))

    async def _selection(self, job: Job) -> Selection:
        selection = await self.selecting(job.task)
        if came_to := job.task.get("came_to"):
            start = datetime.fromisoformat(came_to)
            return replace(selection, start=max(start, selection.start) if selection.start else start)
        return selection

    async def _correct(self, lease: Lease, job: Job, mentions: Sequence[Mention]) -> Job:
        task, kind = job.task, LabelKind(job.task["kind"])
        given = corrections.Order(kind, tuple(task["values"]), task["pinned"], task["reason"], job.author, job.id)
        async with self.database.write() as connection:
            await order.hold(connection)
            names = [mention.id for mention in mentions]
            there = {place.id for place in await places_of(connection, names)} - await corrections.mentions_made_by(connection, job.id, names)
            changed = [mention for mention in mentions if mention.id in there]
            await corrections.add(connection, given, {mention.id: mention.judged(kind) for mention in changed})
            await note(connection, job, "mentions.correct", ChangeKind.CORRECTED, changed)
            job = await advanced(connection, lease, replace(job, done=job.done + len(changed)))
        await self.following.again(there)
        return job

    async def _undo(self, lease: Lease, job: Job) -> Job:
        undone, again = job.task["job"], True
        while again:
            async with self.database.read() as connection:
                standing = await corrections.made_by(connection, undone, limit=PORTION)
            found = await self.mentions.read({kept.mention for kept in standing})
            async with self.database.write() as connection:
                await order.hold(connection)
                await corrections.undo(connection, [kept.correction.id for kept in standing], job.author)
                await note(connection, job, "corrections.undo", ChangeKind.CORRECTED, list(found.values()))
                job = await advanced(connection, lease, replace(job, done=job.done + len(standing)))
            await self.following.again(found)
            again = bool(standing)
        return job

    async def _rescore(self, lease: Lease, job: Job, mentions: Sequence[Mention]) -> Job:
        await self.rescoring.again([mention.id for mention in mentions])
        came_to = mentions[-1].when.isoformat()
        return await self._told(lease, replace(job, done=job.done + len(mentions), task={**job.task, "came_to": came_to}))

    async def _told(self, lease: Lease, job: Job) -> Job:
        async with self.database.write() as connection:
            return await advanced(connection, lease, job)
