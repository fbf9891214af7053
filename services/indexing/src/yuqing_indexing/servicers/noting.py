"""Notes about mentions: kept, changed and removed by their author, listed."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import triage_pb2
from yuqing.indexing.v1 import triage_service_pb2 as pb
from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.moments import timestamp_of
from yuqing_indexing.servicers.acting import Act, Acting, Done
from yuqing_indexing.servicers.attempts import attempt_of
from yuqing_indexing.store import notes
from yuqing_indexing.store.by_hand import checked, touch
from yuqing_indexing.store.notes import Note
from yuqing_indexing.wire import mention_id_of
from yuqing_runtime import clock, idempotency
from yuqing_runtime.access import current_caller
from yuqing_runtime.database import Database
from yuqing_runtime.errors import Aborted, InvalidArgument, NotFound, PermissionDenied
from yuqing_runtime.pages import PageTokens, page_size

_CHANGEABLE: Final = frozenset({"text"})


@dataclass(frozen=True)
class Noting:
    """Keeps notes. The audit chain says who noted something when, not what: that may be personal, and is erased with its mention."""

    database: Database
    acting: Acting
    tokens: PageTokens

    async def create(self, request: pb.CreateNoteRequest) -> pb.CreateNoteResponse:
        """Errors: NotFound, RequestIdReused, Unavailable."""
        mention, author = await self.acting.mention(mention_id_of(request.parent)), current_caller().principal

        async def create(connection: AsyncConnection) -> Done:
            present = await checked(connection, mention.id, etag="")
            note = Note(secrets.token_hex(8), mention.id, request.note.text, author, await clock.now(connection), None, secrets.token_hex(8))
            await notes.add(connection, note)
            await touch(connection, {mention.id: replace(present.triage, notes=present.triage.notes + 1)})
            return Done(pb.CreateNoteResponse(note=_message(note)), [mention.id], after={"note": note.name})

        act = Act(request, "notes.create", request.parent, ChangeKind.TRIAGED)
        return await self.acting.do(act, {mention.id: mention}, create, pb.CreateNoteResponse)

    async def update(self, request: pb.UpdateNoteRequest) -> pb.UpdateNoteResponse:
        """Errors: NotFound, PermissionDenied, Aborted, RequestIdReused, Unavailable."""
        if unknown := set(request.update_mask.paths) - _CHANGEABLE:
            raise InvalidArgument.of("update_mask", f"cannot be changed: {', '.join(sorted(unknown))}")
        note_id, person = request.note.name.removeprefix("notes/"), current_caller().principal
        async with self.database.read() as connection:
            mention = await self.acting.mention((await _found(connection, note_id)).mention)

        async def update(connection: AsyncConnection) -> Done:
            before = await _found(connection, note_id)
            _check(before, person, request.note.etag)
            after = replace(before, text=request.note.text, edit_time=await clock.now(connection), etag=secrets.token_hex(8))
            await notes.change(connection, after)
            await touch(connection, {mention.id: (await checked(connection, mention.id, etag="")).triage})
            return Done(pb.UpdateNoteResponse(note=_message(after)), [mention.id], before={"etag": before.etag}, after={"etag": after.etag})

        act = Act(request, "notes.update", request.note.name, ChangeKind.TRIAGED)
        return await self.acting.do(act, {mention.id: mention}, update, pb.UpdateNoteResponse)

    async def delete(self, request: pb.DeleteNoteRequest) -> pb.DeleteNoteResponse:
        """Errors: NotFound, PermissionDenied, Aborted, RequestIdReused, Unavailable."""
        note_id, person = request.name.removeprefix("notes/"), current_caller().principal
        async with self.database.read() as connection:
            there = await notes.find(connection, note_id)
        if there is None:
            return await self._deleted_before(request)
        mention = await self.acting.mention(there.mention)

        async def delete(connection: AsyncConnection) -> Done:
            before = await _found(connection, note_id)
            _check(before, person, request.etag)
            await notes.remove(connection, note_id)
            present = (await checked(connection, mention.id, etag="")).triage
            await touch(connection, {mention.id: replace(present, notes=present.notes - 1)})
            return Done(pb.DeleteNoteResponse(), [mention.id], before={"mention": f"mentions/{mention.id}", "etag": before.etag})

        act = Act(request, "notes.delete", request.name, ChangeKind.TRIAGED)
        return await self.acting.do(act, {mention.id: mention}, delete, pb.DeleteNoteResponse)

    async def _deleted_before(self, request: pb.DeleteNoteRequest) -> pb.DeleteNoteResponse:
        """To whoever asks again with the id of the request that deleted it. Errors: NotFound, RequestIdReused."""
        async with self.database.write() as connection:
            if (kept := await idempotency.once(connection, attempt_of(request))) is None:
                raise NotFound(f"{request.name} is not there")
        return pb.DeleteNoteResponse.FromString(kept)

    async def about(self, request: pb.ListNotesRequest) -> pb.ListNotesResponse:
        """Errors: InvalidPageToken, PageTokenExpired."""
        size, person, bound = page_size(request.page_size), current_caller().principal, f"notes {request.parent}".encode()
        match self.tokens.read(request.page_token, query=bound, person=person):
            case [str() as time, str() as last]:
                after = (datetime.fromisoformat(time), last)
            case _:
                after = None
        async with self.database.read() as connection:
            found = await notes.about(connection, mention_id_of(request.parent), after=after, size=size + 1)
        shown = found[:size]
        token = ""
        if len(found) > size:
            token = self.tokens.issue([shown[-1].create_time.isoformat(), shown[-1].id], query=bound, person=person)
        return pb.ListNotesResponse(notes=list(map(_message, shown)), next_page_token=token)


async def _found(connection: AsyncConnection, note_id: str) -> Note:
    note = await notes.find(connection, note_id)
    if note is None:
        raise NotFound(f"notes/{note_id} is not there")
    return note


def _check(note: Note, person: str, etag: str) -> None:
    """Whether this person may do something to it now. Errors: PermissionDenied, Aborted."""
    if note.author != person:
        raise PermissionDenied(f"{note.name} is somebody else's", reason="NOT_THE_AUTHOR")
    if etag not in ("", note.etag):
        raise Aborted(f"{note.name} was changed meanwhile: read it again")


def _message(note: Note) -> triage_pb2.Note:
    return triage_pb2.Note(
        name=note.name,
        mention=f"mentions/{note.mention}",
        text=note.text,
        author=note.author,
        create_time=timestamp_of(note.create_time),
        edit_time=timestamp_of(note.edit_time) if note.edit_time else None,
        etag=note.etag,
    )
