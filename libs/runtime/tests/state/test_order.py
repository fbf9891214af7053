"""Numbers are given in the order of the commits, or a reader would pass one and lose it for ever."""

import asyncio

from sqlalchemy import func, insert, select

from yuqing_runtime import feed, order
from yuqing_runtime.database import Database


async def _number(database: Database, table, name: str, *, taken: asyncio.Event, may_commit: asyncio.Event) -> None:
    async with database.write() as connection:
        await order.hold(connection)
        number = (await connection.execute(select(func.max(table.c.value)))).scalar_one() + 1
        await connection.execute(insert(table).values(name=name, value=number))
        taken.set()
        await may_commit.wait()


async def _seen(database: Database, table) -> list[str]:
    async with database.read() as connection:
        return list((await connection.execute(select(table.c.name).where(table.c.value > 0).order_by(table.c.value))).scalars())


async def test_reader_never_passes_a_number_that_commits_later_when_two_write_at_once(database, replica, table):
    taken, may_commit, at_once = asyncio.Event(), asyncio.Event(), asyncio.Event()
    at_once.set()
    first = asyncio.create_task(_number(database, table, "first", taken=taken, may_commit=may_commit))
    await taken.wait()
    second = asyncio.create_task(_number(replica, table, "second", taken=asyncio.Event(), may_commit=at_once))
    await asyncio.wait([second], timeout=0.5)
    assert await _seen(replica, table) == []
    may_commit.set()
    await asyncio.gather(first, second)
    assert await _seen(replica, table) == ["first", "second"]


async def test_lock_may_be_taken_twice_in_one_transaction(database):
    async with database.write() as connection:
        await order.hold(connection)
        await order.hold(connection)


async def test_services_do_not_wait_for_one_another_when_they_share_a_postgresql(fresh_postgresql_database):
    first = await Database.open(fresh_postgresql_database, schema="crawler")
    second = await Database.open(fresh_postgresql_database, schema="indexing")
    async with first.write() as connection:
        await order.hold(connection)
        async with asyncio.timeout(10), second.write() as other:
            await order.hold(other)
    await first.close()
    await second.close()


async def test_feeds_can_be_appended_in_any_order_when_two_write_at_once(database, replica):
    async def both(of: Database, feeds: tuple[str, str]) -> None:
        async with of.write() as connection:
            for name in feeds:
                await feed.append(connection, name, kind="made", key="1", payload=b"")
                await asyncio.sleep(0)

    await asyncio.gather(*(both(of, feeds) for _ in range(20) for of, feeds in ((database, ("a", "b")), (replica, ("b", "a")))))
    async with database.read() as connection:
        assert (await feed.last_sequence(connection, "a"), await feed.last_sequence(connection, "b")) == (40, 40)
