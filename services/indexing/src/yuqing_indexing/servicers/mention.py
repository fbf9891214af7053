"""Questions about mentions: request → one question → reply."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import grpc.aio

from yuqing.indexing.v1 import mention_pb2, mention_pb2_grpc
from yuqing_indexing.assessment_wire import write_parts
from yuqing_indexing.domain.assessing import explain
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.meaning import Said, similarity_of, weighted
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.domain.searching import Bars, Found, Order, Page, Search, Selection, observed_in
from yuqing_indexing.domain.sight import Sight
from yuqing_indexing.domain.story_search import StorySearch
from yuqing_indexing.domain.weights import Weights
from yuqing_indexing.names import FACET
from yuqing_indexing.servicers.asking import Asking, cursor_of, engine_errors, meaning_errors, order_of
from yuqing_indexing.servicers.erasing import Erasing
from yuqing_indexing.servicers.export import Export
from yuqing_indexing.servicers.replies import bar_messages, facet_message, observation_message, word_form_messages, write_hit
from yuqing_indexing.servicers.watch import Watch
from yuqing_indexing.wire import mention_id_of, mention_message
from yuqing_runtime.access import current_caller
from yuqing_runtime.errors import NotFound
from yuqing_runtime.pages import PageTokens, Position, page_size, paged_query
from yuqing_text.query.matcher import Matcher

Context = grpc.aio.ServicerContext[Any, Any]
PAGES_KEPT_SECONDS = 120
Paged: TypeAlias = mention_pb2.SearchMentionsRequest | mention_pb2.ListObservationsRequest | mention_pb2.ListSimilarMentionsRequest
DEFAULT_TERMS = 30
_HITS_READ_AT_ONCE = 60
"""Reading more hits for their highlights takes so long that other calls would wait: a thread does it."""
_INTERVALS = {
    mention_pb2.INTERVAL_MINUTE: "minute",
    mention_pb2.INTERVAL_HOUR: "hour",
    mention_pb2.INTERVAL_WEEK: "week",
    mention_pb2.INTERVAL_MONTH: "month",
}


@dataclass(frozen=True)
class MentionServicer(mention_pb2_grpc.MentionServiceServicer):
    """MentionService."""

    search: Search
    stories: StorySearch
    mentions: Mentions
    exports: Export
    watches: Watch
    erasing: Erasing
    tokens: PageTokens
    asking: Asking
    weights: Weights

    async def GetMention(self, request: mention_pb2.GetMentionRequest, context: Context) -> mention_pb2.GetMentionResponse:
        """Errors: NotFound, Unavailable."""
        mention = await self._mention(request.name)
        sight = await self.asking.sight()
        message = mention_message(sight.of_mention(mention))
        write_parts(message, explain(mention, self.weights))
        return mention_pb2.GetMentionResponse(mention=message)

    async def SearchMentions(self, request: mention_pb2.SearchMentionsRequest, context: Context) -> mention_pb2.SearchMentionsResponse:
        """Errors: QueryRefused, InvalidPageToken, PageTokenExpired, Unavailable."""
        sight = await self.asking.sight(request.query)
        selection = await self.asking.searched(request, sight)
        page = await self._page(request, selection)
        reply = mention_pb2.SearchMentionsResponse(
            next_page_token=self._token(request, [list(page.cursor.after), page.cursor.point_in_time]) if page.cursor else "",
            total_size=page.total,
            facets=[facet_message(facet, count) for facet, count in page.facets.items()],
            word_forms=word_form_messages(selection.tree),
        )
        await _write_hits(reply, page.found, selection, sight)
        return reply

    async def CountMentions(self, request: mention_pb2.CountMentionsRequest, context: Context) -> mention_pb2.CountMentionsResponse:
        """Bars without any mention are left out. Errors: QueryRefused, ResourceExhausted, Unavailable."""
        selection = await self.asking.searched(request, await self.asking.sight(request.query))
        by = "first_seen" if request.basis == mention_pb2.TIME_BASIS_FIRST_SEEN else "published"
        cut = Bars(_INTERVALS.get(request.interval, "day"), by, request.time_zone or self.asking.zone, FACET.name(request.split))
        with engine_errors():
            bars, total = await self.search.bars(selection, cut)
        return mention_pb2.CountMentionsResponse(bars=bar_messages(bars), total_size=total)

    async def ListTopTerms(self, request: mention_pb2.ListTopTermsRequest, context: Context) -> mention_pb2.ListTopTermsResponse:
        """Nothing stands out of everything: then the frequent words, unless the others were asked for. Errors: QueryRefused, Unavailable."""
        selection = await self.asking.searched(request, await self.asking.sight(request.query))
        method = request.method or (mention_pb2.TERM_METHOD_FREQUENT if selection.is_everything else mention_pb2.TERM_METHOD_SIGNIFICANT)
        ask = self.search.frequent_terms if method == mention_pb2.TERM_METHOD_FREQUENT else self.search.significant_terms
        with engine_errors():
            terms = await ask(selection, request.size or DEFAULT_TERMS)
        messages = [mention_pb2.TopTerm(term=term.text, size=term.size, background_size=term.background, weight=term.weight) for term in terms]
        return mention_pb2.ListTopTermsResponse(terms=messages)

    async def ListObservations(self, request: mention_pb2.ListObservationsRequest, context: Context) -> mention_pb2.ListObservationsResponse:
        """Errors: NotFound, InvalidPageToken, Unavailable."""
        mention_id, size = mention_id_of(request.parent), page_size(request.page_size)
        position = self._position(request)
        before = datetime.fromisoformat(position) if isinstance(position, str) else None
        with engine_errors():
            mention = (await self.mentions.read([mention_id])).get(mention_id)
            if mention is None:
                raise NotFound(f"{request.parent} is not there")
            observed = await self.search.observations(mention_id, before=before, size=size + 1)
        shows = observed_in(mention)
        if before is None or shows.time < before:
            observed = sorted([*observed, shows], key=lambda each: each.time, reverse=True)[: size + 1]
        shown = observed[:size]
        token = self._token(request, shown[-1].time.isoformat()) if len(observed) > size else ""
        return mention_pb2.ListObservationsResponse(observations=[observation_message(each) for each in shown], next_page_token=token)

    async def WatchMentions(self, request: mention_pb2.WatchMentionsRequest, context: Context) -> AsyncIterator[mention_pb2.WatchMentionsResponse]:
        """For ever. Errors: QueryRefused, SequenceGone, Unavailable."""
        async for found in self.watches.stream(request):
            yield found

    async def ExportMentions(self, request: mention_pb2.ExportMentionsRequest, context: Context) -> AsyncIterator[mention_pb2.ExportMentionsResponse]:
        """Errors: QueryRefused, Unavailable."""
        async for piece in self.exports.stream(request):
            yield piece

    async def ListSimilarMentions(self, request: mention_pb2.ListSimilarMentionsRequest, context: Context) -> mention_pb2.ListSimilarMentionsResponse:
        """Errors: NotFound, FailedPrecondition, InvalidPageToken, Unavailable."""
        mention, sight = await self._mention(request.name), await self.asking.sight()
        position, size = self._position(request), page_size(request.page_size)
        offset = position if isinstance(position, int) else 0
        own = mention.membership.story if mention.membership else ""
        with engine_errors(), meaning_errors():
            near = [each for each in await self.asking.meaning.near(Said.by(mention), as_before=bool(request.page_token)) if each.story != own]
            page = await self.stories.one_of_each(Selection(weighted(near)), Order.RELEVANCE, offset=offset, size=size, facets=())
        similar = [
            mention_pb2.SimilarMention(
                mention=mention_message(sight.of_mention(each.mention)), similarity=similarity_of(each.relevance), story_size=each.story_size
            )
            for each in page.found
        ]
        token = self._token(request, int(page.cursor.after[0])) if page.cursor else ""
        return mention_pb2.ListSimilarMentionsResponse(mentions=similar, next_page_token=token, total_size=page.total)

    async def EraseMention(self, request: mention_pb2.EraseMentionRequest, context: Context) -> mention_pb2.EraseMentionResponse:
        """Errors: NotFound, RequestIdReused, Unavailable."""
        await self.erasing.erase(request)
        return mention_pb2.EraseMentionResponse()

    async def _mention(self, name: str) -> Mention:
        mention_id = mention_id_of(name)
        with engine_errors():
            mention = (await self.mentions.read([mention_id])).get(mention_id)
        if mention is None:
            raise NotFound(f"{name} is not there")
        return mention

    async def _page(self, request: mention_pb2.SearchMentionsRequest, selection: Selection) -> Page:
        cursor, order, size = cursor_of(self._position(request)), order_of(request.order, selection), page_size(request.page_size)
        facets = [FACET.name(facet) for facet in request.facets]
        with engine_errors():
            if request.one_per_story:
                offset = int(cursor.after[0]) if cursor else 0
                return await self.stories.one_of_each(selection, order, offset=offset, size=size, facets=facets)
            return await self.search.page(selection, order, size=size, cursor=cursor, facets=facets)

    def _position(self, request: Paged) -> Position:
        return self.tokens.read(request.page_token, query=paged_query(request), person=current_caller().principal)

    def _token(self, request: Paged, position: Position) -> str:
        return self.tokens.issue(position, query=paged_query(request), person=current_caller().principal, lifetime_seconds=PAGES_KEPT_SECONDS)


async def _write_hits(reply: mention_pb2.SearchMentionsResponse, found: Sequence[Found], selection: Selection, sight: Sight) -> None:
    matcher = Matcher(selection.tree) if selection.ranks else None

    def write() -> None:
        for each in found:
            write_hit(reply.hits.add(), each, matcher, sight)

    if matcher is None or len(found) <= _HITS_READ_AT_ONCE:
        write()
    else:
        await asyncio.to_thread(write)
