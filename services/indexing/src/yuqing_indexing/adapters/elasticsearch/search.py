"""Answers questions about the mentions from Elasticsearch: the port `Search`."""

from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError

from yuqing_indexing.adapters.elasticsearch.client import away_is_named
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.points import close_point, open_point, point_in_time
from yuqing_indexing.adapters.elasticsearch.questions import bars_question, facet_question, figures_question, query_of, sort_of
from yuqing_indexing.adapters.elasticsearch.records import DERIVED, counts_of, mention_of, moment_of
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.searching import (
    LABEL_FACETS,
    Bar,
    Bars,
    Cursor,
    FacetCount,
    Figures,
    Found,
    Observed,
    Order,
    Page,
    PointInTimeGone,
    Selection,
    Term,
    TooManyBars,
)
from yuqing_text.query.elasticsearch import compile_query
from yuqing_text.query.tree import And, Everything, Node, OneOf

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAGES_KEPT = "2m"
"""How long a point in time is kept after each page."""
EXPORT_KEPT = "10m"
EXPORT_PAGE = 1000
_Hit = dict[str, Any]


class ElasticsearchSearch:
    """See `domain.searching.Search`."""

    def __init__(self, client: AsyncElasticsearch, indices: Indices) -> None:
        self._client = client
        self._indices = indices

    async def page(self, selection: Selection, order: Order, *, size: int, cursor: Cursor | None, facets: Sequence[str]) -> Page:
        """See `Search`. The point in time is opened for the second page: most searches never have one, and each keeps segments alive."""
        body: dict[str, Any] = {"query": query_of(selection), "sort": sort_of(order), "track_total_hits": True}
        if facets:
            body["aggs"] = {facet: facet_question(facet, selection.topics) for facet in facets}
        where: dict[str, Any] = {"index": self._indices.everywhere("mentions")}
        with away_is_named(), _gone_is_named():
            if cursor:
                point = cursor.point_in_time or await open_point(self._client, self._indices.everywhere("mentions"), PAGES_KEPT)
                where = {"pit": {"id": point, "keep_alive": PAGES_KEPT}, "search_after": list(cursor.after)}
            reply = await self._client.search(**where, **body, size=size + 1, source_excludes=DERIVED)
        hits: list[_Hit] = reply.body["hits"]["hits"]
        more = len(hits) > size
        hits = hits[:size]
        if cursor and not more:
            await close_point(self._client, reply.body["pit_id"])
        return Page(
            found=tuple(Found(mention_of(hit["_id"], hit["_source"]), hit["_score"] or 0.0) for hit in hits),
            total=reply.body["hits"]["total"]["value"],
            cursor=Cursor(tuple(hits[-1]["sort"]), reply.body.get("pit_id", "")) if more else None,
            facets={facet: facet_count_of(reply.body["aggregations"][facet]) for facet in facets},
        )

    async def bars(self, selection: Selection, bars: Bars) -> tuple[list[Bar], int]:
        """See `Search`."""
        reply = await self._aggregated(selection, {"bars": bars_question(bars, selection.topics)})
        found = reply["aggregations"]["bars"]["buckets"]
        return [bar_of(bucket) for bucket in found], reply["hits"]["total"]["value"]

    async def significant_terms(self, selection: Selection, size: int, *, against: Selection | None = None) -> list[Term]:
        """See `Search`."""
        question: dict[str, Any] = {"field": "words", "size": size, "min_doc_count": 2}
        if against:
            # Only a person's handful of mentions is held against others: one of them may be all there is.
            question |= {"background_filter": query_of(against), "min_doc_count": 1}
        reply = await self._aggregated(selection, {"terms": {"significant_terms": question}})
        found = reply["aggregations"]["terms"]["buckets"]
        return [Term(bucket["key"], bucket["doc_count"], bucket["bg_count"], bucket["score"]) for bucket in found]

    async def frequent_terms(self, selection: Selection, size: int) -> list[Term]:
        """See `Search`; the weight is the share of the selected mentions that hold the word."""
        reply = await self._aggregated(selection, {"terms": {"terms": {"field": "words", "size": size}}})
        counts = {bucket["key"]: bucket["doc_count"] for bucket in reply["aggregations"]["terms"]["buckets"]}
        if not counts:
            return []
        among = {"terms": {"field": "words", "size": len(counts), "include": list(counts)}}
        with away_is_named():
            everywhere = await self._client.search(index=self._indices.everywhere("mentions"), size=0, aggs={"terms": among})
        background = {bucket["key"]: bucket["doc_count"] for bucket in everywhere.body["aggregations"]["terms"]["buckets"]}
        total = reply["hits"]["total"]["value"]
        return [Term(word, count, max(background.get(word, 0), count), count / total) for word, count in counts.items()]

    async def shares(self, selection: Selection, conditions: Sequence[Node]) -> list[tuple[int, int]]:
        """See `Search`."""
        if not conditions:
            return []
        asked = {"shares": {"filters": {"filters": [compile_query(node) for node in conditions]}}}
        alone = await self._aggregated(replace(selection, tree=Everything()), asked)
        among = await self._aggregated(selection, asked)
        counts = ([bucket["doc_count"] for bucket in reply["aggregations"]["shares"]["buckets"]] for reply in (alone, among))
        return list(zip(*counts, strict=True))

    async def count(self, selection: Selection) -> int:
        """See `Search`."""
        with away_is_named():
            reply = await self._client.count(index=self._indices.everywhere("mentions"), query=query_of(selection))
        counted: int = reply.body["count"]
        return counted

    async def figures(self, topics: Sequence[str], selection: Selection, time_zone: str) -> tuple[list[Figures], int]:
        """See `Search`."""
        any_of_them = replace(selection, tree=And((selection.tree, OneOf("topic", tuple(topics)))))
        reply = await self._aggregated(any_of_them, {"topics": figures_question(topics, time_zone)})
        return [_figures(bucket) for bucket in reply["aggregations"]["topics"]["buckets"]], reply["hits"]["total"]["value"]

    async def refresh(self) -> None:
        """All that was written before can be found afterwards."""
        with away_is_named():
            await self._indices.refresh("mentions")

    async def everything(self, selection: Selection, order: Order, limit: int) -> AsyncIterator[tuple[int, list[Mention]]]:
        """See `Search`."""
        body: dict[str, Any] = {"query": query_of(selection), "sort": sort_of(order), "track_total_hits": True}
        after: list[Any] | None = None
        left = limit
        async with point_in_time(self._client, self._indices.everywhere("mentions"), EXPORT_KEPT) as point:
            while left > 0:
                size = min(EXPORT_PAGE, left)
                with away_is_named():
                    reply = await self._client.search(
                        **body, pit={"id": point, "keep_alive": EXPORT_KEPT}, search_after=after, size=size, source_excludes=DERIVED
                    )
                hits: list[_Hit] = reply.body["hits"]["hits"]
                if not hits and after is not None:
                    return
                yield reply.body["hits"]["total"]["value"], [mention_of(hit["_id"], hit["_source"]) for hit in hits]
                if len(hits) < size:
                    return
                left -= len(hits)
                after = hits[-1]["sort"]

    async def observations(self, mention: str, *, before: datetime | None, size: int) -> list[Observed]:
        """See `Search`."""
        filters: list[dict[str, Any]] = [{"term": {"mention": mention}}]
        if before is not None:
            filters.append({"range": {"time": {"lt": before.isoformat()}}})
        with away_is_named():
            reply = await self._client.search(
                index=self._indices.everywhere("observations"), query={"bool": {"filter": filters}}, sort=[{"time": "desc"}], size=size
            )
        return [_observed(hit["_source"]) for hit in reply.body["hits"]["hits"]]

    async def _aggregated(self, selection: Selection, aggregations: dict[str, Any]) -> dict[str, Any]:
        return await aggregated(self._client, self._indices, query_of(selection), aggregations, counted=True)


