"""Documents a second from the spool to searchable, beside Elasticsearch's own bulk helper with the same final documents on the same node."""

import statistics
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch, helpers

from tests.bench.figures import Row, alternating, say
from tests.bench.spooling import documents, entries, searchable, ship, until
from yuqing_testkit.system import System, begin, discard, wait_ready

FIRST_STAGE_ALONE = {"YUQING_SCORING_SECOND_STAGE": "false", "YUQING_SCORING_VECTORS": "off"}
"""What is done when there is time would otherwise be done in the reference's."""
_WITHOUT = {"YUQING_SCORING_LABELS": "false", "YUQING_INDEXING_STORIES": "false"}
_FORMS: Mapping[str, tuple[dict[str, str], float]] = {
    "spool to searchable ÷ parallel_bulk": ({}, 0.2),
    "the same without labels and stories": (_WITHOUT, 0.4),
}
"""What else is set, and the least that is wanted."""
_WARM_UPS = 4
"""Rounds that do not count: Java's compiler is still at work in the third."""
_REFERENCE = "reference"
_COPIED_SETTINGS = ("number_of_shards", "number_of_replicas", "codec", "sort")


def measure(var: Path, *, quick: bool) -> list[Row]:
    """Two rows: with all of the first stage, and with dedupe, sentiment and language alone."""
    rows: list[Row] = []
    for number, (name, (settings, wanted)) in enumerate(_FORMS.items()):
        system = begin(var / str(number), {"YUQING_ELASTICSEARCH_HEAP_MIB": "1024", **FIRST_STAGE_ALONE, **settings}, world=False)
        try:
            wait_ready(system)
            mine, reference = _measured(system, 3_000 if quick else 20_000, rounds=3 if quick else 5)
            rows.append(Row(name, "documents/s", mine, wanted, reference, at_least=True))
        finally:
            discard(system)
    return rows


def _measured(system: System, count: int, *, rounds: int) -> tuple[float, float]:
    """Documents a second, ours and the reference's."""
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

        for number in range(_WARM_UPS):
            ours(-1 - number)
            if number == 0:
                _create_reference(client)
            theirs(-1 - number)
        return alternating(ours, theirs, rounds=rounds)


def _create_reference(client: Elasticsearch) -> None:
    """An index like ours, which grows from round to round as ours does: one that is always empty would never have to merge."""
    (made,) = client.indices.get(index="mentions-*").body.values()
    settings = {name: made["settings"]["index"][name] for name in _COPIED_SETTINGS if name in made["settings"]["index"]}
    client.indices.create(index=_REFERENCE, mappings=made["mappings"], settings=settings | {"refresh_interval": "1s"})


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
