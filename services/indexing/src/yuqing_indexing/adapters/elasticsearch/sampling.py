"""Draws mentions by chance: the port `Sampling` on Elasticsearch."""

from collections.abc import Mapping
from typing import Any

from elasticsearch import AsyncElasticsearch

from yuqing_indexing.adapters.elasticsearch.client import away_is_named
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.questions import facet_question, query_of
from yuqing_indexing.adapters.elasticsearch.records import DERIVED, mention_of
from yuqing_indexing.adapters.elasticsearch.search import aggregated
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.searching import Selection


class ElasticsearchSampling:
    """See `domain.sampling.Sampling`."""

    def __init__(self, client: AsyncElasticsearch, indices: Indices) -> None:
        self._client = client
        self._indices = indices

    async def media(self, selection: Selection) -> Mapping[str, int]:
        """See `Sampling`."""
        reply = await aggregated(self._client, self._indices, query_of(selection), {"media": facet_question("medium")})
        return {bucket["key"]: bucket["doc_count"] for bucket in reply["aggregations"]["media"]["buckets"]}

    async def by_chance(self, selection: Selection, *, size: int, seed: int) -> list[Mention]:
        """See `Sampling`: the score of each is a number of the seed and the mention alone."""
        chance: dict[str, Any] = {"seed": seed, "field": "tiebreak"}
        query = {"function_score": {"query": {"bool": {"filter": [query_of(selection)]}}, "random_score": chance, "boost_mode": "replace"}}
        with away_is_named():
            reply = await self._client.search(index=self._indices.everywhere("mentions"), query=query, size=size, source_excludes=DERIVED)
        return [mention_of(hit["_id"], hit["_source"]) for hit in reply.body["hits"]["hits"]]
