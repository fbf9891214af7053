"""A feed is dense, ordered, and says when it no longer has what one asks for."""

import asyncio
from contextlib import aclosing
from datetime import timedelta

import pytest

from yuqing_runtime import feed
from yuqing_runtime.database import Database
from yuqing_runtime.feed import Change, NewChange, SequenceGone


async def _append(database: Database, *keys: str, name: str = "things") -> range:
    async with database.write() as connection:
        return await feed.append_all(connection, name, [NewChange("made", key, key.encode()) for key in keys])


async def _read(database: Database, after: int, *, limit: int = 500) -> list[Change]:
    async with database.read() as connection:
        return await feed.read_after(connection, "things", after, limit=limit)


async def _watch(database: Database, after: int, *, count: int, batch: int = 500) -> list[str]:
    keys: list[str] = []
    async with asyncio.timeout(60), aclosing(feed.watch(database, "things", after, batch=batch)) as batches:
        async for changes in batches:
            assert len(changes) <= batch
            keys += [change.key for change in changes]
            if len(keys) >= count:
                return keys
    raise AssertionError("the feed ended")


async def test_changes_come_back_in_order_when_appended(database):
    assert await _append(database, "a", "b") == range(1, 3)
    assert await _append(database) == range(0)
    assert await _append(database, "other", name="others") == range(1, 2)
    async with database.write() as connection:
        assert await feed.append(connection, "things", kind="gone", key="a", payload=b"\x00\xff") == 3
        moment = await database.now(connection)
    changes = await _read(database, 0)
    assert [(change.sequence, change.kind, change.key, change.payload) for change in changes] == [
        (1, "made", "a", b"a"),
        (2, "made", "b", b"b"),
        (3, "gone", "a", b"\x00\xff"),
    ]
    assert abs(changes[2].at - moment) < timedelta(seconds=30)
    assert [change.sequence for change in await _read(database, 1, limit=1)] == [2]
    assert await _read(database, 3) == []


async def test_some_kinds_come_with_the_place_reached_when_they_are_asked_for(database):
    async with database.write() as connection:
        await feed.append_all(connection, "things", [feed.NewChange(kind, kind, b"") for kind in ("a", "b", "b", "a", "b", "b", "c")])

    async def of_kinds(after, kinds, limit):
        async with database.read() as connection:
            found = await feed.read_after(connection, "things", after, limit=limit, kinds=kinds)
        return [(change.sequence, change.kind) for change in found]

    assert await of_kinds(0, {"a"}, 500) == [(1, "a"), (4, "a"), (7, "c")]
    assert await of_kinds(0, {"a", "c"}, 3) == [(1, "a"), (3, "b")]
    assert await of_kinds(4, {"a"}, 2) == [(6, "b")]
    assert await of_kinds(7, {"a"}, 2) == []
    with pytest.raises(SequenceGone, match="ends at 7"):
        await of_kinds(8, {"a"}, 2)
    async with database.write() as connection:
        await feed.trim(connection, "things", before=await database.now(connection) + timedelta(days=1))
    with pytest.raises(SequenceGone, match="no longer kept"):
        await of_kinds(3, {"a"}, 2)


async def test_no_number_is_used_up_when_the_transaction_fails(database):
    with pytest.raises(KeyError):
        async with database.write() as connection:
            await feed.append(connection, "things", kind="made", key="x", payload=b"")
            raise KeyError
    assert await _append(database, "a") == range(1, 2)


async def test_numbers_are_dense_when_replicas_append_at_once(database, replica):
    await asyncio.gather(*(_append((database, replica)[number % 2], str(number)) for number in range(100)))
    changes = await _read(database, 0)
    assert [change.sequence for change in changes] == list(range(1, 101))
    assert {change.key for change in changes} == {str(number) for number in range(100)}


async def test_watcher_gets_each_change_once_when_two_replicas_append_meanwhile(database, replica):
    watching = asyncio.create_task(_watch(replica, 0, count=60, batch=7))
    ranges = await asyncio.gather(*(_append((database, replica)[number % 2], f"{number}/a", f"{number}/b") for number in range(30)))
    keys = await watching
    by_number = {number.start + offset: f"{which}/{letter}" for which, number in enumerate(ranges) for offset, letter in enumerate("ab")}
    assert keys == [by_number[sequence] for sequence in range(1, 61)]


async def test_watcher_is_woken_after_the_commit_and_never_before(database):
    with database.wakes.sleeper("things") as woken:
        async with database.write() as connection:
            await feed.append(connection, "things", kind="made", key="x", payload=b"")
            assert not woken.is_set()
        assert woken.is_set()
        woken.clear()
        with pytest.raises(KeyError):
            async with database.write() as connection:
                await feed.append(connection, "things", kind="made", key="x", payload=b"")
                raise KeyError
        async with database.write():
            pass
        assert not woken.is_set()


async def test_trimmed_range_is_refused_when_asked_for(database):
    await _append(database, "a", "b", "c")
    async with database.write() as connection:
        later = await database.now(connection) + timedelta(seconds=1)
        assert await feed.trim(connection, "things", before=later - timedelta(days=1)) == 0
        assert await feed.trim(connection, "things", before=later) == 3
        assert await feed.trim(connection, "things", before=later) == 0
    for after in (0, 2):
        with pytest.raises(SequenceGone) as caught:
            await _read(database, after)
        assert (caught.value.reason, caught.value.kept_after) == ("SEQUENCE_GONE", 3)
    assert await _read(database, 3) == []
    assert await _append(database, "d") == range(4, 5)
    assert [change.key for change in await _read(database, 3)] == ["d"]
    with pytest.raises(SequenceGone) as caught:
        await _read(database, 2)
    assert caught.value.kept_after == 3
    with pytest.raises(SequenceGone):
        await _watch(database, 0, count=1)


async def test_consumer_learns_it_when_the_producer_was_put_back_from_a_backup(database):
    await _append(database, "a")
    with pytest.raises(SequenceGone) as caught:
        await _read(database, 7)
    assert (caught.value.reason, caught.value.kept_after) == ("SEQUENCE_AHEAD", 0)


async def test_last_sequence_is_nought_when_nothing_happened_yet(database):
    async with database.read() as connection:
        assert await feed.last_sequence(connection, "things") == 0
    assert await _read(database, 0) == []
