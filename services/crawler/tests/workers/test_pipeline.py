"""From a page to indexing: what is fetched arrives there once, whatever happens on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select

from yuqing_crawler.engine.run import Workbench
from yuqing_crawler.engine.secrets import Secrets
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import sources, spool
from yuqing_crawler.store.tables import schedule
from yuqing_crawler.workers.scheduler import Scheduler
from yuqing_crawler.workers.shipper import Shipper
from yuqing_testkit.site import Page, Site, feed

LONG = "这是一段足够长的正文，说的是一家公司的新产品和它的用户的看法，读起来像真的新闻。" * 8


@asynccontextmanager
async def working(*loops) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(loop()) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(result, asyncio.CancelledError), result


async def eventually(condition) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_documents_arrive_when_a_source_is_due(bench: Workbench, settings: Settings, site: Site, indexing, make_source) -> None:
    site.pages["/feed"] = Page(feed(("a", LONG), ("b", LONG + "二")))
    async with bench.database.write() as connection:
        await sources.create(connection, make_source(), host="news.test")
    scheduler = Scheduler(bench, lambda _source: Secrets(), settings)
    shipper = Shipper(bench.database, indexing.stub, settings)

    async with working(scheduler.run, shipper.run):

        async def arrived() -> bool:
            return len(indexing.fake.documents) == 2

        await eventually(arrived)

        async def settled() -> bool:
            async with bench.database.read() as connection:
                return (await spool.overview(connection)).waiting == 0

        await eventually(settled)

        async def healthy() -> bool:
            async with bench.database.read() as connection:
                return (await connection.execute(select(schedule.c.state))).scalar_one() == 2

        await eventually(healthy)
    assert {document.url for document in indexing.fake.documents.values()} == {"http://news.test/a", "http://news.test/b"}
    document = next(iter(indexing.fake.documents.values()))
    assert document.source == "sources/s1"
    assert await bench.objects.exists(document.stored_page)
