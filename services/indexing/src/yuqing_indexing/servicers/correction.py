"""Corrections: of one mention at once, by query as a job; taken back; listed."""

from dataclasses import dataclass
from typing import Any

import grpc.aio
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import correction_pb2, correction_service_pb2, correction_service_pb2_grpc
from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.by_hand import Correction
from yuqing_indexing.domain.jobs import JobKind
from yuqing_indexing.domain.searching import Search
from yuqing_indexing.moments import timestamp_of
from yuqing_indexing.people_wire import correction_message, label_of
from yuqing_indexing.servicers.acting import Act, Acting, Done
from yuqing_indexing.servicers.asking import Asking, engine_errors, task_of
from yuqing_indexing.servicers.starting import Starting
from yuqing_indexing.store import corrections, jobs
from yuqing_indexing.store.by_hand import checked, touch
from yuqing_indexing.store.corrections import Kept, Order
from yuqing_indexing.wire import mention_id_of
from yuqing_runtime.access import current_caller
from yuqing_runtime.database import Database
from yuqing_runtime.errors import FailedPrecondition, NotFound
from yuqing_runtime.pages import PageTokens, page_size

Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True)
class CorrectionServicer(correction_service_pb2_grpc.CorrectionServiceServicer):
    """CorrectionService."""

    database: Database
    search: Search
    acting: Acting
    starting: Starting
    tokens: PageTokens
    asking: Asking

    async def CorrectMention(
        self, request: correction_service_pb2.CorrectMentionRequest, context: Context
    ) -> correction_service_pb2.CorrectMentionResponse:
        """Errors: InvalidArgument, NotFound, Aborted, RequestIdReused, Unavailable."""
        kind, values = label_of(request.label)
        mention = await self.acting.mention(mention_id_of(request.name))
        order = Order(kind, values, request.pinned, request.reason, current_caller().principal)

        async def correct(connection: AsyncConnection) -> Done:
            present = await checked(connection, mention.id, etag=request.etag)
            made = (await corrections.add(connection, order, {mention.id: mention.judged(kind)}))[mention.id]
            etag = (await touch(connection, {mention.id: present.triage}))[mention.id]
            reply = correction_service_pb2.CorrectMentionResponse(correction=correction_message(mention.id, made), etag=etag)
            before = next((each for each in present.corrections if each.kind is kind), None)
            said = before.values if before else made.judged.values
            return Done(reply, [mention.id], {kind.value: list(said)}, _for_audit(made))

        act = Act(request, "mentions.correct", request.name, ChangeKind.CORRECTED)
        return await self.acting.do(act, {mention.id: mention}, correct, correction_service_pb2.CorrectMentionResponse)

    async def UndoCorrection(
        self, request: correction_service_pb2.UndoCorrectionRequest, context: Context
    ) -> correction_service_pb2.UndoCorrectionResponse:
        """Errors: NotFound, FailedPrecondition, Aborted, RequestIdReused, Unavailable."""
        correction_id, person = request.name.removeprefix("corrections/"), current_caller().principal
        mention = await self.acting.mention((await self._found(correction_id)).mention)

        async def undo(connection: AsyncConnection) -> Done:
            present = await checked(connection, mention.id, etag=request.etag)
            kept = await corrections.find(connection, correction_id)
            if kept is None:
                raise NotFound(f"{request.name} is not there")
            if kept.undone_by:
                raise FailedPrecondition(f"{kept.undone_by} took it back already", reason="UNDONE_ALREADY")
            await corrections.undo(connection, [correction_id], person)
            etag = (await touch(connection, {mention.id: present.triage}))[mention.id]
            undone = await corrections.find(connection, correction_id)
            reply = correction_service_pb2.UndoCorrectionResponse(correction=_kept_message(undone or kept), etag=etag)
            return Done(reply, [mention.id], _for_audit(kept.correction), {"reason": request.reason})

        act = Act(request, "corrections.undo", request.name, ChangeKind.CORRECTED)
        return await self.acting.do(act, {mention.id: mention}, undo, correction_service_pb2.UndoCorrectionResponse)

    async def ListCorrections(
        self, request: correction_service_pb2.ListCorrectionsRequest, context: Context
    ) -> correction_service_pb2.ListCorrectionsResponse:
        """Errors: InvalidPageToken, PageTokenExpired."""
        size, person, bound = page_size(request.page_size), current_caller().principal, f"corrections {request.parent}".encode()
        position = self.tokens.read(request.page_token, query=bound, person=person)
        async with self.database.read() as connection:
            found = await corrections.history(
                connection, mention_id_of(request.parent), before=position if isinstance(position, int) else None, size=size + 1
            )
        token = self.tokens.issue(found[size - 1][0], query=bound, person=person) if len(found) > size else ""
        messages = [_kept_message(kept) for _, kept in found[:size]]
        return correction_service_pb2.ListCorrectionsResponse(corrections=messages, next_page_token=token)

    async def CorrectMentions(
        self, request: correction_service_pb2.CorrectMentionsRequest, context: Context
    ) -> correction_service_pb2.CorrectMentionsResponse:
        """Errors: InvalidArgument, QueryRefused, RequestIdReused, Unavailable."""
        kind, values = label_of(request.label)
        selection = self.asking.selection(request, await self.asking.sight(request.query))
        with engine_errors():
            total = await self.search.count(selection)
        task = task_of(request) | {"kind": kind.value, "values": list(values), "pinned": request.pinned, "reason": request.reason}
        job = await self.starting.start(request, JobKind.CORRECTION, task, total=total)
        return correction_service_pb2.CorrectMentionsResponse(job=job.name, total_size=total)

    async def UndoCorrections(
        self, request: correction_service_pb2.UndoCorrectionsRequest, context: Context
    ) -> correction_service_pb2.UndoCorrectionsResponse:
        """Errors: NotFound, FailedPrecondition, RequestIdReused."""
        job_id = request.name.removeprefix("jobs/")
        async with self.database.read() as connection:
            job = await jobs.find(connection, job_id)
            total = await corrections.count_made_by(connection, job_id)
        if job is None:
            raise NotFound(f"{request.name} is not there")
        if job.kind is not JobKind.CORRECTION or job.is_open:
            raise FailedPrecondition(f"{request.name} is no correction that has ended", reason="NOT_UNDOABLE")
        undoing = await self.starting.start(request, JobKind.UNDO, {"job": job_id, "reason": request.reason}, total=total)
        return correction_service_pb2.UndoCorrectionsResponse(job=undoing.name, total_size=total)

    async def _found(self, correction_id: str) -> Kept:
        async with self.database.read() as connection:
            kept = await corrections.find(connection, correction_id)
        if kept is None:
            raise NotFound(f"corrections/{correction_id} is not there")
        return kept


def _kept_message(kept: Kept) -> correction_pb2.Correction:
    message = correction_message(kept.mention, kept.correction)
    if kept.undo_time is not None:
        message.undone_by = kept.undone_by
        message.undo_time.CopyFrom(timestamp_of(kept.undo_time))
    return message


def _for_audit(correction: Correction) -> dict[str, Any]:
    return {correction.kind.value: list(correction.values), "pinned": correction.pinned, "reason": correction.reason}
