"""Jobs in SQL; each function works in the transaction it is given."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_indexing.domain.jobs import KEPT, OPEN_STATES, Job, JobKind, JobState
from yuqing_indexing.store.tables import job as table
from yuqing_runtime import clock

_OPEN = [state.value for state in OPEN_STATES]


async def start(connection: AsyncConnection, topic: str) -> None:
    """A new job for a topic; open ones of the same topic are superseded by it. Jobs that ended long ago are forgotten."""
    now = await clock.now(connection)
    older = update(table).where(table.c.topic == topic, table.c.state.in_(_OPEN))
    await connection.execute(older.values(state=JobState.SUPERSEDED.value, update_time=now))
    await _add(connection, Job(secrets.token_hex(8), topic, JobState.PENDING, 0, 0, "", now, now))


async def start_by(connection: AsyncConnection, author: str, kind: JobKind, task: Mapping[str, Any], *, total: int) -> Job:
    """A new job that a person starts."""
    now = await clock.now(connection)
    job = Job(secrets.token_hex(8), "", JobState.PENDING, total, 0, "", now, now, kind, author, task)
    await _add(connection, job)
    return job


async def next_open(connection: AsyncConnection, kinds: Collection[JobKind]) -> Job | None:
    """The oldest job of these kinds that is not at its end."""
    of_kind = table.c.kind.in_([kind.value for kind in kinds])
    query = select(table).where(table.c.state.in_(_OPEN), of_kind).order_by(table.c.create_time, table.c.id).limit(1)
    row = (await connection.execute(query)).mappings().one_or_none()
    return _job(row) if row else None


async def advance(connection: AsyncConnection, job: Job) -> bool:
    """Writes state, progress, detail and task; False where the job was superseded meanwhile."""
    changed = update(table).where(table.c.id == job.id, table.c.state.in_(_OPEN))
    values: dict[str, Any] = {"state": job.state.value, "total": job.total, "done": job.done, "detail": job.detail, "task": dict(job.task)}
    values["update_time"] = await clock.now(connection)
    return (await connection.execute(changed.values(values))).rowcount == 1


async def find(connection: AsyncConnection, job_id: str) -> Job | None:
    """The job with this id."""
    row = (await connection.execute(select(table).where(table.c.id == job_id))).mappings().one_or_none()
    return _job(row) if row else None


async def newest(
    connection: AsyncConnection, *, topic: str, among: frozenset[str] | None, before: tuple[datetime, str] | None, size: int
) -> list[Job]:
    """Jobs of one topic or of all `among` these and of none (None: of all there are), newest first; `before` are time and id of the last one."""
    query = select(table).order_by(table.c.create_time.desc(), table.c.id.desc()).limit(size)
    if topic:
        query = query.where(table.c.topic == topic)
    if among is not None:
        query = query.where(table.c.topic.in_(["", *sorted(among)]))
    if before is not None:
        query = query.where(tuple_(table.c.create_time, table.c.id) < before)
    return [_job(row) for row in (await connection.execute(query)).mappings()]


async def _add(connection: AsyncConnection, job: Job) -> None:
    """Jobs that ended long ago are forgotten by the way."""
    await connection.execute(delete(table).where(table.c.state.not_in(_OPEN), table.c.update_time < job.create_time - KEPT))
    row = asdict(job) | {"state": job.state.value, "kind": job.kind.value, "task": dict(job.task)}
    await connection.execute(insert(table).values(row))


def _job(row: RowMapping) -> Job:
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    fields["state"], fields["kind"] = JobState(fields["state"]), JobKind(fields["kind"])
    return Job(**fields)
