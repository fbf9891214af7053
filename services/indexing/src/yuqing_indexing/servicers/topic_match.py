"""Topics tried on stored mentions: the dry run before one is kept, words to improve it, and the reasons why a mention does not match."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import grpc.aio

from yuqing.indexing.v1 import mention_pb2, topic_match_pb2, topic_match_pb2_grpc
from yuqing_indexing.domain.candidates import candidate_of
from yuqing_indexing.domain.reading import Mentions
from yuqing_indexing.domain.searching import Bars, Order, Search, Selection
from yuqing_indexing.domain.sight import Sight
from yuqing_indexing.domain.suggesting import Suggesting
from yuqing_indexing.domain.topics import MOST_SPANS, Watched, topic_parser, tree_of_topic
from yuqing_indexing.servicers.asking import Asking, engine_errors, query_errors, range_of
from yuqing_indexing.servicers.replies import bar_messages, bucket_messages, word_form_messages, write_hit
from yuqing_indexing.store import topics
from yuqing_indexing.wire import mention_id_of, span_messages, synonym_lists
from yuqing_runtime.database import Database
from yuqing_runtime.errors import NotFound
from yuqing_text.normal import normalize
from yuqing_text.query import explanation
from yuqing_text.query.explanation import conditions, explain
from yuqing_text.query.matcher import Matcher
from yuqing_text.query.tree import Everything, Forms, Node, OneOf, Phrase, QueryPlace
from yuqing_text.written_forms import as_written

Context = grpc.aio.ServicerContext[Any, Any]
DEFAULT_SAMPLE = 10
DEFAULT_TERMS = 10


@dataclass(frozen=True)
class TopicMatchServicer(topic_match_pb2_grpc.TopicMatchServiceServicer):
    """TopicMatchService."""

    database: Database
    search: Search
    mentions: Mentions
    asking: Asking

    async def DryRunTopic(self, request: topic_match_pb2.DryRunTopicRequest, context: Context) -> topic_match_pb2.DryRunTopicResponse:
        """Errors: QueryRefused, ResourceExhausted, Unavailable."""
        sight = await self.asking.sight()
        tree = self._tree(Watched("", request.query, request.language, synonyms=synonym_lists(request.synonyms)))
        start, end = range_of(request.published)
        selection = Selection(tree, start=start, end=end)
        with engine_errors():
            bars, total = await self.search.bars(selection, Bars("day", "published", self.asking.zone))
            shares = await self._shares(request.query, selection)
            size = request.sample_size or DEFAULT_SAMPLE
            page = await self.search.page(selection, Order.NEWEST, size=size, cursor=None, facets=())
        reply = topic_match_pb2.DryRunTopicResponse(total_size=total, bars=bar_messages(bars), conditions=shares, word_forms=word_form_messages(tree))
        matcher = Matcher(tree)
        for found in page.found:
            write_hit(reply.hits.add(), found, matcher, sight)
        return reply

    async def SuggestTerms(self, request: topic_match_pb2.SuggestTermsRequest, context: Context) -> topic_match_pb2.SuggestTermsResponse:
        """Errors: NotFound, QueryRefused, Unavailable."""
        if request.topic:
            topic = await self._watched(request.topic, await self.asking.sight())
        else:
            topic = Watched("", request.query, request.language, synonyms=synonym_lists(request.synonyms))
        start, end = range_of(request.published)
        selection = self._selection(topic, Selection(Everything(), start=start, end=end))
        irrelevant = [mention_id_of(name) for name in request.irrelevant]
        with engine_errors():
            found = await Suggesting(self.search).suggest(selection, irrelevant, request.size or DEFAULT_TERMS)
        widening = [
            topic_match_pb2.WideningTerm(term=each.term, size=each.size, further_size=each.further, weight=each.weight) for each in found.widening
        ]
        narrowing = [
            topic_match_pb2.NarrowingTerm(term=each.term, size=each.size, irrelevant_size=each.irrelevant, weight=each.weight)
            for each in found.narrowing
        ]
        return topic_match_pb2.SuggestTermsResponse(total_size=found.total, irrelevant_size=found.irrelevant, widening=widening, narrowing=narrowing)

    async def CompareTopics(self, request: topic_match_pb2.CompareTopicsRequest, context: Context) -> topic_match_pb2.CompareTopicsResponse:
        """Errors: NotFound, ResourceExhausted, Unavailable."""
        sight = await self.asking.sight()
        for name in request.topics:
            await self._watched(name, sight)
        start, end = range_of(request.published)
        with engine_errors():
            figures, total = await self.search.figures(
                request.topics, Selection(Everything(), start=start, end=end), request.time_zone or self.asking.zone
            )
        voice = sum(each.size for each in figures)
        messages = [
            topic_match_pb2.TopicFigures(
                topic=name,
                size=each.size,
                share_of_voice=each.size / voice if voice else 0.0,
                sentiments=bucket_messages(each.sentiments),
                reach=each.reach,
                days=bar_messages(each.days),
                media=bucket_messages(each.media),
                intents=bucket_messages(each.labels["intent"]),
                aspects=bucket_messages(each.labels["aspect"]),
                focus_areas=bucket_messages(each.labels["focus_area"]),
                sensitivities=bucket_messages(each.labels["sensitivity"]),
                mean_influence=each.mean_influence,
                mean_risk=each.mean_risk,
            )
            for name, each in zip(request.topics, figures, strict=True)
        ]
        return topic_match_pb2.CompareTopicsResponse(topics=messages, total_size=total)

    async def ExplainTopicMatch(
        self, request: topic_match_pb2.ExplainTopicMatchRequest, context: Context
    ) -> topic_match_pb2.ExplainTopicMatchResponse:
        """Errors: NotFound, QueryRefused, Unavailable."""
        topic = await self._watched(request.topic, await self.asking.sight())
        mention_id = mention_id_of(request.name)
        with engine_errors():
            mention = (await self.mentions.read([mention_id])).get(mention_id)
        if mention is None:
            raise NotFound(f"{request.name} is not there")
        explained = explain(self._tree(topic), candidate_of(mention))
        return topic_match_pb2.ExplainTopicMatchResponse(
            query=topic.query,
            matches=not any(each.blocking for each in explained),
            assigned=any(match.topic == request.topic for match in mention.topics),
            conditions=[_outcome(topic.query, each) for each in explained],
        )

    async def _watched(self, name: str, sight: Sight) -> Watched:
        async with self.database.read() as connection:
            told = await topics.find(connection, name)
        if told is None or not sight.seen([name]):
            raise NotFound(f"{name} is not there")
        return told.watched

    def _tree(self, topic: Watched) -> Node:
        with query_errors():
            return tree_of_topic(topic, topic_parser(self.asking.zone))

    def _selection(self, topic: Watched, within: Selection) -> Selection:
        """The query as what may change, language and validity as what stays."""
        tree = self._tree(replace(topic, language="", start=None, end=None))
        filters = {"language": (normalize(topic.language),)} if topic.language else {}
        starts = [start for start in (topic.start, within.start) if start]
        ends = [end for end in (topic.end, within.end) if end]
        return replace(within, tree=tree, filters=filters, start=max(starts, default=None), end=min(ends, default=None))

    async def _shares(self, query: str, selection: Selection) -> list[topic_match_pb2.ConditionShare]:
        parts = list(conditions(selection.tree))
        forms = {phrase: None for node, _, _ in parts if isinstance(node, Forms) for phrase in node.phrases}
        shares = await self.search.shares(selection, [*(node for node, _, _ in parts), *forms])
        form_shares = dict(zip(forms, shares[len(parts) :], strict=True))
        return [
            topic_match_pb2.ConditionShare(
                condition=_condition(query, node, place, excluded=excluded), size=alone, hit_size=among, forms=_form_shares(node, form_shares)
            )
            for (node, place, excluded), (alone, among) in zip(parts, shares, strict=False)
        ]


def _form_shares(node: Node, shares: dict[Phrase, tuple[int, int]]) -> list[topic_match_pb2.FormShare]:
    if not isinstance(node, Forms):
        return []
    found = ((phrase, shares[phrase]) for phrase in node.phrases)
    return [topic_match_pb2.FormShare(form=as_written(phrase.tokens), size=alone, hit_size=among) for phrase, (alone, among) in found if alone]


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
