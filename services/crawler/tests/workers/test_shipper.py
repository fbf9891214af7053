"""Shipping over real gRPC: each document is settled by its own answer, whatever happens to the stream."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from yuqing.crawler.v1 import people_pb2
from yuqing.indexing.v1 import document_pb2
from yuqing_crawler.domain.entries import SpoolEntry
from yuqing_crawler.settings import Settings
from yuqing_crawler.store import reports, spool, tombstones
from yuqing_crawler.store.reports import ReportState
from yuqing_crawler.store.spool import Claimed
from yuqing_crawler.store.tables import spool as table
from yuqing_crawler.workers.shipper import LARGEST_BATCH_BYTES, Shipper, batches
from yuqing_runtime import audit
from yuqing_runtime.database import Database


@asynccontextmanager
async def shipping(shipper: Shipper) -> AsyncIterator[None]:
    task = asyncio.create_task(shipper.run())
    try:
        yield
    finally:
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(result, asyncio.CancelledError), result


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.02)


async def fill(database: Database, *names: str, origin: str = "") -> None:
    entries = [
        SpoolEntry("s1", name.encode().ljust(16), b"", document_pb2.Document(site="a.test", native_id=name).SerializeToString(), origin=origin)
        for name in names
    ]
    async with database.write() as connection:
        await spool.add(connection, entries, datetime.now(UTC))


async def overview(database: Database):
    async with database.read() as connection:
        return await spool.overview(connection)


def settled(database: Database, *, waiting: int = 0) -> Callable[[], Awaitable[bool]]:
    async def is_settled() -> bool:
        return (await overview(database)).waiting == waiting

    return is_settled


NAMES = [f"n{number}" for number in range(40)]


@pytest.fixture
def small(settings: Settings) -> Settings:
    return settings.model_copy(update={"batch_items": 4, "batches_in_flight": 2})


async def test_every_document_arrives_once_when_batches_are_small(database: Database, indexing, small: Settings) -> None:
    await fill(database, *NAMES)
    async with shipping(Shipper(database, indexing.stub, small)):
        await eventually(settled(database))
    assert {document.native_id for document in indexing.fake.documents.values()} == set(NAMES)
    assert set(indexing.fake.sequences.values()) == {1}
    assert (await overview(database)).acknowledged == len(NAMES)


async def test_a_document_is_sent_when_it_is_spooled_later(database: Database, indexing, small: Settings) -> None:
    shipper = Shipper(database, indexing.stub, small)
    async with shipping(shipper):

        async def reached() -> bool:
            return shipper.reach.shipping

        await eventually(reached)
        await fill(database, "late")
        await eventually(settled(database))
    assert [document.native_id for document in indexing.fake.documents.values()] == ["late"]


async def test_shipping_goes_on_when_indexing_comes_back(database: Database, indexing, small: Settings) -> None:
    indexing.fake.fails = 2
    await fill(database, *NAMES)
    shipper = Shipper(database, indexing.stub, small)
    async with shipping(shipper):
        await eventually(settled(database))
    assert len(indexing.fake.documents) == len(NAMES)
    assert shipper.reach.shipping


async def test_the_spool_says_why_when_indexing_is_away(database: Database, indexing, small: Settings) -> None:
    indexing.fake.fails = 10_000
    await fill(database, "a")
    shipper = Shipper(database, indexing.stub, small)
    async with shipping(shipper):

        async def told() -> bool:
            return "UNAVAILABLE" in shipper.reach.detail

        await eventually(told)
    assert not shipper.reach.shipping
    assert (await overview(database)).waiting == 1


async def test_no_more_than_the_window_is_sent_when_indexing_does_not_answer(database: Database, indexing, small: Settings) -> None:
    indexing.fake.holds.clear()
    await fill(database, *NAMES)

    async def claimed() -> int:
        async with database.read() as connection:
            rows = await connection.execute(select(table.c.sequence).where(table.c.claimed_until_milliseconds > 0))
            return len(rows.all())

    async with shipping(Shipper(database, indexing.stub, small)):

        async def full() -> bool:
            return await claimed() == 8

        await eventually(full)
        await asyncio.sleep(0.3)
        assert await claimed() == 8
        indexing.fake.holds.set()
        await eventually(settled(database))


async def test_documents_are_given_back_when_the_shipper_stops(database: Database, indexing, small: Settings) -> None:
    indexing.fake.holds.clear()
    await fill(database, *NAMES)
    async with shipping(Shipper(database, indexing.stub, small)):
        await asyncio.sleep(0.5)
    indexing.fake.holds.set()
    async with database.write() as connection:
        assert len(await spool.claim(connection, limit=100, seconds=60)) == len(NAMES)


async def test_a_refused_document_is_a_dead_letter_and_arrives_when_replayed(database: Database, indexing, small: Settings) -> None:
    indexing.fake.refuses = {"n3"}
    await fill(database, *NAMES)
    async with shipping(Shipper(database, indexing.stub, small)):
        await eventually(settled(database))
        async with database.read() as connection:
            (letter,) = await spool.dead_letters(connection, before=None, limit=10)
        assert letter.reason == "NO_TEXT"
        indexing.fake.refuses = set()
        async with database.write() as connection:
            await spool.replay(connection, [letter.sequence])
        await eventually(settled(database))
    seen = await overview(database)
    assert (seen.dead_letters, seen.acknowledged) == (0, len(NAMES))
    assert len(indexing.fake.documents) == len(NAMES)


@pytest.mark.parametrize(("known", "state"), [(False, ReportState.INDEXED), (True, ReportState.KNOWN)])
async def test_a_report_learns_what_became_of_it_when_answered(
    database: Database,
    indexing,
    small: Settings,
    known: bool,
    state: ReportState,
) -> None:
    if known:
        indexing.fake.documents["a.test/n1"] = document_pb2.Document()
    values = {"id": "r1", "receipt": "20260301-0001", "reporter": "people/a", "note": "", "created_at": datetime.now(UTC)}
    async with database.write() as connection:
        await reports.add(connection, {**values, "finding": people_pb2.Finding().SerializeToString()})
    await fill(database, "n1", origin="employeeReports/r1")
    async with shipping(Shipper(database, indexing.stub, small)):
        await eventually(settled(database))
    async with database.read() as connection:
        row = await reports.get(connection, "r1")
    assert row is not None
    assert row["state"] == state
    assert row["mention"].startswith("mentions/")


def test_a_batch_stays_below_its_size_when_documents_are_large() -> None:
    claimed = [Claimed(number, b"x" * (LARGEST_BATCH_BYTES // 3), "") for number in range(7)] + [Claimed(9, b"x" * LARGEST_BATCH_BYTES * 2, "")]
    parts = list(batches(claimed))
    assert [each for part in parts for each in part] == claimed
    assert all(sum(len(each.message) for each in part) <= LARGEST_BATCH_BYTES or len(part) == 1 for part in parts)


def test_nothing_is_sent_when_nothing_waits() -> None:
    assert list(batches([])) == []


async def test_nothing_is_left_of_a_document_when_the_index_says_that_it_was_erased(database: Database, indexing, small: Settings) -> None:
    indexing.fake.erased, indexing.fake.refuses = {"gone"}, {"bad"}
    await fill(database, "gone", "bad", "good")
    async with shipping(Shipper(database, indexing.stub, small)):
        await eventually(settled(database))
    async with database.read() as connection:
        kept = (await connection.execute(select(table.c.document_key).order_by(table.c.sequence))).scalars().all()
        assert kept == [b"bad".ljust(16), b"good".ljust(16)]
        assert await tombstones.erased(connection, [b"gone".ljust(16), *kept]) == {b"gone".ljust(16)}
    assert (await audit.verify(database)).first_broken is None
