"""The second stage of sentiment: texts a second on both cores in process, and how long mentions wait for it when many come at once."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.bench.figures import Row, say
from tests.bench.spooling import MENTIONS, documents, entries, ship, until
from yuqing.indexing.v1 import document_pb2
from yuqing.type.v1 import types_pb2
from yuqing_scoring.adapters.model_file import SHIPPED, load
from yuqing_scoring.adapters.second_stage_file import load as load_second_stage
from yuqing_scoring.domain.judgement import Medium, Passage
from yuqing_scoring.domain.second_stage import SecondStage
from yuqing_testkit.system import begin, discard, wait_ready

WANTED_TEXTS_A_SECOND = 500
MOST_LAG_SECONDS = 60
_LENGTH = 60
_PART = 64
_ASKING = httpx.Client(trust_env=False, timeout=60)


def measure(var: Path, *, quick: bool) -> list[Row]:
    """Two rows."""
    texts = documents(400 if quick else 4_000)
    return [_speed(texts), _lag(var, documents(300 if quick else 2_000))]


def _speed(texts: Sequence[document_pb2.Document]) -> Row:
    stage = load_second_stage(SHIPPED, load())
    passages = [Passage(text.text[:_LENGTH], _medium(text)) for text in texts if len(text.text) >= _LENGTH]
    cores = os.cpu_count() or 1
    _judge(stage, passages[: _PART * cores], cores)
    begun = time.perf_counter()
    _judge(stage, passages, cores)
    rate = len(passages) / (time.perf_counter() - begun)
    note = f"{len(passages)} texts of {_LENGTH} characters, {cores} cores"
    return Row("second stage, in process", "texts/s", rate, WANTED_TEXTS_A_SECOND, at_least=True, note=note)


def _judge(stage: SecondStage, passages: Sequence[Passage], cores: int) -> None:
    parts = [passages[start : start + _PART] for start in range(0, len(passages), _PART)]
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(stage.judge, parts))


def _medium(text: document_pb2.Document) -> Medium:
    return Medium(types_pb2.Medium.Name(text.medium).removeprefix("MEDIUM_").lower())


def _lag(var: Path, texts: Sequence[document_pb2.Document]) -> Row:
    """The seconds from the moment when all can be searched to that when all have had their second look."""
    system = begin(var, {}, world=False)
    try:
        wait_ready(system)
        took = ship(system, entries(texts, "second"))
        begun = time.perf_counter()
        lag = until(lambda: _waiting(system.note.elasticsearch) == 0) - begun
        say(f"{len(texts)} mentions: all searchable after {took:.1f} s, all looked at again {lag:.1f} s later")
    finally:
        discard(system)
    return Row("second look behind the first, many at once", "s", lag, MOST_LAG_SECONDS, note=f"{len(texts)} mentions")


def _waiting(elasticsearch: str) -> int:
    reply = _ASKING.post(f"{elasticsearch}/{MENTIONS}/_count", json={"query": {"exists": {"field": "second_look"}}})
    return reply.raise_for_status().json()["count"]
