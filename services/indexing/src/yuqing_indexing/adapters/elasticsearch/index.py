"""Reads and writes mentions and observations: real-time gets, bulk requests with an outcome for each item."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elastic_transport import ApiResponse
from elasticsearch import AsyncElasticsearch

from yuqing_indexing.adapters.elasticsearch.client import BUSY_STATUSES, away_is_named, dumps
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.records import DERIVED, mention_of, mention_record, sighting_record
from yuqing_indexing.adapters.elasticsearch.refreshing import Refresher
from yuqing_indexing.domain.analysis import analyse
from yuqing_indexing.domain.ids import observation_id
from yuqing_indexing.domain.months import month_of
from yuqing_indexing.domain.ports import OutsideUnavailable, Place, Sighting, Stored, Version, Write, Written
from yuqing_indexing.domain.turns import in_thread
from yuqing_indexing.domain.weights import SHIPPED, Weights

_CONFLICT = 409
_MOST_TRIES = 6
_FIRST_PAUSE_SECONDS = 0.25
_OBSERVATIONS_A_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class _Line:
    """One item of a bulk request: its two lines, and the mention that it is for (empty for an observation)."""

    mention: str
    body: bytes


class MentionIndex:
    """The port `Index` on a real Elasticsearch."""

    def __init__(self, client: AsyncElasticsearch, indices: Indices, weights: Weights = SHIPPED, refresher: Refresher | None = None) -> None:
        self._client = client
        self._indices = indices
        self._weights = weights
        self._refresher = refresher

    async def read(self, places: Sequence[Place]) -> dict[str, Stored]:
        """See `domain.ports.Index`."""
        if not places:
            return {}
        wanted = [{"_index": self._indices.name("mentions", place.month), "_id": place.id} for place in places]
        with away_is_named():
            found = await self._client.mget(docs=wanted, source_excludes=DERIVED)
        return {item["_id"]: _stored(item) for item in found.body["docs"] if item.get("found")}

    async def write(self, writes: Sequence[Write], sightings: Sequence[Sighting]) -> Written:
        """See `domain.ports.Index`."""
        with away_is_named():
            for month in {write.place.month for write in writes}:
                await self._indices.ensure("mentions", month)
            for month in {month_of(sighting.document.fetched) for sighting in sightings}:
                await self._indices.ensure("observations", month)
        conflicts: set[str] = set()
        refused: dict[str, str] = {}
        if sightings:
            await self._send_all([_Line("", self._sighting_line(sighting)) for sighting in sightings], conflicts, refused)
        lines = await in_thread(lambda: [_Line(write.mention.id, self._mention_line(write)) for write in writes])
        await self._send_all(lines, conflicts, refused)
        self._wrote([write.place for write in writes])
        return Written(frozenset(conflicts), refused)

    async def remove(self, places: Sequence[Place]) -> None:
        """See `domain.ports.Index`."""
        with away_is_named():
            for place in places:
                await self._remove_observations(place.id)
            doomed = [dumps({"delete": {"_index": self._indices.name("mentions", place.month), "_id": place.id}}) for place in places]
            if doomed:
                self._wrote(places)
                await self._bulk(doomed, refresh="wait_for")

    def _wrote(self, places: Sequence[Place]) -> None:
        if self._refresher and places:
            self._refresher.wrote({place.month for place in places}, len(places))

    async def _send_all(self, lines: list[_Line], conflicts: set[str], refused: dict[str, str]) -> None:
        pause_seconds = _FIRST_PAUSE_SECONDS
        for _ in range(_MOST_TRIES):
            lines = await self._send(lines, conflicts, refused)
            if not lines:
                return
            await asyncio.sleep(pause_seconds)
            pause_seconds *= 2
        raise OutsideUnavailable(f"Elasticsearch had no room for {len(lines)} items in {_MOST_TRIES} tries")

    async def _send(self, lines: Sequence[_Line], conflicts: set[str], refused: dict[str, str]) -> list[_Line]:
        """Sends the lines; gives back those that the engine had no room for."""
        if not lines:
            return []
        with away_is_named():
            reply = await self._bulk([line.body for line in lines], filter_path="errors,items.*.status,items.*.error")
        if not reply.body["errors"]:
            return []
        again: list[_Line] = []
        for line, item in zip(lines, reply.body["items"], strict=True):
            (result,) = item.values()
            status: int = result["status"]
            if status < 300:
                continue
            if status in BUSY_STATUSES:
                again.append(line)
            elif status != _CONFLICT:
                refused[line.mention] = _reason(result["error"])
            elif line.mention:
                conflicts.add(line.mention)  # of an observation a conflict says that it is there already
        refused.pop("", None)
        return again

    async def _bulk(self, lines: Sequence[bytes], **parameters: str) -> ApiResponse[Any]:
        # The typed method takes objects only; ready bytes spare a second serialisation.
        headers = {"accept": "application/json", "content-type": "application/x-ndjson"}
        return await self._client.perform_request("POST", "/_bulk", params=parameters, headers=headers, body=b"\n".join(lines) + b"\n")

    def _mention_line(self, write: Write) -> bytes:
        target: dict[str, Any] = {"_index": self._indices.name("mentions", write.place.month), "_id": write.mention.id}
        if write.version is None:
            action = {"create": target}
        else:
            version = {"if_seq_no": write.version.sequence_number, "if_primary_term": write.version.primary_term}
            action = {"index": target | version}
        return dumps(action) + b"\n" + dumps(mention_record(write.mention, analyse(write.mention, write.reading), self._weights))

    def _sighting_line(self, sighting: Sighting) -> bytes:
        fetched = sighting.document.fetched
        target = {"_index": self._indices.name("observations", month_of(fetched)), "_id": observation_id(sighting.mention, fetched)}
        return dumps({"create": target}) + b"\n" + dumps(sighting_record(sighting))

    async def _remove_observations(self, mention: str) -> None:
        await self._indices.refresh("observations")
        while True:
            found = await self._client.search(
                index=self._indices.everywhere("observations"), query={"term": {"mention": mention}}, size=_OBSERVATIONS_A_PAGE, source=False
            )
            hits = found.body["hits"]["hits"]
            if not hits:
                return
            doomed = [dumps({"delete": {"_index": hit["_index"], "_id": hit["_id"]}}) for hit in hits]
            await self._bulk(doomed, refresh="true")


def _stored(item: dict[str, Any]) -> Stored:
    return Stored(mention_of(item["_id"], item["_source"]), Version(item["_seq_no"], item["_primary_term"]))


def _reason(error: dict[str, Any]) -> str:
    cause: dict[str, Any] = error.get("caused_by") or {}
    return ": ".join(part for part in (error.get("reason", "refused"), cause.get("reason", "")) if part)[:500]
