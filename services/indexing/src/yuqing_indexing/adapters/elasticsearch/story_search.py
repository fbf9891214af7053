"""Answers questions about stories from Elasticsearch: the port `StorySearch`."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import AsyncElasticsearch

from yuqing_indexing.adapters.elasticsearch.client import away_is_named
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.questions import facet_question, query_of, sort_of
from yuqing_indexing.adapters.elasticsearch.records import DERIVED, UNREAD, mention_of
from yuqing_indexing.adapters.elasticsearch.search import aggregated, bar_of, facet_count_of
from yuqing_indexing.domain.document import Mention
from yuqing_indexing.domain.heat import heat
from yuqing_indexing.domain.searching import Cursor, Found, Order, Page, Selection
from yuqing_indexing.domain.stories import story_id_of, story_name
from yuqing_indexing.domain.story_search import MOST_LISTED, WINDOW, Neighbours, Piece, StoryDetails, StoryFigures, StoryOrder
from yuqing_text.query.elasticsearch import compile_query
from yuqing_text.query.tree import Phrase

_EXACT_UP_TO = 40_000
"""Elasticsearch counts distinct values exactly up to about here, and above within a few in a hundred."""
_CARRIERS = 10
_Json = dict[str, Any]
_RANKS: dict[StoryOrder, tuple[str, _Json]] = {
    StoryOrder.HEAT: ("heat", {"sum": {"field": "heat"}}),
    StoryOrder.SIZE: ("size", {"value_count": {"field": "story"}}),
    StoryOrder.NEWEST: ("newest", {"max": {"field": "when"}}),
    StoryOrder.RISK: ("risk", {"max": {"field": "risk", "missing": 0}}),
}


class ElasticsearchStorySearch:
    """See `domain.story_search.StorySearch`."""

    def __init__(self, client: AsyncElasticsearch, indices: Indices) -> None:
        self._client = client
        self._indices = indices

    async def ranked(self, selection: Selection, order: StoryOrder, *, offset: int, size: int) -> tuple[list[str], int]:
        """See `StorySearch`."""
        name, measure = _RANKS[order]
        wanted = min(offset + size, MOST_LISTED)
        terms = {"field": "story", "size": wanted, "shard_size": 2 * wanted + 1_000, "order": [{name: "desc"}, {"_key": "asc"}]}
        asked = {"stories": {"terms": terms, "aggs": {name: measure}}, "total": _distinct("story", exact_up_to=_EXACT_UP_TO)}
        found = await self._aggregated(query_of(selection), asked)
        return [story_id_of(bucket["key"]) for bucket in found["stories"]["buckets"][offset:]], found["total"]["value"]

    async def touched(self, selection: Selection, *, most: int) -> list[str] | None:
        """See `StorySearch`."""
        terms = {"field": "story", "size": most, "shard_size": most}
        found = (await self._aggregated(query_of(selection), {"stories": {"terms": terms}}))["stories"]
        return None if found["sum_other_doc_count"] else [story_id_of(bucket["key"]) for bucket in found["buckets"]]

    async def touched_of(self, selection: Selection, stories: Collection[str]) -> set[str]:
        """See `StorySearch`."""
        named = await self._named(query_of(selection), [story_name(story) for story in stories])
        return {story_id_of(bucket["key"]) for bucket in named}

    async def figures(self, selection: Selection, stories: Collection[str]) -> dict[str, StoryFigures]:
        """See `StorySearch`."""
        buckets = await self._named(query_of(selection), [story_name(story) for story in stories], _FIGURES)
        return {each.story: each for each in map(_figures, buckets)}

    async def details(self, story: str, time_zone: str) -> StoryDetails:
        """See `StorySearch`."""
        hours = {"field": "when", "fixed_interval": "1h", "time_zone": time_zone, "min_doc_count": 1}
        asked = {"hours": {"date_histogram": hours}, "related": facet_question("related_story", size=_CARRIERS)}
        asked |= {name: facet_question(name, size=_CARRIERS) for name in ("site", "outlet", "author")}
        found = await self._aggregated(_of(story), asked)
        return StoryDetails(
            sites=facet_count_of(found["site"]),
            outlets=facet_count_of(found["outlet"]),
            authors=facet_count_of(found["author"]),
            hours=tuple(bar_of(bucket) for bucket in found["hours"]["buckets"]),
            related=tuple(story_id_of(bucket["key"]) for bucket in found["related"]["buckets"]),
        )

    async def members(self, story: str, most: int) -> tuple[list[Mention], int]:
        """See `StorySearch`."""
        body: _Json = {"query": _of(story), "sort": sort_of(Order.OLDEST), "size": most, "track_total_hits": True}
        with away_is_named():
            reply = await self._client.search(index=self._indices.everywhere("mentions"), source_excludes=UNREAD, **body)
        hits = reply.body["hits"]
        return [mention_of(hit["_id"], hit["_source"]) for hit in hits["hits"]], hits["total"]["value"]

    async def neighbours(self, story: StoryFigures, pieces: Sequence[Piece], *, most: int) -> Neighbours:
        """See `StorySearch`. One request: how many mentions have each piece is counted beside the hits that share the most."""
        phrases = [compile_query(Phrase(piece)) for piece in pieces]
        around = {"gte": (story.first_published - WINDOW).isoformat(), "lte": (story.last_published + WINDOW).isoformat()}
        query: _Json = {
            "filter": [{"range": {"when": around}}, {"exists": {"field": "story"}}],
            "must_not": [{"term": {"story": story_name(story.story)}}],
            "should": phrases,
        }
        body: _Json = {"query": {"bool": query}, "collapse": {"field": "story"}, "size": most, "track_total_hits": True}
        if phrases:
            body["aggs"] = {"pieces": {"filters": {"filters": phrases}}}
        with away_is_named():
            reply = await self._client.search(index=self._indices.everywhere("mentions"), source_excludes=DERIVED, **body)
        hits: _Json = reply.body["hits"]
        counted: list[_Json] = reply.body["aggregations"]["pieces"]["buckets"] if phrases else []
        return Neighbours(
            mentions=tuple(mention_of(hit["_id"], hit["_source"]) for hit in hits["hits"]),
            sizes={piece: bucket["doc_count"] for piece, bucket in zip(pieces, counted, strict=True)},
            total=hits["total"]["value"],
        )

    async def one_of_each(self, selection: Selection, order: Order, *, offset: int, size: int, facets: Sequence[str]) -> Page:
        """See `StorySearch`. By offset, because the engine collapses only what is sorted by the field that it collapses on after a cursor."""
        query = {"bool": {"must": [query_of(selection)], "filter": [{"exists": {"field": "story"}}]}}
        asked: _Json = {facet: facet_question(facet, selection.topics) for facet in facets}
        asked["total"] = _distinct("story", exact_up_to=_EXACT_UP_TO)
        wanted = max(0, min(size + 1, MOST_LISTED - offset))
        body: _Json = {"query": query, "sort": sort_of(order), "aggs": asked, "collapse": {"field": "story"}, "size": wanted}
        with away_is_named():
            reply = await self._client.search(index=self._indices.everywhere("mentions"), source_excludes=DERIVED, from_=offset, **body)
        hits = reply.body["hits"]["hits"]
        named = await self._named(query, [hit["_source"]["story"] for hit in hits[:size]])
        sizes = {bucket["key"]: bucket["doc_count"] for bucket in named}
        return Page(
            found=tuple(Found(mention_of(hit["_id"], hit["_source"]), hit["_score"] or 0.0, sizes[hit["_source"]["story"]]) for hit in hits[:size]),
            total=reply.body["aggregations"]["total"]["value"],
            cursor=Cursor((offset + size,)) if len(hits) > size and offset + size < MOST_LISTED else None,
            facets={facet: facet_count_of(reply.body["aggregations"][facet]) for facet in facets},
        )

    async def _named(self, query: _Json, names: Sequence[str], figures: _Json | None = None) -> list[_Json]:
        """Of each of the named stories that the query touches: how many mentions, and their figures."""
        if not names:
            return []
        these = {"bool": {"must": [query], "filter": [{"terms": {"story": list(names)}}]}}
        by_story: _Json = {"terms": {"field": "story", "size": len(names), "shard_size": len(names)}}
        found = await self._aggregated(these, {"stories": by_story | ({"aggs": figures} if figures else {})})
        return found["stories"]["buckets"]

    async def _aggregated(self, query: _Json, aggregations: _Json) -> _Json:
        return (await aggregated(self._client, self._indices, query, aggregations))["aggregations"]


def _of(story: str) -> _Json:
    return {"bool": {"filter": [{"term": {"story": story_name(story)}}]}}


def _distinct(field: str, *, exact_up_to: int = 3_000) -> _Json:
    return {"cardinality": {"field": field, "precision_threshold": exact_up_to}}


_FIGURES: _Json = {
    "first": {"top_hits": {"size": 1, "sort": sort_of(Order.OLDEST), "_source": {"excludes": [*DERIVED]}}},
    "originals": {"filter": {"term": {"copy": False}}, "aggs": {"heat": {"sum": {"field": "heat"}}}},
    "heat": {"sum": {"field": "heat"}},
    "reach": {"sum": {"field": "reach"}},
    "influence": {"max": {"field": "influence"}},
    "risk": {"max": {"field": "risk"}},
    "first_seen": {"min": {"field": "first_seen"}},
    "first_published": {"min": {"field": "when"}},
    "last_published": {"max": {"field": "when"}},
    "sites": _distinct("site"),
    "outlets": _distinct("outlet"),
    "authors": _distinct("author"),
    "media": facet_question("medium", size=_CARRIERS),
}


def _figures(bucket: _Json) -> StoryFigures:
    (hit,) = bucket["first"]["hits"]["hits"]
    first, originals = mention_of(hit["_id"], hit["_source"]), bucket["originals"]
    # Where the first text is gone, the next one stands for it, whatever it was called when it came.
    alone = heat(first.document.counts) if not originals["doc_count"] else originals["heat"]["value"]
    return StoryFigures(
        story=story_id_of(bucket["key"]),
        first=first,
        size=bucket["doc_count"],
        copies=bucket["doc_count"] - max(1, originals["doc_count"]),
        first_seen=_moment(bucket["first_seen"]),
        first_published=_moment(bucket["first_published"]),
        last_published=_moment(bucket["last_published"]),
        sites=bucket["sites"]["value"],
        outlets=bucket["outlets"]["value"],
        authors=bucket["authors"]["value"],
        reach=int(bucket["reach"]["value"]),
        heat=bucket["heat"]["value"],
        heat_without_copies=alone,
        media=facet_count_of(bucket["media"]).buckets,
        influence=bucket["influence"]["value"],
        risk=bucket["risk"]["value"],
    )


def _moment(value: _Json) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value["value"])
