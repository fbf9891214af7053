"""A consumer acts once on each change, however often stream, effect and replica fail."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from yuqing_runtime import feed, follow
from yuqing_runtime.database import Database
from yuqing_runtime.feed import Change, NewChange, SequenceGone
from yuqing_runtime.follow import Subscription

CHANGES = 60


class Consumer:
    """Writes each change's number into its table: once is right, twice breaks its key, never leaves a hole."""

    def __init__(self, producer: Database, table, *, failures: random.Random | None) -> None:
        self.producer = producer
        self.table = table
        self.failures = failures

    def _may_fail(self) -> None:
        if self.failures and self.failures.random() < 0.2:
            raise ConnectionError("cut")

    async def stream(self, after: int) -> AsyncIterator[Change]:
        self._may_fail()
        async for changes in feed.watch(self.producer, "things", max(0, after - 2), batch=5):  # some come again, as after a lost reply
            for change in changes:
                yield change
                self._may_fail()

    async def effect(self, connection: AsyncConnection, change: Change) -> None:
        await connection.execute(insert(self.table).values(name=change.key, value=change.sequence))
        self._may_fail()

    @property
    def subscription(self) -> Subscription[Change]:
        return Subscription("records.things", self.stream, lambda change: change.sequence, self.effect)


async def _produce(database: Database) -> None:
    async with database.write() as connection:
        await feed.append_all(connection, "things", [NewChange("made", f"key{number}", b"") for number in range(1, CHANGES + 1)])


async def _until_all(database: Database, table) -> list[int]:
    while True:
        async with database.read() as connection:
            if await follow.cursor(connection, "records.things") == CHANGES:
                return list((await connection.execute(select(table.c.value).where(table.c.value > 0).order_by(table.c.value))).scalars())
        await asyncio.sleep(0.05)


async def _followed(consumers: list[tuple[Database, Consumer]], table) -> list[int]:
    tasks = [asyncio.create_task(follow.follow(of, consumer.subscription, first_pause_seconds=0.001)) for of, consumer in consumers]
    async with asyncio.timeout(120):
        values = await _until_all(consumers[0][0], table)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    return values


async def test_each_change_acts_once_when_streams_and_effects_fail(database, table):
    await _produce(database)
    values = await _followed([(database, Consumer(database, table, failures=random.Random(7)))], table)
    assert values == list(range(1, CHANGES + 1))


async def test_each_change_acts_once_when_two_replicas_follow(database, replica, table):
    await _produce(database)
    consumers = [(of, Consumer(of, table, failures=None)) for of in (database, replica)]
    assert await _followed(consumers, table) == list(range(1, CHANGES + 1))


async def test_cursor_moves_forward_only(database):
    async with database.write() as connection:
        assert await follow.cursor(connection, "records.things") == 0
        assert [await follow.advance(connection, "records.things", sequence) for sequence in (3, 3, 2, 4)] == [True, False, False, True]
        assert await follow.cursor(connection, "records.things") == 4
        await follow.reset(connection, "records.things", 1)
        assert await follow.cursor(connection, "records.things") == 1


async def test_cursor_stays_when_the_effect_fails(database):
    with pytest.raises(KeyError):
        async with database.write() as connection:
            await follow.advance(connection, "records.things", 3)
            raise KeyError
    async with database.write() as connection:
        assert await follow.advance(connection, "records.things", 3)


async def test_follower_is_told_when_what_comes_next_is_gone(database, table):
    async with database.write() as connection:
        await follow.reset(connection, "records.things", 9)
    with pytest.raises(SequenceGone):
        await follow.follow(database, Consumer(database, table, failures=None).subscription)
