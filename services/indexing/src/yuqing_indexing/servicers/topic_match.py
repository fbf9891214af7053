"""Topics tried on stored mentions: the dry run before one is kept, and the reasons why a mention does not match."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import grpc.aio

from yuqing.access.v1 import access_pb2
from yuqing.indexing.v1 import mention_pb2, topic_match_pb2, topic_match_pb2_grpc
from yuqing_indexing.domain.candidates import candidate_of
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.domain.searching import Bars, Order, Search, Selection
from yuqing_indexing.domain.topics import MOST_SPANS, Told, Watched, topic_parser, tree_of_topic
from yuqing_indexing.servicers.asking import engine_errors, query_errors, range_of
from yuqing_indexing.servicers.replies import write_hit
from yuqing_indexing.store import topics
from yuqing_indexing.wire import mention_id_of, span_messages, timestamp_of
from yuqing_runtime.access import current_caller
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound
from yuqing_text.query import explanation
from yuqing_text.query.explanation import conditions, explain
from yuqing_text.query.matcher import Matcher
from yuqing_text.query.tree import Node, OneOf, QueryPlace

Context = grpc.aio.ServicerContext[Any, Any]
DEFAULT_SAMPLE = 10
_SEE_ALL = frozenset({access_pb2.ROLE_MONITOR, access_pb2.ROLE_LEADER, access_pb2.ROLE_AUDITOR})


@dataclass(frozen=True)
class TopicMatchServicer(topic_match_pb2_grpc.TopicMatchServiceServicer):
    """TopicMatchService; `zone` is the organisation's time zone."""

    database: Database
    search: Search
    mentions: Mentions
    zone: str

    async def DryRunTopic(self, request: topic_match_pb2.DryRunTopicRequest, context: Context) -> topic_match_pb2.DryRunTopicResponse:
        """Errors: QueryRefused, ResourceExhausted, Unavailable."""
        topic = Watched("", request.query, request.language)
        with query_errors():
            tree = tree_of_topic(topic, topic_parser(self.zone))
        start, end = range_of(request.published)
        selection = Selection(tree, start=start, end=end)
        parts = list(conditions(tree))
        with engine_errors():
            bars, total = await self.search.bars(selection, Bars("day", "published", self.zone))
            shares = await self.search.shares(selection, [node for node, _, _ in parts])
            size = request.sample_size or DEFAULT_SAMPLE
            page = await self.search.page(selection, Order.NEWEST, size=size, cursor=None, facets=())
        matcher = Matcher(tree)
        reply = topic_match_pb2.DryRunTopicResponse(
            total_size=total,
            bars=[mention_pb2.TimeBar(start_time=timestamp_of(bar.start), size=bar.size) for bar in bars],
            conditions=[
                topic_match_pb2.ConditionShare(condition=_condition(request.query, node, place, excluded=excluded), size=alone, hit_size=among)
                for (node, place, excluded), (alone, among) in zip(parts, shares, strict=True)
            ],
        )
        for found in page.found:
            write_hit(reply.hits.add(), found, matcher)
        return reply

    async def ExplainTopicMatch(
        self, request: topic_match_pb2.ExplainTopicMatchRequest, context: Context
    ) -> topic_match_pb2.ExplainTopicMatchResponse:
        """Errors: NotFound, QueryRefused, Unavailable."""
        async with self.database.read() as connection:
            told = await topics.find(connection, request.topic)
        if told is None or not _may_see(told):
            raise NotFound(f"{request.topic} is not there")
        mention_id = mention_id_of(request.name)
        with engine_errors():
            mention = (await self.mentions.read([mention_id])).get(mention_id)
        if mention is None:
            raise NotFound(f"{request.name} is not there")
        with query_errors():
            tree = tree_of_topic(told.watched, topic_parser(self.zone))
        explained = explain(tree, candidate_of(mention))
        return topic_match_pb2.ExplainTopicMatchResponse(
            query=told.watched.query,
            matches=not any(each.blocking for each in explained),
            assigned=any(match.topic == request.topic for match in mention.topics),
            conditions=[_outcome(told.watched.query, each) for each in explained],
        )


def _may_see(told: Told) -> bool:
    """As scoring decides: the responsible department, those it is shared with, and who watches over all."""
    person = current_caller().require_person()
    return bool(person.roles & _SEE_ALL) or not person.departments.isdisjoint((told.department, *told.shared_with))


def _condition(query: str, node: Node, place: QueryPlace, *, excluded: bool) -> topic_match_pb2.Condition:
    start, end = place
    text = query[start:end] or ("language" if isinstance(node, OneOf) else "published")
    return topic_match_pb2.Condition(start=start, end=end, text=text, excluded=excluded)


def _outcome(query: str, condition: explanation.Condition) -> topic_match_pb2.ConditionOutcome:
    return topic_match_pb2.ConditionOutcome(
        condition=_condition(query, condition.node, condition.place, excluded=condition.excluded),
        met=condition.met,
        blocking=condition.blocking,
        title_spans=_spans(condition.spans.get("title", ())),
        text_spans=_spans(condition.spans.get("body", ())),
    )


def _spans(spans: Iterable[tuple[int, int]]) -> list[mention_pb2.Span]:
    return span_messages(list(spans)[:MOST_SPANS])
