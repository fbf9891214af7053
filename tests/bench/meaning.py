"""Texts that say in other words what is asked: whether they are among the first ten by meaning, and by a plain `match` on the same node and texts;
and how many sentence vectors one core makes."""

import asyncio
import gzip
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from elasticsearch import AsyncElasticsearch
from elasticsearch.helpers import async_bulk

from tests.bench.figures import Row, say
from tests.bench.judged import texts
from yuqing_embedded.encoder import install_encoder
from yuqing_embedded.places import places
from yuqing_indexing.adapters.elasticsearch.client import connect
from yuqing_indexing.adapters.elasticsearch.heads import StoryHeads
from yuqing_indexing.domain.meaning import Head
from yuqing_scoring.adapters.sentence_vectors import SentenceVectors
from yuqing_testkit.plugin import elasticsearch_node

PAIRS = "YUQING_BENCH_PAIRS"
"""Names a folder of labelled pairs, `*.jsonl.gz` of (a, b, label): those with the label 1 are asked too."""
LOOKED_AT = 10
LEAST = 0.55
"""The default of `YUQING_INDEXING_SIMILAR_LEAST`."""
RECALL_WANTED = 0.5
SPEED_WANTED = 100.0
BATCH = 128
_PLAIN = "plain"
_MOST_PAIRS = 2_000
_NOW = datetime(2026, 5, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Set:
    """What is asked and what is to be found, by their places; found among the others as well."""

    name: str
    asked: Sequence[str]
    meant: Sequence[str]
    others: Sequence[str]
    is_ours: bool


def measure(var: Path, *, quick: bool) -> list[Row]:
    """Rows for our own pairs, and for those of a folder where one is named. Nothing is kept in `var`."""
    del var
    vectors = SentenceVectors(install_encoder(places()))
    sets = [_own(), *_named(200 if quick else _MOST_PAIRS)]
    rows = [_speed(vectors, sets[0])]
    with elasticsearch_node() as url:
        for each in sets:
            rows.extend(asyncio.run(_recalls(url, vectors, each)))
    return rows


def _own() -> _Set:
    lines = (Path(__file__).parent / "paraphrases.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" | ") for line in lines if not line.startswith("#")]
    return _Set("own pairs", [asked for asked, _ in pairs], [meant for _, meant in pairs], [f"{each.title} {each.text}" for each in texts()], True)


def _named(most: int) -> Iterator[_Set]:
    folder = os.environ.get(PAIRS)
    for file in sorted(Path(folder).glob("*.jsonl.gz")) if folder else []:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            pairs = [json.loads(line) for line in lines][:most]
        same = [pair for pair in pairs if int(pair["label"]) == 1]
        others = [pair["b"] for pair in pairs if int(pair["label"]) != 1]
        yield _Set(file.name.removesuffix(".jsonl.gz"), [pair["a"] for pair in same], [pair["b"] for pair in same], others, False)


def _speed(vectors: SentenceVectors, told: _Set) -> Row:
    sample = [*told.others[: 4 * BATCH]]
    begun = time.thread_time()
    for start in range(0, len(sample), BATCH):
        vectors.of(sample[start : start + BATCH])
    speed = len(sample) / (time.thread_time() - begun)
    note = f"{sum(map(len, sample)) / len(sample):.0f} characters on average"
    return Row("sentence vectors", "texts/s/core", speed, SPEED_WANTED, at_least=True, note=note)


async def _recalls(url: str, vectors: SentenceVectors, told: _Set) -> list[Row]:
    kept = [*told.meant, *told.others]
    async with connect(url) as client:
        ours = await _ours(client, vectors, told, kept)
        plain = await _plain(client, told, kept)
    wanted = RECALL_WANTED if told.is_ours else 0.0
    note = f"{plain:.3f} by a plain match, {len(told.asked)} asked of {len(kept)}"
    rows = [Row(f"found among the first {LOOKED_AT} by meaning, {told.name}", "", ours, wanted, at_least=True, note=note)]
    if told.is_ours:
        rows.append(Row("found by meaning ÷ by a plain match", "%", 100 * ours, 2.0, 100 * plain, at_least=True))
    return rows


async def _ours(client: AsyncElasticsearch, vectors: SentenceVectors, told: _Set, kept: Sequence[str]) -> float:
    heads = StoryHeads(client, prefix=f"{_slug(told)}-")
    await heads.prepare()
    made = np.concatenate([vectors.of(kept[start : start + BATCH]) for start in range(0, len(kept), BATCH)])
    rows = [Head(str(at), str(at), "", _NOW, vectors.encoder, row.tolist()) for at, row in enumerate(made)]
    for start in range(0, len(rows), BATCH):
        await heads.write(rows[start : start + BATCH])
    await client.indices.refresh(index=f"{_slug(told)}-*")
    asked = [vectors.of([text])[0] for text in told.asked]
    same = np.array([vector @ made[at] for at, vector in enumerate(asked)])
    others = np.array(asked) @ made[len(told.asked) :].T
    say(f"  {told.name}: {(same >= LEAST).mean():.1%} of the pairs and {(others >= LEAST).mean():.2%} of other texts have a similarity of {LEAST}")
    found = [await heads.nearest(vector.tolist(), vectors.encoder, most=LOOKED_AT, least=0.0) for vector in asked]
    return float(np.mean([str(at) in {each.story for each in near} for at, near in enumerate(found)]))


async def _plain(client: AsyncElasticsearch, told: _Set, kept: Sequence[str]) -> float:
    index = f"{_slug(told)}-{_PLAIN}"
    await client.indices.create(index=index, mappings={"properties": {"text": {"type": "text", "analyzer": "standard"}}})
    await async_bulk(client, [{"_index": index, "_id": str(at), "_source": {"text": text}} for at, text in enumerate(kept)], refresh=True)
    hits = 0
    for at, text in enumerate(told.asked):
        reply = await client.search(index=index, query={"match": {"text": text}}, size=LOOKED_AT, source=False)
        hits += str(at) in {hit["_id"] for hit in reply["hits"]["hits"]}
    return hits / len(told.asked)


def _slug(told: _Set) -> str:
    return told.name.replace(" ", "-").replace("_", "-")
