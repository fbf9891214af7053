"""A transaction that was acknowledged is there; none overwrites another; a reader cannot write."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, event, insert, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError

from yuqing_runtime import engines
from yuqing_runtime.columns import Json, UtcDateTime
from yuqing_runtime.database import Database, upsert

WRITES = 800


async def _increment(database: Database, table: Table) -> None:
    async with database.write() as connection:
        value = (await connection.execute(select(table.c.value).where(table.c.name == "x").with_for_update())).scalar_one()
        await connection.execute(update(table).where(table.c.name == "x").values(value=value + 1))


async def test_no_update_is_lost_when_two_replicas_write_at_once(database, replica, table, value_of):
    await asyncio.gather(*(_increment((database, replica)[number % 2], table) for number in range(WRITES)))
    assert await value_of() == WRITES


async def test_nothing_is_written_when_the_block_raises(database, table, value_of):
    with pytest.raises(KeyError):
        async with database.write() as connection:
            await connection.execute(update(table).values(value=7))
            raise KeyError
    assert await value_of() == 0


async def test_reader_cannot_write(database, table, value_of):
    with pytest.raises(DBAPIError):
        async with database.read() as connection:
            await connection.execute(update(table).values(value=7))
    assert await value_of() == 0


async def test_reader_sees_what_is_committed_and_waits_for_nobody_while_a_writer_is_open(database, table, value_of):
    async with database.write() as connection:
        await connection.execute(update(table).values(value=7))
        assert await value_of() == 0
    assert await value_of() == 7


async def test_second_write_in_one_task_is_refused(database):
    async with database.write():
        with pytest.raises(RuntimeError, match="already holds"):
            async with database.write():
                pass
    async with database.write():
        pass


async def test_others_can_write_when_writers_are_cancelled(database, replica, table, value_of):
    async def hang(of: Database) -> None:
        async with of.write() as connection:
            await connection.execute(update(table).values(value=999))
            await asyncio.sleep(3600)

    for pause_seconds in (0, 0.001, 0.01, 0.05):
        tasks = [asyncio.create_task(hang(of)) for of in (database, replica) * 3]
        await asyncio.sleep(pause_seconds)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
    await _increment(database, table)
    await _increment(replica, table)
    assert await value_of() == 2


async def test_clock_is_the_databases(database):
    async with database.read() as connection:
        moment = await database.now(connection)
    assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)
    assert moment.utcoffset() == timedelta(0)


async def test_upsert_works_on_both_engines(database, table, value_of):
    async with database.write() as connection:
        statement = upsert(table, connection).values(name="x", value=5)
        await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value + 1}))
    assert await value_of() == 6


async def test_sqlite_keeps_what_it_acknowledges(sqlite_url):
    database = await Database.open(sqlite_url, schema="records")
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    async with database.write() as connection:
        found = {name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one() for name in expected}
    await database.close()
    assert found == expected


WRITER = """
import asyncio, sys
from sqlalchemy import text
from yuqing_runtime.database import Database

async def main():
    database = await Database.open(sys.argv[1], schema="records")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE kept (number INTEGER PRIMARY KEY)"))
    for number in range(1_000_000):
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO kept VALUES (:number)"), {"number": number})
        print(number, flush=True)

