"""Keeps the heads of stories with their vectors in an index of their own, so that writing a mention anew never carries a vector: the port `Heads`."""

from collections.abc import Collection, Sequence
from importlib import resources
from typing import Any, Final

import orjson
import structlog
from elasticsearch import AsyncElasticsearch, BadRequestError

from yuqing_indexing.adapters.elasticsearch.client import away_is_named, dumps
from yuqing_indexing.domain.meaning import Head, Neighbour
from yuqing_indexing.domain.ports import OutsideUnavailable

FAMILY: Final = "story-heads"
_LOOKED_AT: Final = 4
"""For each story wanted so many are looked at in the graph of neighbours: more find it more surely, and take longer."""
_MOST_LOOKED_AT: Final = 10_000
_Json = dict[str, Any]
_log = structlog.get_logger(__name__)


class StoryHeads:
    """See `domain.meaning.Heads`; `prefix` and `shards` as in `Indices`."""

    def __init__(self, client: AsyncElasticsearch, *, prefix: str = "", shards: int = 1) -> None:
        self._client = client
        self._name = f"{prefix}{FAMILY}"
        self._shards = shards

    async def prepare(self) -> None:
        """Makes the index, or gives it the fields that are new."""
        file = resources.files("yuqing_indexing.adapters.elasticsearch").joinpath("mappings", f"{FAMILY}.json")
        mapping: _Json = orjson.loads(file.read_bytes())
        settings = {"refresh_interval": "1s", "number_of_shards": self._shards, "auto_expand_replicas": "0-1"}
        try:
            await self._client.indices.create(index=self._name, mappings=mapping, settings=settings)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
            await self._upgrade(mapping)

    async def write(self, heads: Sequence[Head]) -> None:
        """See `Heads`."""
        await self._bulk([line for head in heads for line in ({"index": {"_id": head.story}}, _record(head))])

    async def remove(self, stories: Sequence[str]) -> None:
        """See `Heads`."""
        await self._bulk([{"delete": {"_id": story}} for story in stories])

    async def nearest(
        self, vector: Sequence[float], encoder: str, *, most: int, least: float, among: Collection[str] | None = None
    ) -> list[Neighbour]:
        """See `Heads`. Eight bits find candidates, the whole vectors put them in order."""
        filters: list[_Json] = [{"term": {"encoder": encoder}}]
        if among is not None:
            filters.append({"ids": {"values": list(among)}})
        asked: _Json = {
            "field": "vector",
            "query_vector": list(vector),
            "k": most,
            "num_candidates": min(_LOOKED_AT * most, _MOST_LOOKED_AT),
            "similarity": least,
            "filter": filters,
            "rescore_vector": {"oversample": 2.0},
        }
        with away_is_named():
            reply = await self._client.search(index=self._name, knn=asked, size=most, source=False)
        found = [Neighbour(hit["_id"], 2 * hit["_score"] - 1) for hit in reply.body["hits"]["hits"]]
        return [each for each in found if each.similarity >= least]

    async def _upgrade(self, mapping: _Json) -> None:
        found = (await self._client.indices.get_mapping(index=self._name)).body[self._name]["mappings"]
        version = found.get("_meta", {}).get("version", 0)
        if version < mapping["_meta"]["version"]:
            await self._client.indices.put_mapping(index=self._name, properties=mapping["properties"], meta=mapping["_meta"])
            _log.info("mapping upgraded", index=self._name, from_version=version, to_version=mapping["_meta"]["version"])

    async def _bulk(self, lines: Sequence[_Json]) -> None:
        if not lines:
            return
        body = b"\n".join(map(dumps, lines)) + b"\n"
        headers = {"accept": "application/json", "content-type": "application/x-ndjson"}
        with away_is_named():
            reply = await self._client.perform_request("POST", f"/{self._name}/_bulk", headers=headers, body=body)
        failed = [result for item in reply.body["items"] for result in item.values() if result["status"] >= 300 and result["status"] != 404]
        if failed:
            raise OutsideUnavailable(f"{len(failed)} heads of stories were not taken: {failed[0]['error'].get('reason', failed[0]['status'])}")


def _record(head: Head) -> _Json:
    return {"vector": list(head.vector), "encoder": head.encoder, "mention": head.mention, "site": head.site, "time": head.time}
