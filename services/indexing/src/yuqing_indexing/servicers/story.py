"""Stories: shown, listed, followed along their path; merged and split by hand."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import grpc.aio
from google.api import httpbody_pb2
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing.indexing.v1 import story_pb2, story_pb2_grpc
from yuqing_indexing.domain.meaning import Said
from yuqing_indexing.domain.searching import Selection
from yuqing_indexing.domain.stories import story_id_of, story_name
from yuqing_indexing.domain.story_drawing import drawing_of
from yuqing_indexing.domain.story_kin import kin, pieces_of
from yuqing_indexing.domain.story_path import path_of
from yuqing_indexing.domain.story_search import MOST_LISTED, StoryFigures, StoryOrder, StorySearch
from yuqing_indexing.servicers.asking import Asking, engine_errors
from yuqing_indexing.servicers.export import PIECE_BYTES
from yuqing_indexing.servicers.story_replies import event_story_message, path_message, story_message, write_details
from yuqing_indexing.store import story_changes
from yuqing_indexing.store.story_changes import Changed
from yuqing_indexing.wire import mention_id_of
from yuqing_runtime import audit, idempotency, order
from yuqing_runtime.access import current_caller
from yuqing_runtime.audit import AuditRecord
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound
from yuqing_runtime.idempotency import Attempt
from yuqing_runtime.pages import PageTokens, page_size, paged_query
from yuqing_text.query.tree import OneOf

Context = grpc.aio.ServicerContext[Any, Any]
MOST_STEPS = 5_000
MOST_TITLE_CHARACTERS = 60
RELATED, MOST_NEIGHBOURS = 10, 50
"""Related stories that are given where no number is asked for, and neighbours that are looked at."""
_ORDERS = {
    story_pb2.STORY_ORDER_SIZE: StoryOrder.SIZE,
    story_pb2.STORY_ORDER_NEWEST: StoryOrder.NEWEST,
    story_pb2.STORY_ORDER_RISK: StoryOrder.RISK,
}
_Change: TypeAlias = story_pb2.MergeStoriesRequest | story_pb2.SplitStoryRequest


@dataclass(frozen=True)
class StoryServicer(story_pb2_grpc.StoryServiceServicer):
    """StoryService."""

    database: Database
    search: StorySearch
    tokens: PageTokens
    asking: Asking

    async def GetStory(self, request: story_pb2.GetStoryRequest, context: Context) -> story_pb2.GetStoryResponse:
        """Errors: NotFound, Unavailable, ResourceExhausted."""
        story = story_id_of(request.name)
        etag = await self._etag(story)
        figures = await self._figures(story)
        with engine_errors():
            details = await self.search.details(story, self.asking.zone)
        message = story_message(figures, await self.asking.sight())
        write_details(message, details)
        message.etag = etag
        return story_pb2.GetStoryResponse(story=message)

    async def SearchStories(self, request: story_pb2.SearchStoriesRequest, context: Context) -> story_pb2.SearchStoriesResponse:
        """Errors: QueryRefused, InvalidPageToken, PageTokenExpired, Unavailable."""
        sight = await self.asking.sight(request.query)
        selection = await self.asking.searched(request, sight)
        size, person = page_size(request.page_size), current_caller().principal
        position = self.tokens.read(request.page_token, query=paged_query(request), person=person)
        offset = position if isinstance(position, int) else 0
        with engine_errors():
            found, total = await self.search.ranked(selection, _ORDERS.get(request.order, StoryOrder.HEAT), offset=offset, size=size + 1)
            figures = await self.search.figures(selection, found[:size])
        more = len(found) > size and offset + size < MOST_LISTED
        token = self.tokens.issue(offset + size, query=paged_query(request), person=person) if more else ""
        stories = [story_message(figures[story], sight) for story in found[:size] if story in figures]
        return story_pb2.SearchStoriesResponse(stories=stories, next_page_token=token, total_size=total)

    async def GetStoryPath(self, request: story_pb2.GetStoryPathRequest, context: Context) -> story_pb2.GetStoryPathResponse:
        """Errors: NotFound, Unavailable."""
        story = story_id_of(request.name)
        await self._etag(story)
        with engine_errors():
            mentions, total = await self.search.members(story, MOST_STEPS)
        return story_pb2.GetStoryPathResponse(path=path_message(story, path_of(mentions), total))

    async def DrawStoryPath(self, request: story_pb2.DrawStoryPathRequest, context: Context) -> AsyncIterator[story_pb2.DrawStoryPathResponse]:
        """Errors: NotFound, Unavailable."""
        story = story_id_of(request.name)
        await self._etag(story)
        first = (await self._figures(story)).first.document
        with engine_errors():
            mentions, total = await self.search.members(story, MOST_STEPS)
        title = first.title or " ".join(first.text[:MOST_TITLE_CHARACTERS].split())
        drawing = drawing_of(path_of(mentions), title=title, total=total, zone=ZoneInfo(self.asking.zone)).encode()
        for start in range(0, len(drawing), PIECE_BYTES):
            body = httpbody_pb2.HttpBody(content_type="image/svg+xml", data=drawing[start : start + PIECE_BYTES])
            yield story_pb2.DrawStoryPathResponse(body=body)

    async def ListRelatedStories(self, request: story_pb2.ListRelatedStoriesRequest, context: Context) -> story_pb2.ListRelatedStoriesResponse:
        """Errors: NotFound, Unavailable."""
        story = story_id_of(request.name)
        await self._etag(story)
        figures = await self._figures(story)
        with engine_errors():
            neighbours = await self.search.neighbours(figures, pieces_of(figures.first.document), most=MOST_NEIGHBOURS)
            found = {each.mention.membership.story: each for each in kin(figures, neighbours) if each.mention.membership}
            likeliest = list(found)[: request.size or RELATED]
            others = await self.search.figures(Selection(OneOf("story", tuple(map(story_name, likeliest)))), likeliest)
        meant = await self.asking.meaning.likeness(Said.by(figures.first))
        sight = await self.asking.sight()
        stories = [event_story_message(others[each], found[each], meant.get(each), sight) for each in likeliest if each in others]
        return story_pb2.ListRelatedStoriesResponse(stories=stories)

    async def MergeStories(self, request: story_pb2.MergeStoriesRequest, context: Context) -> story_pb2.MergeStoriesResponse:
        """Errors: NotFound, Aborted, FailedPrecondition, RequestIdReused."""
        story, others = story_id_of(request.name), [story_id_of(each) for each in request.stories]

        async def merge(connection: AsyncConnection) -> Changed:
            return await story_changes.merge(connection, story, others, etag=request.etag)

        reply = await self._change(request, "stories.merge", list(request.stories), merge)
        return story_pb2.MergeStoriesResponse.FromString(reply)

    async def SplitStory(self, request: story_pb2.SplitStoryRequest, context: Context) -> story_pb2.SplitStoryResponse:
        """Errors: NotFound, Aborted, FailedPrecondition, RequestIdReused."""
        story, mentions = story_id_of(request.name), [mention_id_of(each) for each in request.mentions]

        async def split(connection: AsyncConnection) -> Changed:
            return await story_changes.split(connection, story, mentions, etag=request.etag)

        reply = await self._change(request, "stories.split", list(request.mentions), split)
        return story_pb2.SplitStoryResponse.FromString(reply)

    async def _figures(self, story: str) -> StoryFigures:
        """Errors: NotFound, Unavailable."""
        name = story_name(story)
        with engine_errors():
            found = await self.search.figures(Selection(OneOf("story", (name,))), [story])
        if story not in found:
            raise NotFound(f"{name} cannot be found yet")
        return found[story]

    async def _etag(self, story: str) -> str:
        async with self.database.read() as connection:
            return await story_changes.etag_of(connection, story)

    async def _change(self, request: _Change, action: str, taken: list[str], change: Callable[[AsyncConnection], Awaitable[Changed]]) -> bytes:
        """Has its effect once for each request id; the reply of both methods has the same fields."""
        principal, body = current_caller().principal, request.SerializeToString(deterministic=True)
        attempt = Attempt.of(principal, type(request).__name__, request_id=request.request_id, body=body)
        async with self.database.write() as connection:
            await order.hold(connection)
            if (reply := await idempotency.once(connection, attempt)) is not None:
                return reply
            changed = await change(connection)
            answer = story_pb2.SplitStoryResponse(story=story_name(changed.story), moved_size=changed.moved, etag=changed.etag)
            reply = answer.SerializeToString()
            await idempotency.keep(connection, attempt, reply)
            after = {"reason": request.reason, "taken": " ".join(taken), "story": story_name(changed.story), "moved": changed.moved}
            await audit.record(connection, AuditRecord(principal, action, request.name, after=after, request_id=request.request_id))
        return reply
