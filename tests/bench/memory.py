"""Memory of the whole system (PSS summed) five minutes after the world has stopped, Elasticsearch with 1 GiB heap."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from tests.bench.figures import Row, say
from yuqing_testkit.faults import settled_agreement
from yuqing_testkit.system import System, begin, discard, wait_ready, wait_registered

WANTED_GIB = 2.6
STORY = {"YUQING_WORLD_SPEED": "7", "YUQING_WORLD_POSTS": "2000"}
_GIB = 1024**3


def measure(var: Path, *, quick: bool) -> list[Row]:
    """One row. The world's story is told when it starts; it is stopped for good once all of it is found."""
    began = (datetime.now(UTC) - timedelta(hours=6)).isoformat()
    system = begin(var, {**STORY, "YUQING_WORLD_START": began, "YUQING_ELASTICSEARCH_HEAP_MIB": "1024"})
    try:
        wait_ready(system)
        wait_registered(system)
        with system.client("zhang.min") as client:
            found = settled_agreement(system, client, within_seconds=600)
        (world,) = system.processes("world")
        world.suspend()  # killed, it would be started again
        say(f"{len(found.found)} mentions; waiting")
        time.sleep(20 if quick else 300)
        sizes = proportional_sizes(system, without=world.pid)
        for name, size in sorted(sizes.items(), key=lambda each: -each[1]):
            say(f"  {size / 1024**2:7.0f} MiB {name}")
        world.resume()
    finally:
        discard(system)
    return [Row("memory at rest", "GiB", sum(sizes.values()) / _GIB, WANTED_GIB, note="PSS of all processes but the world's")]


def proportional_sizes(system: System, *, without: int) -> dict[str, int]:
    """Bytes of each process of the run, its supervisor and what they started; shared pages count by part."""
    tree = [psutil.Process(system.process.pid), *psutil.Process(system.process.pid).children(recursive=True)]
    sizes: dict[str, int] = {}
    for process in tree:
        if process.pid != without:
            words = [word for word in process.cmdline() if "yuqing" in word or "elasticsearch" in word] or process.cmdline()
            sizes[f"{process.pid} {process.name()} {words[-1][-60:]}"] = process.memory_full_info().pss
    return sizes
