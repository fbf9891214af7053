"""Finds the mentions that wait for the full stage: the port `Queue` of the worker."""

from elasticsearch import AsyncElasticsearch

from yuqing_indexing.adapters.elasticsearch.client import away_is_named
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.records import moment_of
from yuqing_indexing.domain.second_look import Due


class SecondLookQueue:
    """Reads the field `second_look`, which is there only where a mention waits, and holds its priority."""

    def __init__(self, client: AsyncElasticsearch, indices: Indices) -> None:
        self._client = client
        self._indices = indices

    async def due(self, least: float, limit: int) -> list[Due]:
        """See `workers.second_look.Queue`."""
        with away_is_named():
            found = await self._client.search(
                index=self._indices.everywhere("mentions"),
                query={"range": {"second_look": {"gte": least}}},
                sort=[{"second_look": "desc"}],
                size=limit,
                source_includes=["judgement.time"],
                track_total_hits=False,
            )
        return [Due(hit["_id"], moment_of(hit["_source"]["judgement"]["time"])) for hit in found.body["hits"]["hits"]]

    async def refresh(self) -> None:
        """See `workers.second_look.Queue`."""
        with away_is_named():
            await self._indices.refresh("mentions")
