"""Drops a month but for what is under a legal hold: that stays where it is, so nothing has to be moved and none of it can be lost or doubled."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from elasticsearch import AsyncElasticsearch

from yuqing_indexing.adapters.elasticsearch.client import away_is_named, dumps
from yuqing_indexing.adapters.elasticsearch.indices import FAMILIES, Family, Indices
from yuqing_indexing.adapters.elasticsearch.points import point_in_time
from yuqing_indexing.domain.holds import Held
from yuqing_indexing.domain.ports import OutsideUnavailable

PORTION: Final = 5_000
_KEPT_OPEN: Final = "5m"


@dataclass(frozen=True)
class Months:
    """The monthly indices as retention sees them."""

    client: AsyncElasticsearch
    indices: Indices

    async def months(self) -> list[str]:
        """Months that have an index, oldest first. Errors: OutsideUnavailable."""
        with away_is_named():
            return await self.indices.months()

    async def size(self, month: str) -> int:
        """How many mentions the index of a month has, without those of the newest seconds. Errors: OutsideUnavailable."""
        with away_is_named():
            found = await self.client.count(index=self.indices.name("mentions", month), ignore_unavailable=True)
        return found.body["count"]

    async def thin(self, month: str, held: Held) -> bool:
        """See `workers.retention.Months`. An index of which nothing is held goes as a whole. Errors: OutsideUnavailable."""
        left = False
        with away_is_named():
            for family in FAMILIES:
                if await self._has_any(family, month, held):
                    await self._remove_others(family, month, held)
                    left = True
                else:
                    await self.indices.drop(family, month)
        return left

    async def _has_any(self, family: Family, month: str, held: Held) -> bool:
        async for mention_of in self._portions(family, month):
            if await held(set(mention_of.values())):
                return True
        return False

    async def _remove_others(self, family: Family, month: str, held: Held) -> None:
        name = self.indices.name(family, month)
        async for mention_of in self._portions(family, month):
            stay = await held(set(mention_of.values()))
            doomed = [dumps({"delete": {"_index": name, "_id": each}}) for each, mention in mention_of.items() if mention not in stay]
            if doomed:
                await self._bulk(doomed)
        await self.client.indices.refresh(index=name)

    async def _bulk(self, lines: Sequence[bytes]) -> None:
        """Errors: OutsideUnavailable where the engine had no room for all of them."""
        reply = await self.client.bulk(operations=lines, refresh=False)
        failed = [result for item in reply.body["items"] for result in item.values() if result["status"] >= 300 and result["status"] != 404]
        if failed:
            raise OutsideUnavailable(f"{len(failed)} items were not removed: {failed[0]['error'].get('reason', failed[0]['status'])}")

    async def _portions(self, family: Family, month: str) -> AsyncIterator[Mapping[str, str]]:
        """The ids of all objects of an index with the mentions that they belong to; nothing where there is no index."""
        name = self.indices.name(family, month)
        if not await self.client.indices.exists(index=name):
            return
        await self.client.indices.refresh(index=name)
        after: list[Any] | None = None
        async with point_in_time(self.client, name, _KEPT_OPEN) as point:
            while True:
                found = await self.client.search(
                    pit={"id": point, "keep_alive": _KEPT_OPEN}, sort=["_shard_doc"], search_after=after, size=PORTION, source_includes=["mention"]
                )
                hits: list[dict[str, Any]] = found.body["hits"]["hits"]
                if not hits:
                    return
                yield {hit["_id"]: hit["_source"].get("mention", hit["_id"]) for hit in hits}
                after = hits[-1]["sort"]
