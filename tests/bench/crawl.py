"""Pages a second of the crawler on the world, delays off, beside a bare Scrapy spider with the same extraction."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from google.protobuf import json_format

from tests.bench.figures import Row, alternating, say
from yuqing.access.v1 import access_pb2
from yuqing.crawler.v1 import source_pb2, source_pb2_grpc
from yuqing.indexing.v1 import ingest_pb2_grpc
from yuqing_cli.up.plan import installed_services
from yuqing_embedded.ports import free_port
from yuqing_runtime.sealing import create_key_file
from yuqing_runtime.serving import Registration
from yuqing_testkit.agreement import eventually
from yuqing_testkit.indexing import FakeIndexing
from yuqing_testkit.services import Town, person
from yuqing_world.hosts import hosts
from yuqing_world.sources import suggested

WANTED = 0.85
CONCURRENCY = 16
_STILL_SECONDS = 3.0
_SOURCES = [source for source in suggested() if source["kind"] in ("list", "forum", "review")]
"""Pages, not APIs: what takes work to read."""


def measure(var: Path, *, quick: bool) -> list[Row]:
    """One row. Both sides run as processes of their own; documents of the crawler go to an index that only counts them."""
    var.mkdir(parents=True)
    with _world(1_000 if quick else 12_000) as world:

        def ours(number: int) -> float:
            own = var / str(number)
            own.mkdir()
            return asyncio.run(_crawled(own, world))

        mine, bare = alternating(ours, lambda _: _bare(world), rounds=3 if quick else 5)
    return [Row("crawler ÷ bare Scrapy spider", "pages/s", mine, WANTED, bare, at_least=True, note=f"{CONCURRENCY} requests at once")]


@contextmanager
def _world(posts: int) -> Generator[str]:
    port = free_port()
    began = (datetime.now(UTC) - timedelta(hours=6)).isoformat()
    options = ("--port", str(port), "--posts", str(posts), "--speed", "7", "--start", began, "--crawl-delay", "0")
    process = subprocess.Popen([sys.executable, "-m", "yuqing_world", *options], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: httpx.get(f"{url}/clock", headers={"host": "world.yuqing.test"}, trust_env=False).is_success, seconds=60)
        yield url
    finally:
        process.terminate()
        process.wait()


def _bare(world: str) -> float:
    command = [sys.executable, "-m", "tests.bench.spider", world, json.dumps(_SOURCES), str(CONCURRENCY)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    say(f"  bare: {told['pages']} pages, {told['documents']} documents in {told['seconds']:.1f} s")
    return told["pages"] / told["seconds"]


async def _crawled(var: Path, world: str) -> float:
    town = Town(var / "keys")
    create_key_file(var / "secret.key")
    metrics = free_port()
    async with AsyncExitStack() as stack:
        sink = [Registration(ingest_pb2_grpc.add_IngestServiceServicer_to_server, FakeIndexing())]
        indexing = await stack.enter_async_context(town.running("indexing", sink))
        crawler = await stack.enter_async_context(_crawler(var, world, indexing, metrics))
        stub = source_pb2_grpc.SourceServiceStub(await stack.enter_async_context(town.channel("gateway", "crawler", crawler)))
        with town.acting(person(access_pb2.ROLE_MONITOR)):
            begun = time.perf_counter()
            for source in _SOURCES:
                await stub.CreateSource(_request(source), timeout=60)
            pages, ended = await _until_still(metrics)
    say(f"  ours: {pages} pages in {ended - begun:.1f} s")
    return pages / (ended - begun)


@asynccontextmanager
async def _crawler(var: Path, world: str, indexing: str, metrics: int) -> AsyncGenerator[str]:
    address = f"127.0.0.1:{free_port()}"
    own = {
        "YUQING_VAR": str(var),
        "YUQING_KEYS": str(var / "keys"),
        "YUQING_SECRET_KEY_FILE": str(var / "secret.key"),
        "YUQING_CRAWLER_ADDRESS": address,
        "YUQING_INDEXING_ADDRESS": indexing,
        "YUQING_CRAWLER_METRICS_PORT": str(metrics),
        "YUQING_CRAWLER_HOSTS": json.dumps(hosts(int(world.rpartition(":")[2]))),
        "YUQING_CRAWLER_HOST_CONCURRENCY": str(CONCURRENCY),
        "YUQING_CRAWLER_CONCURRENCY": str(CONCURRENCY),
        "YUQING_CRAWLER_PAGES_PER_RUN": "100000",
        "YUQING_CRAWLER_REVISITS_PER_HOST_HOUR": "0",
    }
    with (var / "crawler.log").open("wb") as log:
        command = [sys.executable, "-m", installed_services()["crawler"]]
        process = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=subprocess.STDOUT)
    try:
        await asyncio.to_thread(eventually, lambda: httpx.get(f"http://127.0.0.1:{metrics}/metrics", trust_env=False).is_success, seconds=60)
        await asyncio.sleep(2)  # its parser's process starts too
        yield address
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)


def _request(source: Any) -> source_pb2.CreateSourceRequest:
    unhurried = {**source, "requestsPerSecond": 1000.0, "minimumInterval": "3600s", "maximumInterval": "3600s"}
    return json_format.ParseDict({"source": unhurried}, source_pb2.CreateSourceRequest())


async def _until_still(metrics: int) -> tuple[int, float]:
    """How many pages were read in all, and when the last one was."""
    pages, changed = 0, time.perf_counter()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        while not pages or time.perf_counter() - changed < _STILL_SECONDS:
            await asyncio.sleep(0.1)
            now = _fetched((await client.get(f"http://127.0.0.1:{metrics}/metrics")).text)
            if now != pages:
                pages, changed = now, time.perf_counter()
    return pages, changed


def _fetched(metrics: str) -> int:
    lines = re.findall(r"^yuqing_crawler_fetch_outcomes_total\{.*\} (\S+)$", metrics, flags=re.MULTILINE)
    return round(sum(float(value) for value in lines))
