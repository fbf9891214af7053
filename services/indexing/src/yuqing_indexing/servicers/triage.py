"""The queue: one mention at a time, by query, listed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import grpc.aio
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import triage_service_pb2 as pb
from yuqing.indexing.v1 import triage_service_pb2_grpc
from yuqing_indexing.domain import triage as rules
from yuqing_indexing.domain.announcing import ChangeKind
from yuqing_indexing.domain.by_hand import Triage, TriageState
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.searching import Cursor, Order, Search, Selection
from yuqing_indexing.domain.triage import Actor, Change, TriageRefused
from yuqing_indexing.people_wire import state_of, triage_message
from yuqing_indexing.servicers.acting import Act, Acting, Done
from yuqing_indexing.servicers.asking import Asking, cursor_of, engine_errors
from yuqing_indexing.servicers.noting import Noting
from yuqing_indexing.store.by_hand import UNTOUCHED, by_hand_of, checked, touch
from yuqing_indexing.wire import mention_id_of, mention_message
from yuqing_runtime import clock
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import JsonValue
from yuqing_runtime.errors import FailedPrecondition
from yuqing_runtime.pages import PageTokens, Position, page_size, paged_query
from yuqing_text.query.tree import OneOf, all_of

Context = grpc.aio.ServicerContext[Any, Any]
DEFAULT_LIMIT: Final = 100
PAGES_KEPT_SECONDS: Final = 120
_LEADS: Final = frozenset({access_pb2.ROLE_HEAD, access_pb2.ROLE_LEADER})
_KIND: Final = ChangeKind.TRIAGED
_WAITING: Final = (TriageState.OPEN, TriageState.TAKEN)
_Request: TypeAlias = pb.OpenMentionRequest | pb.TakeMentionRequest | pb.GiveBackMentionRequest | pb.FinishMentionRequest | pb.TagMentionRequest
_CHANGES: Final[Mapping["pb.TriageAction.ValueType", Change]] = {
    pb.TRIAGE_ACTION_OPEN: rules.opened,
    pb.TRIAGE_ACTION_TAKE: rules.taken,
    pb.TRIAGE_ACTION_GIVE_BACK: rules.given_back,
    pb.TRIAGE_ACTION_FINISH: rules.finished,
}


@dataclass(frozen=True)
class TriageServicer(triage_service_pb2_grpc.TriageServiceServicer):
    """TriageService. Errors of all that changes one mention: NotFound, FailedPrecondition, Aborted, RequestIdReused, Unavailable."""

    search: Search
    acting: Acting
    noting: Noting
    tokens: PageTokens
    asking: Asking

    async def OpenMention(self, request: pb.OpenMentionRequest, context: Context) -> pb.OpenMentionResponse:
        """Into the queue."""
        return pb.OpenMentionResponse.FromString(await self._change(request, "triage.open", rules.opened))

    async def TakeMention(self, request: pb.TakeMentionRequest, context: Context) -> pb.TakeMentionResponse:
        """Of two people the first one has it; the other is told who."""
        return pb.TakeMentionResponse.FromString(await self._change(request, "triage.take", rules.taken))

    async def GiveBackMention(self, request: pb.GiveBackMentionRequest, context: Context) -> pb.GiveBackMentionResponse:
        """For somebody else."""
        return pb.GiveBackMentionResponse.FromString(await self._change(request, "triage.giveBack", rules.given_back))

    async def FinishMention(self, request: pb.FinishMentionRequest, context: Context) -> pb.FinishMentionResponse:
        """Done with."""
        return pb.FinishMentionResponse.FromString(await self._change(request, "triage.finish", rules.finished))

    async def TagMention(self, request: pb.TagMentionRequest, context: Context) -> pb.TagMentionResponse:
        """Tags alone."""
        return pb.TagMentionResponse.FromString(await self._change(request, "triage.tag", rules.tagged(request.add, request.remove)))

    async def TriageMentions(self, request: pb.TriageMentionsRequest, context: Context) -> pb.TriageMentionsResponse:
        """What the rules refuse is passed over. Errors: QueryRefused, RequestIdReused, Unavailable."""
        selection = self.asking.selection(request, await self.asking.sight(request.query))
        found: dict[str, Mention] = {}
        total = 0
        with engine_errors():
            async for size, portion in self.search.everything(selection, Order.OLDEST, request.limit or DEFAULT_LIMIT):
                total, found = size, found | await self.acting.mentions.read([mention.id for mention in portion])
        actor, change = _actor(), _both(_CHANGES.get(request.action), rules.tagged(request.add_tags, request.remove_tags))

        async def triage(connection: AsyncConnection) -> Done:
            present = await by_hand_of(connection, found)
            changed, skipped = await _changed(connection, {name: present.get(name, UNTOUCHED).triage for name in found}, change, actor)
            await touch(connection, changed)
            reply = pb.TriageMentionsResponse(changed_size=len(changed), skipped_size=skipped, total_size=total)
            after: dict[str, JsonValue] = {"query": request.query, "tags": [*request.add_tags], "mentions": len(changed)}
            return Done(reply, changed, after=after)

        act = Act(request, f"triage.byQuery.{pb.TriageAction.Name(request.action).removeprefix('TRIAGE_ACTION_').lower()}", "mentions", _KIND)
        return await self.acting.do(act, found, triage, pb.TriageMentionsResponse)

    async def ListTriage(self, request: pb.ListTriageRequest, context: Context) -> pb.ListTriageResponse:
        """As the index has it, a second later than what was done. Errors: QueryRefused, InvalidPageToken, PageTokenExpired, Unavailable."""
        sight, person, bound = await self.asking.sight(request.query), current_caller().principal, paged_query(request)
        states = tuple(map(state_of, request.states)) or _WAITING
        conditions = [self.asking.tree(request.query, sight), OneOf("triage", tuple(state.value for state in states))]
        if request.assignee:
            conditions.append(OneOf("assignee", (request.assignee,)))
        if request.tag:
            conditions.append(OneOf("tag", (rules.tag_of(request.tag),)))
        cursor = cursor_of(self.tokens.read(request.page_token, query=bound, person=person))
        with engine_errors():
            selection, size = Selection(all_of(conditions)), page_size(request.page_size)
            page = await self.search.page(selection, Order.OLDEST, size=size, cursor=cursor, facets=())
        return pb.ListTriageResponse(
            mentions=[mention_message(sight.of_mention(found.mention)) for found in page.found],
            next_page_token=self._token(page.cursor, bound, person) if page.cursor else "",
            total_size=page.total,
        )

    async def CreateNote(self, request: pb.CreateNoteRequest, context: Context) -> pb.CreateNoteResponse:
        """Errors: NotFound, RequestIdReused, Unavailable."""
        return await self.noting.create(request)

    async def UpdateNote(self, request: pb.UpdateNoteRequest, context: Context) -> pb.UpdateNoteResponse:
        """Errors: NotFound, PermissionDenied, Aborted, RequestIdReused, Unavailable."""
        return await self.noting.update(request)

    async def DeleteNote(self, request: pb.DeleteNoteRequest, context: Context) -> pb.DeleteNoteResponse:
        """Errors: NotFound, PermissionDenied, Aborted, RequestIdReused, Unavailable."""
        return await self.noting.delete(request)

    async def ListNotes(self, request: pb.ListNotesRequest, context: Context) -> pb.ListNotesResponse:
        """Errors: InvalidPageToken, PageTokenExpired."""
        return await self.noting.about(request)

    async def _change(self, request: _Request, action: str, change: Change) -> bytes:
        """The replies of all of them have the same fields."""
        mention, actor = await self.acting.mention(mention_id_of(request.name)), _actor()

        async def triage(connection: AsyncConnection) -> Done:
            present = await checked(connection, mention.id, etag=request.etag)
            before = present.triage
            try:
                after = change(before, actor)
            except TriageRefused as error:
                raise FailedPrecondition(str(error), reason=error.reason, metadata={"assignee": error.assignee}) from error
            if after is before:
                return Done(pb.TakeMentionResponse(triage=triage_message(before), etag=present.etag), ())
            after = await _timed(connection, before, after)
            etag = (await touch(connection, {mention.id: after}))[mention.id]
            reply = pb.TakeMentionResponse(triage=triage_message(after), etag=etag)
            return Done(reply, [mention.id], _for_audit(before), _for_audit(after))

        done = await self.acting.do(Act(request, action, request.name, _KIND), {mention.id: mention}, triage, pb.TakeMentionResponse)
        return done.SerializeToString()

    def _token(self, cursor: Cursor, bound: bytes, person: str) -> str:
        position: Position = [list(cursor.after), cursor.point_in_time]
        return self.tokens.issue(position, query=bound, person=person, lifetime_seconds=PAGES_KEPT_SECONDS)


def _actor() -> Actor:
    person = current_caller().require_person()
    return Actor(person.name, bool(person.roles & _LEADS))


def _both(change: Change | None, tags: Change) -> Change:
    return tags if change is None else lambda triage, actor: tags(change(triage, actor), actor)


async def _changed(connection: AsyncConnection, present: Mapping[str, Triage], change: Change, actor: Actor) -> tuple[dict[str, Triage], int]:
    """Those that become another, and how many the rules refuse."""
    changed: dict[str, Triage] = {}
    skipped = 0
    for name, before in present.items():
        try:
            after = change(before, actor)
        except TriageRefused:
            skipped += 1
            continue
        if after is not before:
            changed[name] = await _timed(connection, before, after)
    return changed, skipped


async def _timed(connection: AsyncConnection, before: Triage, after: Triage) -> Triage:
    return after if after.state is before.state else replace(after, time=await clock.now(connection))


def _for_audit(triage: Triage) -> dict[str, Any]:
    return {"state": triage.state.value, "assignee": triage.assignee, "tags": list(triage.tags)}