asyncio.run(main())
"""


async def test_every_acknowledged_row_is_there_when_the_process_was_killed(database_url):
    process = subprocess.Popen([sys.executable, "-c", WRITER, database_url], stdout=subprocess.PIPE, text=True, env=os.environ)
    acknowledged = [int(process.stdout.readline()) for _ in range(100)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in process.stdout.read().splitlines() if line]
    process.wait()
    process.stdout.close()
    database = await Database.open(database_url, schema="records")
    async with database.read() as connection:
        kept = (await connection.execute(text("SELECT number FROM kept ORDER BY number"))).scalars().all()
    await database.close()
    assert list(kept)[: len(acknowledged)] == acknowledged


async def test_services_do_not_see_each_others_tables_when_they_share_a_postgresql(fresh_postgresql_database):
    first = await Database.open(fresh_postgresql_database, schema="crawler")
    second = await Database.open(fresh_postgresql_database, schema="indexing")
    async with first.write() as connection:
        await connection.execute(text("CREATE TABLE mine (number INTEGER)"))
    with pytest.raises(DBAPIError, match="does not exist"):
        async with second.read() as connection:
            await connection.execute(text("SELECT * FROM mine"))
    await first.close()
    await second.close()


async def test_replicas_may_open_an_empty_database_at_once(database_url):
    opened = await asyncio.gather(*(Database.open(database_url, schema="fresh") for _ in range(6)))
    for database in opened:
        async with database.write() as connection:
            assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
        await database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
async def test_database_is_refused_when_it_cannot_keep_anything_or_is_not_supported(url):
    with pytest.raises(ValueError, match="SQLite"):
        await Database.open(url, schema="records")


async def test_sqlite_writer_waits_when_another_process_writes(sqlite_url, migrations):
    database = await Database.open(sqlite_url, schema="records")
    await database.migrate(migrations.path)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO counter VALUES ('ours', 2)"))

    writing = asyncio.create_task(write())
    await asyncio.wait([writing], timeout=0.3)
    assert not writing.done()
    other.execute("INSERT INTO counter VALUES ('theirs', 1)")
    other.execute("COMMIT")
    await writing
    assert other.execute("SELECT count(*) FROM counter").fetchone() == (2,)
    other.close()
    await database.close()


async def test_postgresql_is_used_again_when_it_cut_the_connections(fresh_postgresql_database):
    database = await Database.open(fresh_postgresql_database, schema="records")
    with psycopg.connect(fresh_postgresql_database.replace("+psycopg", ""), autocommit=True) as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert connection.execute(cut).fetchall() == [(True,)]
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()


typed = Table("typed", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime), Column("settings", Json))


@pytest.fixture
async def typed_database(database):
    async with database.write() as connection:
        await connection.run_sync(typed.metadata.create_all)
    return database


async def test_moment_comes_back_in_utc_when_it_went_in_with_another_zone(typed_database):
    shanghai = datetime(2026, 3, 1, 7, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    async with typed_database.write() as connection:
        await connection.execute(insert(typed).values(id=1, at=shanghai, settings={"名": [1, None, "值"]}))
        await connection.execute(insert(typed).values(id=2, at=shanghai + timedelta(microseconds=1), settings=None))
        at, settings = (await connection.execute(select(typed.c.at, typed.c.settings).where(typed.c.at <= shanghai))).one()
        nothing = (await connection.execute(select(typed.c.id).where(typed.c.settings.is_(None)))).scalars().all()
    assert (at, at.utcoffset(), settings) == (shanghai, timedelta(0), {"名": [1, None, "值"]})
    assert nothing == [2]


async def test_moment_without_zone_is_refused(typed_database):
    with pytest.raises(StatementError, match="naive"):
        async with typed_database.write() as connection:
            await connection.execute(insert(typed).values(id=1, at=datetime(2026, 3, 1)))  # noqa: DTZ001 - that is the case


async def test_connection_in_the_making_is_kept_when_its_task_is_cancelled(database_url):
    database = await Database.open(database_url, schema="records")
    await database._engines.writer.dispose()  # so that the next one must be made
    pool = database._engines.reader.sync_engine.pool

    async def read() -> None:
        async with database.read():
            pass

    task = asyncio.create_task(read())
    event.listen(pool, "connect", lambda *_: task.cancel())
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.gather(*engines._closing)
    assert (pool.checkedin(), pool.checkedout()) == (1, 0)
    await database.close()


async def test_the_lock_is_free_when_a_writer_was_cancelled_in_the_midst(database):
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE cancelled (number INTEGER)"))

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(text("SELECT count(*) FROM cancelled"))
            await connection.execute(text("INSERT INTO cancelled VALUES (1)"))

    ended = []  # keeps the errors, whose frames hold the cursors
    for number in range(100):
        task = asyncio.create_task(write())
        await asyncio.sleep(number / 20_000)
        task.cancel()
        ended += await asyncio.gather(task, return_exceptions=True)
        await write()
    assert any(isinstance(end, asyncio.CancelledError) for end in ended)
    async with database.read() as connection:
        written = (await connection.execute(text("SELECT count(*) FROM cancelled"))).scalar_one()
    assert 100 + ended.count(None) <= written <= 200  # who is cancelled while the commit is on its way may have written
