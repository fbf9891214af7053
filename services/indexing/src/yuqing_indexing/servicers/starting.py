"""Jobs that people start: kept with what was asked for and by whom, once for each request id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yuqing_indexing.domain.jobs import Job, JobKind
from yuqing_indexing.servicers.attempts import attempt_of
from yuqing_indexing.store import jobs
from yuqing_runtime import audit, idempotency, order
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound


@dataclass(frozen=True)
class Starting:
    """Starts jobs."""

    database: Database

    async def start(self, request: Any, kind: JobKind, task: Mapping[str, Any], *, total: int) -> Job:
        """The job of a request; of one that is repeated, the one that was started. Errors: RequestIdReused."""
        principal = current_caller().principal
        attempt = attempt_of(request)
        async with self.database.write() as connection:
            await order.hold(connection)
            if (kept := await idempotency.once(connection, attempt)) is not None:
                job = await jobs.find(connection, kept.decode())
                if job is None:
                    raise NotFound("the job that was started is no longer kept")
                return job
            job = await jobs.start_by(connection, principal, kind, task, total=total)
            await idempotency.keep(connection, attempt, job.id.encode())
            action = f"jobs.start.{kind.value.lower()}"
            after = {name: value for name, value in task.items() if name not in ("departments", "sees_all")}
            await audit.record(connection, AuditRecord(principal, action, job.name, after=after, request_id=request.request_id))
        return job
