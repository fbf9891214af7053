"""Jobs, shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc.aio

from yuqing.indexing.v1 import job_pb2, job_pb2_grpc
from yuqing_indexing.domain.jobs import Job, JobKind
from yuqing_indexing.domain.searching import Search
from yuqing_indexing.moments import timestamp_of
from yuqing_indexing.servicers.asking import Asking, engine_errors, task_of
from yuqing_indexing.servicers.starting import Starting
from yuqing_indexing.store import jobs
from yuqing_runtime.access import current_caller
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound
from yuqing_runtime.pages import PageTokens, page_size

Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True)
class JobServicer(job_pb2_grpc.JobServiceServicer):
    """JobService. A topic's jobs are seen by those who see the topic (of a removed one, by those who see all), jobs that people start by everyone."""

    database: Database
    search: Search
    starting: Starting
    tokens: PageTokens
    asking: Asking

    async def GetJob(self, request: job_pb2.GetJobRequest, context: Context) -> job_pb2.GetJobResponse:
        """Errors: NotFound."""
        async with self.database.read() as connection:
            job = await jobs.find(connection, request.name.removeprefix("jobs/"))
        if job is None or (job.topic and not (await self.asking.sight()).seen([job.topic])):
            raise NotFound(f"{request.name} is not there")
        return job_pb2.GetJobResponse(job=_message(job))

    async def ListJobs(self, request: job_pb2.ListJobsRequest, context: Context) -> job_pb2.ListJobsResponse:
        """The jobs of topics that the caller may see. Errors: InvalidPageToken, PageTokenExpired."""
        sight = await self.asking.sight()
        size, principal, bound = page_size(request.page_size), current_caller().principal, f"jobs {request.topic}".encode()
        match self.tokens.read(request.page_token, query=bound, person=principal):
            case [str() as time, str() as last]:
                before = (datetime.fromisoformat(time), last)
            case _:
                before = None
        async with self.database.read() as connection:
            found = await jobs.newest(connection, topic=request.topic, among=sight.topics, before=before, size=size + 1)
        shown = found[:size]
        token = ""
        if len(found) > size:
            token = self.tokens.issue([shown[-1].create_time.isoformat(), shown[-1].id], query=bound, person=principal)
        return job_pb2.ListJobsResponse(jobs=[_message(job) for job in shown], next_page_token=token)

    async def RescoreMentions(self, request: job_pb2.RescoreMentionsRequest, context: Context) -> job_pb2.RescoreMentionsResponse:
        """Errors: QueryRefused, RequestIdReused, Unavailable."""
        selection = self.asking.selection(request, await self.asking.sight(request.query))
        with engine_errors():
            total = await self.search.count(selection)
        job = await self.starting.start(request, JobKind.RESCORE, task_of(request) | {"reason": request.reason}, total=total)
        return job_pb2.RescoreMentionsResponse(job=job.name, total_size=total)


def _message(job: Job) -> job_pb2.Job:
    return job_pb2.Job(
        name=job.name,
        kind=job_pb2.JobKind.Value(f"JOB_KIND_{job.kind.value}"),
        topic=job.topic,
        state=job_pb2.JobState.Value(f"JOB_STATE_{job.state.value}"),
        total_size=job.total,
        done_size=job.done,
        detail=job.detail,
        create_time=timestamp_of(job.create_time),
        update_time=timestamp_of(job.update_time),
        author=job.author,
        query=job.task.get("query", ""),
    )
