"""A real node is killed in the middle of bulk writes and comes back: nothing is lost, nothing is there twice."""

import asyncio
import secrets

import grpc
import pytest
from sqlalchemy import select

from yuqing_embedded.elasticsearch import TEST_HEAP_MIB, ElasticsearchNode
from yuqing_embedded.places import places
from yuqing_runtime.tables import change
from yuqing_testkit.engines import state_folder

SIZE = 2000


@pytest.fixture
def node():
    where = places()
    with state_folder(where) as folder, ElasticsearchNode(folder / "elasticsearch", places=where, heap_mib=TEST_HEAP_MIB) as node:
        yield node


@pytest.fixture
def elasticsearch_url(node):
    return node.url


@pytest.fixture
def index_prefix():
    return f"t{secrets.token_hex(4)}-"  # the node is thrown away: nothing needs to be dropped


async def test_nothing_is_lost_or_doubled_when_elasticsearch_is_killed_while_it_writes(node, indexing, document):
    documents = [document(str(number), f"第{number}条：火锅") for number in range(SIZE)]
    sending = asyncio.ensure_future(indexing.ingest(documents, batch=50))
    while await written(indexing) < SIZE // 20:
        await asyncio.sleep(0.02)
    assert not sending.done()
    await asyncio.to_thread(node.kill)
    await asyncio.to_thread(node.start)
    (ended,) = await asyncio.gather(sending, return_exceptions=True)
    if isinstance(ended, BaseException):  # the stream may give up before the node is back; the spool then sends again
        assert isinstance(ended, grpc.aio.AioRpcError)
        assert ended.code() is grpc.StatusCode.UNAVAILABLE
    outcomes = await indexing.ingest(documents, batch=500)
    assert len({outcome.mention for outcome in outcomes}) == SIZE
    assert await indexing.count() == SIZE
    async with indexing.database.read() as connection:
        told = (await connection.execute(select(change.c.key).where(change.c.kind == "STORED"))).scalars().all()
    assert len(told) == len(set(told)) == SIZE


async def written(indexing) -> int:
    async with indexing.database.read() as connection:
        return len((await connection.execute(select(change.c.sequence))).all())
