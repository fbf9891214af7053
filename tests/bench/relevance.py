"""Sixty judged queries: whether what was asked for comes first, by our order of relevance and by a plain `match` on the same node and texts."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

from elasticsearch import AsyncElasticsearch
from elasticsearch.helpers import async_bulk

from tests.bench.figures import Row, say
from tests.bench.judged import Judged, Query, queries, texts
from yuqing_indexing.adapters.elasticsearch.client import connect
from yuqing_indexing.adapters.elasticsearch.indices import Indices
from yuqing_indexing.adapters.elasticsearch.records import mention_record
from yuqing_indexing.adapters.elasticsearch.search import ElasticsearchSearch
from yuqing_indexing.domain.analysis import analyse, read
from yuqing_indexing.domain.document import Document, Mention
from yuqing_indexing.domain.searching import Order, Selection
from yuqing_indexing.domain.stories import KnownTexts, Placing
from yuqing_indexing.domain.telling import telling
from yuqing_testkit.plugin import elasticsearch_node
from yuqing_text.query.parser import parse

LOOKED_AT = 10
_PLAIN = "plain"
_MONTH = "2026.05"
_NOW = datetime(2026, 5, 2, tzinfo=UTC)


def measure(var: Path, *, quick: bool) -> list[Row]:
    """A row for each half of the queries. Nothing is kept in `var`; `quick` changes nothing: it takes seconds."""
    del var, quick
    with elasticsearch_node() as url:
        ours, theirs = asyncio.run(_answers(url))
    rows: list[Row] = []
    for half, name in ((queries()[0::2], "for development"), (queries()[1::2], "kept back")):
        mine = mean(ndcg(each, ours[each.query]) for each in half)
        plain = mean(ndcg(each, theirs[each.query]) for each in half)
        note = f"{mine:.3f} and {plain:.3f}, {len(half)} queries"
        rows.append(Row(f"nDCG@{LOOKED_AT} × 100 of relevance ÷ plain match, {name}", "", 100 * mine, 1.0, 100 * plain, at_least=True, note=note))
    return rows


def ndcg(query: Query, found: Sequence[str], size: int = LOOKED_AT) -> float:
    """Normalised discounted cumulative gain: gain 2^grade - 1, discount 1/log2(rank + 1) (Burges et al. 2005)."""
    best = sorted(query.grades.values(), reverse=True)
    ideal = _gained(best[:size])
    return _gained([query.grades.get(key, 0) for key in found[:size]]) / ideal if ideal else 0.0


def _gained(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))


async def _answers(url: str, size: int = LOOKED_AT) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """For each query the keys of what our order and a plain match put first."""
    async with connect(url) as client:
        indices = Indices(client)
        await filled(client, indices, texts())
        await _fill_plain(client, texts())
        search = ElasticsearchSearch(client, indices)
        ours = {each.query: await _ours(search, each, size) for each in queries()}
        theirs = {each.query: await _theirs(client, each, size) for each in queries()}
    return ours, theirs


async def filled(client: AsyncElasticsearch, indices: Indices, told: Sequence[Judged]) -> dict[str, str]:
    """Puts the texts into the index of mentions as ingest would, each under its key; returns their stories."""
    index, placing, stories = await indices.ensure("mentions", _MONTH), Placing(KnownTexts()), dict[str, str]()
    records: list[dict[str, object]] = []
    for each in sorted(told, key=lambda each: each.published):
        record, stories[each.key] = _record(each, placing)
        records.append({"_index": index, "_id": each.key, "_source": record})
    await async_bulk(client, records, refresh=True)
    say(f"{len(told)} texts")
    return stories


async def _fill_plain(client: AsyncElasticsearch, told: Sequence[Judged]) -> None:
    await client.indices.create(index=_PLAIN, mappings={"properties": {"text": {"type": "text", "analyzer": "standard"}}})
    plain = [{"_index": _PLAIN, "_id": each.key, "_source": {"text": f"{each.title}\n{each.text}"}} for each in told]
    await async_bulk(client, plain, refresh=True)


def _record(each: Judged, placing: Placing) -> tuple[dict[str, object], str]:
    document = Document(
        "sources/bench", "bench.test", _NOW, medium=each.medium, native_id=each.key, title=each.title, text=each.text, published=each.published
    )
    mention = Mention(f"{int(each.key, 16):032x}", document, "", _NOW, _NOW)
    reading = read(document)
    membership = placing.place(telling(mention, reading))
    placed = replace(mention, membership=membership)
    return mention_record(placed, analyse(placed, reading)), membership.story


async def _ours(search: ElasticsearchSearch, query: Query, size: int) -> list[str]:
    page = await search.page(Selection(parse(query.query)), Order.RELEVANCE, size=size, cursor=None, facets=())
    return [each.mention.id for each in page.found]


async def _theirs(client: AsyncElasticsearch, query: Query, size: int) -> list[str]:
    reply = await client.search(index=_PLAIN, query={"match": {"text": query.typed}}, size=size, source=False)
    return [hit["_id"] for hit in reply["hits"]["hits"]]
