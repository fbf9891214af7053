"""Documents a second from the spool to searchable, beside Elasticsearch's own bulk helper with the same final documents on the same node."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch, helpers

from tests.bench.figures import Row, alternating, say
from tests.bench.spooling import documents, entries, searchable, ship, until
from yuqing_testkit.system import System, begin, discard, wait_ready

WANTED = 0.4
FIRST_STAGE_ALONE = {"YUQING_SCORING_SECOND_STAGE": "false", "YUQING_SCORING_VECTORS": "off"}
"""What is done when there is time would otherwise be done in the reference's."""
_REFERENCE = "reference"
_COPIED_SETTINGS = ("number_of_shards", "number_of_replicas", "refresh_interval", "codec", "sort")


def measure(var: Path, *, quick: bool) -> list[Row]:
    """One row."""
    system = begin(var, {"YUQING_ELASTICSEARCH_HEAP_MIB": "1024", **FIRST_STAGE_ALONE}, world=False)
    try:
        wait_ready(system)
        return [_measured(system, 3_000 if quick else 20_000, rounds=3 if quick else 5)]
    finally:
        discard(system)


def _measured(system: System, count: int, *, rounds: int) -> Row:
    texts = documents(count)
    length = statistics.mean(len(text.title) + len(text.text) for text in texts)
    say(f"{len(texts)} texts of {length:.0f} characters on average")
    with Elasticsearch(system.note.elasticsearch, request_timeout=120) as client:
        finals: list[dict[str, Any]] = []

        def ours(number: int) -> float:
            seconds = ship(system, entries(texts, f"r{number}"))
            finals[:] = final_documents(client, f"r{number}-")
            return len(texts) / seconds

        def theirs(number: int) -> float:
            return len(finals) / _bulk(client, system.note.elasticsearch, finals)

        for number in range(2):  # the JVM, and the page caches, get warm slowly
            ours(-1 - number)
            if number == 0:
                _create_reference(client)
            theirs(-1 - number)
        mine, reference = alternating(ours, theirs, rounds=rounds)
    return Row("spool to searchable ÷ parallel_bulk", "documents/s", mine, WANTED, reference, at_least=True, note=f"{count} texts a round")


def _create_reference(client: Elasticsearch) -> None:
    """An index like ours, which grows from round to round as ours does: one that is always empty would never have to merge."""
    (made,) = client.indices.get(index="mentions-*").body.values()
    settings = {name: made["settings"]["index"][name] for name in _COPIED_SETTINGS if name in made["settings"]["index"]}
    client.indices.create(index=_REFERENCE, mappings=made["mappings"], settings=settings)


def final_documents(client: Elasticsearch, tag: str) -> list[dict[str, Any]]:
    """The mentions of a round as they stand in the index."""
    found = helpers.scan(client, index="mentions-*", size=2_000)
    return [{"_id": hit["_id"], "_source": hit["_source"]} for hit in found if hit["_source"].get("native_id", "").startswith(tag)]


def _bulk(client: Elasticsearch, url: str, finals: list[dict[str, Any]]) -> float:
    def actions() -> Iterator[dict[str, Any]]:
        for final in finals:
            yield {"_index": _REFERENCE, **final}

    wanted = searchable(url, _REFERENCE) + len(finals)
    begun = time.perf_counter()
    for done, result in helpers.parallel_bulk(client, actions(), thread_count=2, chunk_size=2000):
        assert done, result
    return until(lambda: searchable(url, _REFERENCE) == wanted) - begun
