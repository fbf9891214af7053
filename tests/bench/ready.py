"""From `yuqing up` to ready, and from ready to the first search through the gateway that finds the world's mentions."""

import time
from pathlib import Path

import httpx

from tests.bench.figures import Row
from yuqing_testkit.agreement import eventually, ok
from yuqing_testkit.system import System, begin, discard, wait_ready

READY_WANTED_SECONDS = 60.0
FOUND_WANTED_SECONDS = 60.0


def measure(var: Path, *, quick: bool) -> list[Row]:
    """Two rows: set-up is done, as with a second `make run`, but the var folder is new."""
    del quick  # it is as long as it is
    system = begin(var, {"YUQING_ELASTICSEARCH_HEAP_MIB": "1024"})
    try:
        ready_seconds = wait_ready(system)
        found_seconds = _first_find(system)
    finally:
        discard(system)
    return [
        Row("ready after set-up", "s", ready_seconds, READY_WANTED_SECONDS),
        Row("ready to the world's mentions found", "s", found_seconds, FOUND_WANTED_SECONDS),
    ]


def _first_find(system: System) -> float:
    begun = time.monotonic()
    with system.client("zhang.min") as client:
        eventually(lambda: _finds(client), seconds=600)
    return time.monotonic() - begun


def _finds(client: httpx.Client) -> bool:
    return int(ok(client.post("/v1/mentions:search", json={"query": "霁川"}))["totalSize"]) > 0
