"""The crawler as a process: killed in the middle of its work, nothing is lost and nothing comes twice."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from yuqing.access.v1 import access_pb2
from yuqing.crawler.v1 import source_pb2, source_pb2_grpc, spool_pb2, spool_pb2_grpc
from yuqing.type.v1 import types_pb2
from yuqing_runtime.sealing import create_key_file
from yuqing_testkit.services import person
from yuqing_testkit.site import Page, Site

LONG = "这是一段足够长的正文，说的是一家公司的新产品和它的用户的看法，读起来像真的新闻。" * 8
ARTICLES = 60


@pytest.fixture
def newspaper(site: Site) -> Site:
    links = "".join(f"<li><a href='/a/{number}.html'>霁川电器发布第{number}份公告内容</a></li>" for number in range(ARTICLES))
    site.pages["/"] = Page(f"<html><body><ul class='list'>{links}</ul></body></html>")
    for number in range(ARTICLES):
        body = f"<html><head><title>{number}</title></head><body><article><h1>第{number}号</h1><p>{LONG}{number}</p></article></body></html>"
        site.pages[f"/a/{number}.html"] = Page(body, delay_seconds=0.02)
    return site


@pytest.fixture
def environment(tmp_path: Path, site: Site, indexing, free_port: int) -> dict[str, str]:
    create_key_file(tmp_path / "keys" / "secret.key")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("YUQING_")},
        "YUQING_VAR": str(tmp_path),
        "YUQING_CRAWLER_ADDRESS": f"127.0.0.1:{free_port}",
        "YUQING_CRAWLER_HOSTS": json.dumps({"news.test": f"127.0.0.1:{site.port}"}),
        "YUQING_CRAWLER_REQUESTS_PER_SECOND": "0",
        "YUQING_CRAWLER_PARSERS": "0",
        "YUQING_INDEXING_ADDRESS": indexing.address,
        "YUQING_DRAIN_SECONDS": "0.5",
    }


@asynccontextmanager
async def crawler(environment: dict[str, str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "yuqing_crawler", env=environment, stdout=out, stderr=out)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def eventually(condition, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)


async def create_source(stub: source_pb2_grpc.SourceServiceStub) -> None:
    source = source_pb2.Source(
        display_name="报纸", kind="list", medium=types_pb2.MEDIUM_NEWS, address="http://news.test/", legal_basis="公开", owner="people/a"
    )
    source.parameters.update({"links": "ul.list a"})
    await stub.CreateSource(source_pb2.CreateSourceRequest(source=source), wait_for_ready=True, timeout=60)


async def test_nothing_is_lost_or_doubled_when_the_process_is_killed(newspaper: Site, environment: dict[str, str], indexing, tmp_path: Path) -> None:
    log = tmp_path / "crawler.log"
    address = environment["YUQING_CRAWLER_ADDRESS"]
    monitor = person(access_pb2.ROLE_MONITOR, access_pb2.ROLE_IT)
    async with indexing.town.channel("gateway", "crawler", address) as channel:
        async with crawler(environment, log):
            with indexing.town.acting(monitor):
                await create_source(source_pb2_grpc.SourceServiceStub(channel))
        for killed_at in (5, 25):
            async with crawler(environment, log) as process:

                async def far_enough(least: int = killed_at) -> bool:
                    return len(indexing.fake.documents) >= least

                await eventually(far_enough)
                process.send_signal(signal.SIGKILL)
        async with crawler(environment, log) as process:
            stub = spool_pb2_grpc.SpoolServiceStub(channel)

            async def spool_now() -> spool_pb2.GetSpoolResponse:
                with indexing.town.acting(monitor):  # anew each time: a person's token ends sooner than four starts on a busy machine
                    return await stub.GetSpool(spool_pb2.GetSpoolRequest(), wait_for_ready=True, timeout=60)

            async def all_there() -> bool:
                return len(indexing.fake.documents) == ARTICLES and (await spool_now()).waiting == 0

            await eventually(all_there)
            spool = await spool_now()
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 15) == 0, log.read_text()
    urls = Counter(document.url for document in indexing.fake.documents.values())
    assert urls == Counter(f"http://news.test/a/{number}.html" for number in range(ARTICLES))
    assert spool.acknowledged == ARTICLES
    # Two kills: what was on the wire then may be sent again, and only that.
    assert sum(indexing.fake.sequences.values()) < ARTICLES * 2
    assert len(indexing.fake.sequences) == ARTICLES


async def test_a_caller_is_refused_when_it_is_not_the_gateway(environment: dict[str, str], indexing, tmp_path: Path) -> None:
    async with (
        crawler(environment, tmp_path / "crawler.log"),
        indexing.town.channel("gateway", "crawler", environment["YUQING_CRAWLER_ADDRESS"]) as channel,
    ):
        stub = spool_pb2_grpc.SpoolServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.GetSpool(spool_pb2.GetSpoolRequest(), wait_for_ready=True, timeout=60)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
