"""Requests over mentions read into selections; what a query gets wrong is said with its place, in English and in Chinese."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from google.protobuf import json_format

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import (
    correction_service_pb2,
    influence_pb2,
    job_pb2,
    label_service_pb2,
    legal_hold_pb2,
    mention_pb2,
    story_pb2,
    triage_service_pb2,
)
from yuqing_indexing.domain.meaning import Meaning, NoSuchMention, VectorsOff
from yuqing_indexing.domain.ports import OutsideUnavailable
from yuqing_indexing.domain.searching import Cursor, Order, PointInTimeGone, Selection, TooManyBars
from yuqing_indexing.domain.sight import SEES_ALL, Sight, Viewer
from yuqing_indexing.moments import moment_of
from yuqing_indexing.names import FACET
from yuqing_indexing.store.audience import SqlAudience
from yuqing_runtime.access import current_caller
from yuqing_runtime.errors import FailedPrecondition, FieldViolation, InvalidArgument, ResourceExhausted, Unavailable
from yuqing_runtime.pages import PageTokenExpired, Position
from yuqing_text.query.errors import QueryError, mistake
from yuqing_text.query.parser import parse
from yuqing_text.query.schema import EXACT_QUERIES, MENTIONS, Schema, may_ask_for_synonyms
from yuqing_text.query.tree import Node

Selecting: TypeAlias = (
    mention_pb2.SearchMentionsRequest
    | mention_pb2.CountMentionsRequest
    | mention_pb2.ListTopTermsRequest
    | mention_pb2.ExportMentionsRequest
    | story_pb2.SearchStoriesRequest
    | correction_service_pb2.CorrectMentionsRequest
    | triage_service_pb2.TriageMentionsRequest
    | job_pb2.RescoreMentionsRequest
    | legal_hold_pb2.HoldMentionsRequest
    | label_service_pb2.DrawSampleRequest
    | influence_pb2.RankInfluenceRequest
)
"""The requests that name mentions by query, filters and time."""
_ORDERS = {
    mention_pb2.SEARCH_ORDER_RELEVANCE: Order.RELEVANCE,
    mention_pb2.SEARCH_ORDER_NEWEST: Order.NEWEST,
    mention_pb2.SEARCH_ORDER_OLDEST: Order.OLDEST,
    mention_pb2.SEARCH_ORDER_REACH: Order.REACH,
    mention_pb2.SEARCH_ORDER_RISK: Order.RISK,
    mention_pb2.SEARCH_ORDER_INFLUENCE: Order.INFLUENCE,
}


_SEE_ALL = frozenset({access_pb2.ROLE_MONITOR, access_pb2.ROLE_LEADER, access_pb2.ROLE_AUDITOR})


class QueryRefused(InvalidArgument):
    """The text in `query` cannot be read; `metadata` has its place as [start, end) in code points and the message in Chinese."""

    default_reason = "QUERY_ERROR"


@dataclass(frozen=True)
class Asking:
    """Reads questions as the person means them who asks: days are those of `zone`, the organisation's time zone, topics those in sight."""

    audience: SqlAudience
    zone: str
    meaning: Meaning

    async def sight(self, query: str = "") -> Sight:
        """The topics that the caller may see, with their synonyms where the query that is to be read asks for them."""
        viewer = _viewer()
        if viewer.sees_all and not may_ask_for_synonyms(query):
            return SEES_ALL  # nothing to look up, for most of those who search all day
        return await self.audience.sight(viewer)

    def tree(self, query: str, sight: Sight) -> Node:
        """The tree of a query that each mention answers by itself. Errors: QueryRefused."""
        return tree_of(query, zone=self.zone, sight=sight)

    def check(self, query: str, sight: Sight) -> None:
        """Whether a query can be searched for. Errors: QueryRefused."""
        tree_of(query, zone=self.zone, sight=sight, schema=MENTIONS)

    def selection(self, request: Selecting, sight: Sight) -> Selection:
        """What a request selects that something is done to: nothing of it may be near only. Errors: QueryRefused."""
        return selection_of(request.query, request.filters, request.published, zone=self.zone, sight=sight)

    async def searched(self, request: Selecting, sight: Sight) -> Selection:
        """What a search selects, what is similar to the texts that it names among it. Errors: QueryRefused, FailedPrecondition, Unavailable."""
        selection = selection_of(request.query, request.filters, request.published, zone=self.zone, sight=sight, schema=MENTIONS)
        with engine_errors(), meaning_errors():
            return await self.meaning.resolved(selection, as_before=_is_later_page(request))

    async def selection_of_task(self, task: Mapping[str, Any]) -> Selection:
        """What a task selects, as the person saw it who started it. Errors: QueryRefused."""
        sight = await self.audience.sight(Viewer(frozenset(task["departments"]), task["sees_all"]))
        asked = json_format.ParseDict(task["mentions"], mention_pb2.CountMentionsRequest())
        return self.selection(asked, sight)