async def aggregated(
    client: AsyncElasticsearch, indices: Indices, query: dict[str, Any], aggregations: dict[str, Any], *, counted: bool = False
) -> dict[str, Any]:
    """The reply with figures alone, without any mention; `counted` asks for the exact number of hits. Errors: OutsideUnavailable, TooManyBars."""
    total: dict[str, Any] = {"track_total_hits": True} if counted else {}
    try:
        with away_is_named():
            reply = await client.search(index=indices.everywhere("mentions"), query=query, aggs=aggregations, size=0, **total)
    except ApiError as error:
        if "too_many_buckets" in str(error.body):
            raise TooManyBars from error
        raise
    return reply.body


@contextmanager
def _gone_is_named() -> Generator[None]:
    try:
        yield
    except NotFoundError as error:
        raise PointInTimeGone from error


def facet_count_of(aggregation: dict[str, Any]) -> FacetCount:
    """The counts of a terms aggregation."""
    return FacetCount(_buckets(aggregation), aggregation["sum_other_doc_count"])


def _buckets(aggregation: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple((bucket["key"], bucket["doc_count"]) for bucket in aggregation["buckets"])


def bar_of(bucket: dict[str, Any]) -> Bar:
    """A bucket of a histogram of time."""
    start = _EPOCH + timedelta(milliseconds=bucket["key"])
    return Bar(start, bucket["doc_count"], _buckets(bucket["split"]) if "split" in bucket else ())


def _figures(bucket: dict[str, Any]) -> Figures:
    return Figures(
        size=bucket["doc_count"],
        sentiments=_buckets(bucket["sentiments"]),
        reach=int(bucket["reach"]["value"]),
        days=tuple(map(bar_of, bucket["days"]["buckets"])),
        media=_buckets(bucket["media"]),
        labels={name: _buckets(bucket[name]) for name in LABEL_FACETS},
        mean_influence=bucket["mean_influence"]["value"],
        mean_risk=bucket["mean_risk"]["value"],
    )


def _observed(record: dict[str, Any]) -> Observed:
    return Observed(
        time=moment_of(record["time"]),
        content_hash=record.get("content_hash", ""),
        counts=counts_of(record),
        vanished=record.get("vanished", False),
        stored_page=record.get("stored_page", ""),
    )
