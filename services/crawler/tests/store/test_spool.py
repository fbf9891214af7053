"""The spool: nothing is lost, nothing is settled twice, replicas share it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from yuqing_crawler.domain.entries import SpoolEntry
from yuqing_crawler.store import spool
from yuqing_crawler.store.spool import Acknowledgement
from yuqing_crawler.store.tables import spool as table
from yuqing_runtime.database import Database


@pytest.fixture
async def replica(database_url: str, database: Database) -> AsyncIterator[Database]:
    opened = await Database.open(database_url, schema="crawler")
    yield opened
    await opened.close()


async def fill(database: Database, size: int, *, origin: str = "") -> None:
    entries = [SpoolEntry("s1", bytes([number]) * 16, b"", f"document {number}".encode(), origin=origin) for number in range(size)]
    async with database.write() as connection:
        await spool.add(connection, entries, datetime.now(UTC))


async def claim(database: Database, limit: int = 100, seconds: float = 60) -> list[int]:
    async with database.write() as connection:
        return [claimed.sequence for claimed in await spool.claim(connection, limit=limit, seconds=seconds)]


async def acknowledge(database: Database, *answers: Acknowledgement):
    async with database.write() as connection:
        return await spool.acknowledge(connection, answers)


def stored(sequence: int) -> Acknowledgement:
    return Acknowledgement(sequence, 1, refused=False, mention=f"mentions/{sequence}")


def refused(sequence: int) -> Acknowledgement:
    return Acknowledgement(sequence, 4, refused=True, reason="NO_TEXT", detail="leer")


async def overview(database: Database):
    async with database.read() as connection:
        return await spool.overview(connection)


async def test_documents_are_claimed_in_order_and_once_when_replicas_share(database: Database, replica: Database) -> None:
    await fill(database, 5)
    first, second, third = await claim(database, 3), await claim(replica, 3), await claim(database, 3)
    assert (len(first), len(second), len(third)) == (3, 2, 0)
    assert first + second == sorted(first + second)


async def test_a_claim_is_free_again_when_its_time_is_over(database: Database, replica: Database) -> None:
    await fill(database, 2)
    first = await claim(database, seconds=0)
    assert await claim(replica) == first


async def test_a_claim_is_free_again_when_it_is_given_back(database: Database) -> None:
    await fill(database, 2)
    first = await claim(database)
    async with database.write() as connection:
        await spool.release(connection, first[:1])
    assert await claim(database) == first[:1]


async def test_a_document_is_settled_once_when_answers_come_twice(database: Database) -> None:
    await fill(database, 3, origin="employeeReports/a")
    first, second, third = await claim(database)
    origins = await acknowledge(database, stored(first), stored(first), refused(second))
    again = await acknowledge(database, refused(first), stored(second))
    assert origins == {first: "employeeReports/a", second: "employeeReports/a"}
    assert again == {}
    seen = await overview(database)
    assert (seen.waiting, seen.dead_letters, seen.acknowledged) == (1, 1, 1)
    assert seen.oldest_age is not None
    assert third not in await claim(database)


async def test_a_late_answer_counts_when_the_claim_had_run_out(database: Database) -> None:
    await fill(database, 1)
    (sequence,) = await claim(database, seconds=0)
    await claim(database)
    await acknowledge(database, stored(sequence))
    assert (await overview(database)).waiting == 0


async def test_dead_letters_wait_again_when_they_are_replayed(database: Database) -> None:
    await fill(database, 3)
    sequences = await claim(database)
    await acknowledge(database, *map(refused, sequences))
    async with database.read() as connection:
        letters = await spool.dead_letters(connection, before=None, limit=2)
        rest = await spool.dead_letters(connection, before=letters[-1].sequence, limit=2)
    assert [letter.sequence for letter in (*letters, *rest)] == sorted(sequences, reverse=True)
    assert (letters[0].reason, letters[0].detail, letters[0].message) == ("NO_TEXT", "leer", b"document 2")
    async with database.write() as connection:
        assert await spool.replay(connection, sequences[:1]) == 1
    assert await claim(database) == sequences[:1]
    async with database.write() as connection:
        assert await spool.replay(connection, []) == 2
    assert (await overview(database)).dead_letters == 0


async def test_only_old_acknowledged_documents_go_when_purged(database: Database) -> None:
    await fill(database, 3)
    first, second, _third = await claim(database)
    await acknowledge(database, stored(first), refused(second))
    async with database.write() as connection:
        assert await spool.purge(connection, before=datetime.now(UTC) - timedelta(hours=1)) == 0
        assert await spool.purge(connection, before=datetime.now(UTC) + timedelta(hours=1)) == 1
        left = (await connection.execute(select(table.c.sequence).order_by(table.c.sequence))).scalars().all()
    seen = await overview(database)
    assert first not in left
    assert len(left) == 2
    assert (seen.waiting, seen.dead_letters, seen.acknowledged) == (1, 1, 1)


async def test_a_number_is_never_given_twice_when_rows_are_gone(database: Database) -> None:
    await fill(database, 2)
    first = await claim(database)
    async with database.write() as connection:
        await spool.erase(connection, [bytes([number]) * 16 for number in range(2)])
    await fill(database, 1)
    assert min(await claim(database)) > max(first)
