"""What influence is computed of, from Elasticsearch: the port `InfluenceSearch`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import AsyncElasticsearch

from yuqing_indexing.adapters.elasticsearch.client import away_is_named
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.questions import facet_question, query_of, sort_of
from yuqing_indexing.adapters.elasticsearch.records import UNREAD, counts_of, mention_of, moment_of
from yuqing_indexing.adapters.elasticsearch.search import aggregated, facet_count_of
from yuqing_indexing.domain.document import Counts, Mention
from yuqing_indexing.domain.ranking import MOST_COMPARED, MOST_OBSERVED, Carrier, Total, days_of
from yuqing_indexing.domain.searching import Order, Selection
from yuqing_indexing.domain.stories import story_name

_Json = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_OBSERVATIONS = 10_000
_COUNTED = {"reads": "views", "likes": "likes", "comments": "comments", "reposts": "reposts"}
_MEASURES: _Json = {
    "reach": {"sum": {"field": "reach"}},
    "first": {"min": {"field": "when"}},
    "last": {"max": {"field": "when"}},
    "sentiments": facet_question("sentiment"),
    **{name: {"stats": {"field": field}} for name, field in _COUNTED.items()},
}


class ElasticsearchInfluenceSearch:
    """See `domain.ranking.InfluenceSearch`."""

    def __init__(self, client: AsyncElasticsearch, indices: Indices) -> None:
        self._client = client
        self._indices = indices

    async def carriers(self, selection: Selection, by: str) -> list[Carrier]:
        """See `InfluenceSearch`."""
        terms = {"field": by, "size": MOST_COMPARED, "order": [{"reach": "desc"}, {"_key": "asc"}]}
        reply = await aggregated(self._client, self._indices, query_of(selection), {"carriers": {"terms": terms, "aggs": _MEASURES}})
        return [_carrier(bucket, selection) for bucket in reply["aggregations"]["carriers"]["buckets"]]

    async def fetches(self, mentions: Sequence[str]) -> dict[str, list[tuple[datetime, Counts]]]:
        """See `InfluenceSearch`."""
        found: dict[str, list[tuple[datetime, Counts]]] = {mention: [] for mention in mentions}
        where: _Json = {"query": {"bool": {"filter": [{"terms": {"mention": list(mentions)}}]}}, "sort": [{"time": "desc"}]}
        with away_is_named():
            reply = await self._client.search(index=self._indices.everywhere("observations"), size=_MOST_OBSERVATIONS, **where)
        for hit in reply.body["hits"]["hits"]:
            record = hit["_source"]
            found[record["mention"]].append((moment_of(record["time"]), counts_of(record)))
        return found

    async def newest(self, story: str) -> tuple[list[Mention], int]:
        """See `InfluenceSearch`."""
        body: _Json = {"query": {"bool": {"filter": [{"term": {"story": story_name(story)}}]}}, "sort": sort_of(Order.NEWEST)}
        with away_is_named():
            reply = await self._client.search(
                index=self._indices.everywhere("mentions"), size=MOST_OBSERVED, track_total_hits=True, source_excludes=UNREAD, **body
            )
        hits = reply.body["hits"]
        return [mention_of(hit["_id"], hit["_source"]) for hit in hits["hits"]], hits["total"]["value"]


def _carrier(bucket: _Json, selection: Selection) -> Carrier:
    first, last = (_EPOCH + timedelta(milliseconds=bucket[name]["value"]) for name in ("first", "last"))
    return Carrier(
        value=bucket["key"],
        size=bucket["doc_count"],
        days=days_of(selection, first, last),
        reach=int(bucket["reach"]["value"]),
        sentiments=facet_count_of(bucket["sentiments"]).buckets,
        **{name: _total(bucket[name]) for name in _COUNTED},
    )


def _total(stats: _Json) -> Total:
    return Total(stats["count"], int(stats["sum"]), int(stats["max"])) if stats["count"] else Total()
