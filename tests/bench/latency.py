"""From the last byte of a source's response to the first search through the gateway that finds what stood in it."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.bench.figures import Row, percentile, say
from tests.bench.spooling import documents
from yuqing_embedded.ports import free_port
from yuqing_testkit.agreement import ok
from yuqing_testkit.system import System, begin, discard, wait_ready

HOST = "stream.yuqing.test"
PER_SECOND = 50
PAGE = 20
HALF_WANTED_SECONDS = 1.5
MOST_WANTED_SECONDS = 3.0
_POLL_SECONDS = 0.1
_OLDEST_ASKED = 200
"""Words in one query at the most: those that wait longest."""
_PARAMETERS = {
    "items": "$.items[*]",
    "fields": {"native_id": "$.id", "url": "$.url", "text": "$.text", "author": "$.author", "published": "$.at"},
    "paging": {"style": "page", "parameter": "page", "start": 1, "page_limit": 50},
}


def measure(var: Path, *, quick: bool) -> list[Row]:
    """Two rows."""
    return asyncio.run(_measure(var, seconds=20 if quick else 120))


@dataclass
class Stream:
    """A JSON API with the newest items first, twenty on a page: item n appears n / 50 seconds after the start."""

    words: Sequence[str]
    begun: float = 0.0
    last_bytes: dict[int, float] = field(default_factory=dict)
    """When the first response that held an item had gone out."""

    @property
    def published(self) -> int:
        """How many items there are by now."""
        return min(len(self.words), int((time.perf_counter() - self.begun) * PER_SECOND)) if self.begun else 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection's requests."""
        try:
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                numbers = self._page(urlsplit(line.split()[1].decode()))
                body = json.dumps({"items": [self._item(number) for number in numbers]}, ensure_ascii=False).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
                sent = time.perf_counter()
                for number in numbers:
                    self.last_bytes.setdefault(number, sent)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _page(self, address: object) -> range:
        newest = self.published - (int(parse_qs(getattr(address, "query", "")).get("page", ["1"])[0]) - 1) * PAGE
        return range(max(newest, 0) - 1, max(newest - PAGE, 0) - 1, -1)

    def _item(self, number: int) -> dict[str, str]:
        at = datetime.now(UTC) - timedelta(seconds=time.perf_counter() - self.begun - number / PER_SECOND)
        url = f"http://{HOST}/{number}"
        return {"id": str(number), "url": url, "text": f"{name_of(number)} {self.words[number]}", "author": "流", "at": at.isoformat()}


def name_of(number: int) -> str:
    """A word that only this item has."""
    return f"item{number:06d}x"


async def _measure(var: Path, *, seconds: int) -> list[Row]:
    port = free_port()
    texts = [document.text for document in documents(max(seconds * PER_SECOND, 200))][: seconds * PER_SECOND]
    stream = Stream(texts)
    hosts = {"YUQING_CRAWLER_HOSTS": json.dumps({HOST: f"127.0.0.1:{port}"}), "YUQING_GATEWAY_REQUESTS_BURST": "100000"}
    async with _served(stream, port):
        system = await asyncio.to_thread(begin, var, {**hosts, "YUQING_ELASTICSEARCH_HEAP_MIB": "1024"}, world=False)
        try:
            await asyncio.to_thread(wait_ready, system)
            waits = await _waits(system, stream)
        finally:
            await asyncio.to_thread(discard, system)
    missing = len(texts) - len(waits)
    assert not missing, f"{missing} items were never found"
    note = f"{len(waits)} mentions at {PER_SECOND}/s"
    return [
        Row("last byte to found, p50", "s", percentile(waits, 0.5), HALF_WANTED_SECONDS, note=note),
        Row("last byte to found, p95", "s", percentile(waits, 0.95), MOST_WANTED_SECONDS, note=note),
    ]


@asynccontextmanager
async def _served(stream: Stream, port: int) -> AsyncGenerator[None]:
    server = await asyncio.start_server(stream.serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def _waits(system: System, stream: Stream) -> list[float]:
    """The seconds that each item took."""
    headers = {"authorization": f"Bearer {await asyncio.to_thread(system.token, 'admin')}"}
    found: dict[int, float] = {}
    async with httpx.AsyncClient(base_url=system.url, headers=headers, timeout=60, trust_env=False) as client:
        await _warm(client)
        ok(await client.post("/v1/sources", json=_source()))
        stream.begun = time.perf_counter()
        give_up = stream.begun + len(stream.words) / PER_SECOND + 60
        while len(found) < len(stream.words) and time.perf_counter() < give_up:
            await asyncio.sleep(_POLL_SECONDS)
            await _look(client, stream, found)
    say(f"  the longest: {max(found.values()):.2f} s" if found else "  nothing was found")
    return list(found.values())


async def _look(client: httpx.AsyncClient, stream: Stream, found: dict[int, float]) -> None:
    wanted = [number for number in stream.last_bytes if number not in found][:_OLDEST_ASKED]
    if not wanted:
        return
    query = " OR ".join(name_of(number) for number in wanted)
    reply = ok(await client.post("/v1/mentions:search", json={"query": query, "pageSize": len(wanted)}))
    now = time.perf_counter()
    for hit in reply["hits"]:
        number = int(hit["mention"]["document"]["nativeId"])
        found.setdefault(number, now - stream.last_bytes[number])


async def _warm(client: httpx.AsyncClient) -> None:
    for _ in range(50):
        ok(await client.post("/v1/mentions:search", json={"query": "暖 OR 机"}))


def _source() -> dict[str, object]:
    lawful = {"legalBasis": "测量用自有接口", "owner": "departments/it", "minimumInterval": "1s", "maximumInterval": "1s", "requestsPerSecond": 1000}
    return {
        "displayName": "测量",
        "kind": "api",
        "medium": "MEDIUM_MICROBLOG",
        "address": f"http://{HOST}/items",
        "parameters": _PARAMETERS,
        **lawful,
    }
