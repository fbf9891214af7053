"""Puts what a query finds under a legal hold, and tells searches and followers of the feed that one was released."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.following_people import FollowingPeople
from yuqing_indexing.domain.jobs import Job
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.store import holds
from yuqing_indexing.workers.portions import PORTION, advanced, note, retouch
from yuqing_runtime import order
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease


@dataclass(frozen=True)
class Holding:
    """The steps of these jobs; each may be cut short and repeated."""

    database: Database
    mentions: Mentions
    following: FollowingPeople

    async def hold(self, lease: Lease, job: Job, mentions: Sequence[Mention]) -> Job:
        """Covers a portion of what was found, unless the hold was released meanwhile. Errors: OutsideUnavailable, LeaseLostError."""
        async with self.database.write() as connection:
            await order.hold(connection)
            covered = await holds.cover(connection, job.task["hold"], [mention.id for mention in mentions])
            await note(connection, job, "mentions.hold", ChangeKind.HELD, [mention for mention in mentions if mention.id in covered])
            job = await advanced(connection, lease, replace(job, done=job.done + len(covered)))
        await self.following.again(covered)
        return job

    async def release(self, lease: Lease, job: Job) -> Job:
        """Tells of all that the hold covered; what another hold covers, too, stays held. Errors: OutsideUnavailable, LeaseLostError."""
        while True:
            async with self.database.read() as connection:
                portion = await holds.portion(connection, job.task["hold"], after=job.task.get("came_to", ""), limit=PORTION)
            if not portion:
                return job
            found = await self.mentions.read(portion)
            async with self.database.write() as connection:
                await order.hold(connection)
                held = await holds.standing(connection, portion)
                await retouch(connection, [name for name in found if name in held])
                freed = [mention for name, mention in found.items() if name not in held]
                await note(connection, job, "mentions.release", ChangeKind.RELEASED, freed)
                progress = replace(job, done=job.done + len(portion), task={**job.task, "came_to": portion[-1]})
                job = await advanced(connection, lease, progress)
            await self.following.again(found)
