"""What was written can be found without anybody asking for a refresh, though the index itself would not refresh for long."""

import asyncio

import pytest

from yuqing.indexing.v1 import mention_pb2
from yuqing_indexing.adapters.elasticsearch import refreshing
from yuqing_indexing.adapters.elasticsearch.refreshing import FLOOD, SOON_SECONDS


async def found(indexing, query):
    reply = await indexing.mentions.SearchMentions(mention_pb2.SearchMentionsRequest(query=query, page_size=1000))
    return {hit.mention.document.native_id for hit in reply.hits}


@pytest.fixture
async def waiting(indexing, document):
    """Indexing whose index does not refresh by itself, and whose loop does."""
    await indexing.ingest([document("before")])
    await indexing.elasticsearch.indices.put_settings(index=f"{indexing.settings.index_prefix}mentions-*", settings={"refresh_interval": "-1"})
    loop = asyncio.create_task(indexing.parts.refresher.run())
    yield indexing
    loop.cancel()


@pytest.mark.usefixtures("as_monitor")
async def test_a_mention_is_found_soon_when_little_is_written(waiting, document):
    await waiting.ingest([document("1", "螺蛳粉涨价了")])
    async with asyncio.timeout(30):
        while await found(waiting, "螺蛳粉") != {"1"}:
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("as_monitor")
async def test_the_last_mention_of_a_flood_is_found_when_it_is_over(waiting, document):
    await waiting.ingest([document(str(number), f"第{number}碗螺蛳粉涨价了") for number in range(FLOOD)])
    async with asyncio.timeout(60):
        while len(await found(waiting, "螺蛳粉")) < FLOOD:
            await asyncio.sleep(SOON_SECONDS)


@pytest.mark.usefixtures("as_monitor")
async def test_a_flood_is_found_as_soon_as_it_is_over_however_long_little_writes_wait(waiting, document, monkeypatch):
    monkeypatch.setattr(refreshing, "SOON_SECONDS", 3600.0)
    await waiting.ingest([document("0", "一碗螺蛳粉")])
    await asyncio.sleep(0)  # the loop has begun to wait an hour
    await waiting.ingest([document(str(number), f"第{number}碗螺蛳粉涨价了") for number in range(1, FLOOD + 1)])
    async with asyncio.timeout(60):
        while len(await found(waiting, "螺蛳粉")) < FLOOD + 1:
            await asyncio.sleep(0.05)