def task_of(request: Selecting) -> dict[str, Any]:
    """What is to be kept of a request to find the same mentions later, for the same person."""
    viewer = _viewer()
    asked = mention_pb2.CountMentionsRequest(query=request.query, filters=request.filters, published=request.published)
    mentions = json_format.MessageToDict(asked)
    return {"query": request.query, "mentions": mentions, "departments": sorted(viewer.departments), "sees_all": viewer.sees_all}


def _viewer() -> Viewer:
    person = current_caller().require_person()
    return Viewer(person.departments, bool(person.roles & _SEE_ALL))


def tree_of(query: str, *, zone: str, sight: Sight = SEES_ALL, schema: Schema = EXACT_QUERIES) -> Node:
    """The tree of a query as somebody means it who sees so much. Errors: QueryRefused."""
    with query_errors():
        return sight.of_tree(parse(query, schema=schema, zone=zone, synonyms=sight.synonyms))


def selection_of(
    query: str,
    filters: Iterable[mention_pb2.FacetFilter],
    published: mention_pb2.TimeRange,
    *,
    zone: str,
    sight: Sight = SEES_ALL,
    schema: Schema = EXACT_QUERIES,
) -> Selection:
    """What is selected for somebody who sees so much; filters on the same facet must all hold. Errors: QueryRefused."""
    values: dict[str, tuple[str, ...]] = {}
    for each in filters:
        facet, allowed = FACET.name(each.facet), tuple(dict.fromkeys(each.values))
        values[facet] = tuple(value for value in values[facet] if value in allowed) if facet in values else allowed
    if "topic" in values:
        values["topic"] = sight.seen(values["topic"])
    start, end = range_of(published)
    return Selection(tree_of(query, zone=zone, sight=sight, schema=schema), values, start, end, topics=sight.topics)


def _is_later_page(request: Selecting) -> bool:
    return isinstance(request, mention_pb2.SearchMentionsRequest | story_pb2.SearchStoriesRequest) and bool(request.page_token)


@contextmanager
def query_errors() -> Generator[None]:
    """Says what a query gets wrong. Errors: QueryRefused."""
    try:
        yield
    except QueryError as error:
        description = f"{error.message} (at {error.start}-{error.end})" + (f"; {error.hint}" if error.hint else "")
        chinese = error.message_zh + (f"；{error.hint_zh}" if error.hint_zh else "")
        raise QueryRefused(
            f"query: {description} {chinese}",
            metadata={"code": error.code, "start": str(error.start), "end": str(error.end), "message_zh": chinese},
            violations=(FieldViolation("query", f"{description} {chinese}"),),
        ) from error


def range_of(published: mention_pb2.TimeRange) -> tuple[datetime | None, datetime | None]:
    """Start and end; None where it is open."""
    start = moment_of(published.start_time) if published.HasField("start_time") else None
    end = moment_of(published.end_time) if published.HasField("end_time") else None
    return start, end


def order_of(order: "mention_pb2.SearchOrder.ValueType", selection: Selection) -> Order:
    """The order asked for; where none is: by relevance if words are asked for, else the newest first."""
    default = Order.RELEVANCE if selection.ranks else Order.NEWEST
    return _ORDERS.get(order, default)


def cursor_of(position: Position) -> Cursor | None:
    """Where a page of mentions begins, out of its token."""
    match position:
        case [list() as after, str() as point_in_time]:
            return Cursor(tuple(value for value in after if isinstance(value, int | float)), point_in_time)
        case _:
            return None


@contextmanager
def meaning_errors() -> Generator[None]:
    """Names what may go wrong when what is similar is looked for. Errors: QueryRefused, FailedPrecondition."""
    try:
        yield
    except NoSuchMention as error:
        with query_errors():
            raise mistake("no_mention", error.place, mention=f"mentions/{error.mention}") from error
    except VectorsOff as error:
        raise FailedPrecondition(str(error), reason="VECTORS_OFF") from error


@contextmanager
def engine_errors() -> Generator[None]:
    """Names what may go wrong behind a question. Errors: Unavailable, PageTokenExpired, ResourceExhausted."""
    try:
        yield
    except OutsideUnavailable as error:
        raise Unavailable(str(error), reason="ENGINE_AWAY") from error
    except PointInTimeGone as error:
        raise PageTokenExpired("the view that these pages belong to is no longer kept: begin again with the first page") from error
    except TooManyBars as error:
        raise ResourceExhausted("too many bars: choose a wider interval or a shorter time", reason="TOO_MANY_BARS") from error
