"""Legal holds: on one mention at once, by query as a job; shown, listed, released."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import grpc.aio
from google.protobuf.message import Message
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import legal_hold_pb2 as pb
from yuqing.indexing.v1 import legal_hold_pb2_grpc
from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.holds import Hold, hold_name
from yuqing_indexing.domain.jobs import JobKind
from yuqing_indexing.domain.searching import Search
from yuqing_indexing.people_wire import hold_message
from yuqing_indexing.servicers.acting import Act, Acting, Done
from yuqing_indexing.servicers.asking import Asking, engine_errors, task_of
from yuqing_indexing.servicers.attempts import attempt_of
from yuqing_indexing.store import holds, jobs
from yuqing_indexing.store.by_hand import checked, touch
from yuqing_indexing.wire import mention_id_of
from yuqing_runtime import audit, clock, idempotency, order
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound
from yuqing_runtime.pages import PageTokens, page_size

Context = grpc.aio.ServicerContext[Any, Any]
Reply = TypeVar("Reply", bound=Message)


@dataclass(frozen=True)
class LegalHoldServicer(legal_hold_pb2_grpc.LegalHoldServiceServicer):
    """LegalHoldService."""

    database: Database
    search: Search
    acting: Acting
    tokens: PageTokens
    asking: Asking

    async def HoldMention(self, request: pb.HoldMentionRequest, context: Context) -> pb.HoldMentionResponse:
        """Errors: NotFound, RequestIdReused, Unavailable."""
        mention = await self.acting.mention(mention_id_of(request.name))

        async def hold(connection: AsyncConnection) -> Done:
            made = Hold(holds.new_id(), request.reason, current_caller().principal, await clock.now(connection))
            await holds.add(connection, made)
            if not await holds.cover(connection, made.id, [mention.id]):
                raise NotFound(f"the time of {request.name} is over, and it is about to go")
            await touch(connection, {mention.id: (await checked(connection, mention.id, etag="")).triage})
            reply = pb.HoldMentionResponse(legal_hold=hold_message(made, 1))
            return Done(reply, [mention.id], after={"legal_hold": made.name, "reason": made.reason})

        act = Act(request, "mentions.hold", request.name, ChangeKind.HELD)
        return await self.acting.do(act, {mention.id: mention}, hold, pb.HoldMentionResponse)

    async def HoldMentions(self, request: pb.HoldMentionsRequest, context: Context) -> pb.HoldMentionsResponse:
        """Errors: QueryRefused, RequestIdReused, Unavailable."""
        selection = self.asking.selection(request, await self.asking.sight(request.query))
        with engine_errors():
            total = await self.search.count(selection)
        asked = task_of(request)
        query = asked.pop("query")  # the list of jobs is for more people than the holds are

        async def hold(connection: AsyncConnection) -> tuple[pb.HoldMentionsResponse, AuditRecord]:
            made = Hold(holds.new_id(), request.reason, current_caller().principal, await clock.now(connection), query)
            job = await jobs.start_by(connection, made.author, JobKind.HOLD, {**asked, "hold": made.id}, total=total)
            await holds.add(connection, made := replace(made, job=job.id))
            after = {"reason": made.reason, "mentions": asked["mentions"], "job": job.name}
            record = AuditRecord(made.author, "legal_holds.create", made.name, after=after, request_id=request.request_id)
            return pb.HoldMentionsResponse(legal_hold=hold_message(made, 0), total_size=total), record

        return await self._once(request, hold, pb.HoldMentionsResponse)

    async def GetLegalHold(self, request: pb.GetLegalHoldRequest, context: Context) -> pb.GetLegalHoldResponse:
        """Errors: NotFound."""
        hold = _id_of(request.name)
        async with self.database.read() as connection:
            found, sizes = await holds.find(connection, hold), await holds.sizes(connection, [hold])
        if found is None:
            raise NotFound(f"{request.name} is not there")
        return pb.GetLegalHoldResponse(legal_hold=hold_message(found, sizes.get(hold, 0)))

    async def ListLegalHolds(self, request: pb.ListLegalHoldsRequest, context: Context) -> pb.ListLegalHoldsResponse:
        """Errors: InvalidPageToken, PageTokenExpired."""
        size, person = page_size(request.page_size), current_caller().principal
        bound = f"legal holds {request.mention} {request.show_released}".encode()
        match self.tokens.read(request.page_token, query=bound, person=person):
            case [str() as time, str() as last]:
                before = (datetime.fromisoformat(time), last)
            case _:
                before = None
        mention = mention_id_of(request.mention) if request.mention else ""
        async with self.database.read() as connection:
            found = await holds.newest(connection, mention_id=mention, with_released=request.show_released, before=before, size=size + 1)
            shown = found[:size]
            sizes = await holds.sizes(connection, [hold.id for hold in shown])
        token = ""
        if len(found) > size:
            token = self.tokens.issue([shown[-1].create_time.isoformat(), shown[-1].id], query=bound, person=person)
        return pb.ListLegalHoldsResponse(legal_holds=[hold_message(hold, sizes.get(hold.id, 0)) for hold in shown], next_page_token=token)

    async def ReleaseLegalHold(self, request: pb.ReleaseLegalHoldRequest, context: Context) -> pb.ReleaseLegalHoldResponse:
        """Errors: NotFound, FailedPrecondition, RequestIdReused."""
        hold, person = _id_of(request.name), current_caller().principal

        async def release(connection: AsyncConnection) -> tuple[pb.ReleaseLegalHoldResponse, AuditRecord]:
            before = await holds.release(connection, hold, person=person, reason=request.reason)
            size = (await holds.sizes(connection, [hold])).get(hold, 0)
            job = await jobs.start_by(connection, person, JobKind.RELEASE, {"hold": hold}, total=size)
            after = await holds.find(connection, hold)
            was, now = {"author": before.author, "reason": before.reason}, {"reason": request.reason, "mentions": size, "job": job.name}
            record = AuditRecord(person, "legal_holds.release", before.name, was, now, request.request_id)
            return pb.ReleaseLegalHoldResponse(legal_hold=hold_message(after or before, size), job=job.name), record

        return await self._once(request, release, pb.ReleaseLegalHoldResponse)

    async def _once(self, request: Any, effect: Callable[[AsyncConnection], Awaitable[tuple[Reply, AuditRecord]]], reply: type[Reply]) -> Reply:
        """Has the effect once for each request id, with its audit record. Errors: RequestIdReused."""
        attempt = attempt_of(request)
        async with self.database.write() as connection:
            await order.hold(connection)
            if (kept := await idempotency.once(connection, attempt)) is not None:
                return reply.FromString(kept)
            made, record = await effect(connection)
            await idempotency.keep(connection, attempt, made.SerializeToString())
            await audit.record(connection, record)
        return made


def _id_of(name: str) -> str:
    return name.removeprefix(hold_name(""))
