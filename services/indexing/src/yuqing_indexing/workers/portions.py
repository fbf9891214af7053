"""A portion of a job that people start: what is done to its mentions is one transaction with the job's progress."""

from collections.abc import Collection
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.jobs import Job
from yuqing_indexing.store import jobs
from yuqing_indexing.store.by_hand import UNTOUCHED, by_hand_of, touch
from yuqing_indexing.store.registry import FEED, change_row
from yuqing_runtime import audit, feed
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.leases import Lease, confirm

PORTION: Final = 500


async def retouch(connection: AsyncConnection, mentions: Collection[str]) -> None:
    """Has the index follow what people did to mentions."""
    present = await by_hand_of(connection, mentions)
    await touch(connection, {mention: present.get(mention, UNTOUCHED).triage for mention in mentions})


async def note(connection: AsyncConnection, job: Job, action: str, kind: ChangeKind, mentions: Collection[Mention]) -> None:
    """Touches the mentions, tells the feed, and records the portion."""
    if not mentions:
        return
    await retouch(connection, [mention.id for mention in mentions])
    rows = [change_row(each.id, kind, each.document, topics=[match.topic for match in each.topics]) for each in mentions]
    await feed.append_all(connection, FEED, rows)
    await audit.record(connection, AuditRecord(job.author, action, job.name, after={"mentions": len(mentions)}))


async def advanced(connection: AsyncConnection, lease: Lease, job: Job) -> Job:
    """Keeps how far the job is. Errors: LeaseLostError."""
    await confirm(connection, lease)
    await jobs.advance(connection, job)
    return job
