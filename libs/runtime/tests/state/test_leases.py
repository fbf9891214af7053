"""What must run once runs once: a lease has one holder, by the database's clock alone."""

import asyncio
import time

import pytest
from sqlalchemy import update

from yuqing_runtime import leases
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, LeaseLostError
from yuqing_runtime.tables import lease as lease_table


async def _run_out(database: Database) -> None:
    """As if the time of every lease had passed."""
    async with database.write() as connection:
        await connection.execute(update(lease_table).values(expires_at_milliseconds=1))


async def test_lease_has_one_holder_when_many_ask_at_once(database, replica):
    taken = await asyncio.gather(*(leases.acquire((database, replica)[number % 2], "loop", ttl_seconds=60) for number in range(20)))
    assert len([lease for lease in taken if lease]) == 1


async def test_next_one_gets_it_with_a_larger_token_when_it_ran_out(database, replica):
    first = await leases.acquire(database, "loop", ttl_seconds=60)
    assert await leases.acquire(replica, "loop", ttl_seconds=60) is None
    assert await leases.renew(database, first)
    await _run_out(database)
    assert not await leases.renew(database, first)
    second = await leases.acquire(replica, "loop", ttl_seconds=60)
    assert second.token > first.token
    assert not await leases.renew(database, first)
    await leases.release(database, first)
    assert await leases.renew(replica, second)


async def test_next_one_gets_it_with_a_larger_token_when_it_was_released(database, replica):
    first = await leases.acquire(database, "loop", ttl_seconds=60)
    await leases.release(database, first)
    second = await leases.acquire(replica, "loop", ttl_seconds=60)
    assert second.token > first.token


async def test_lease_runs_out_by_the_databases_clock_when_the_hosts_are_wrong(database, replica, monkeypatch):
    await leases.acquire(database, "loop", ttl_seconds=60)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86_400)
    assert await leases.acquire(replica, "loop", ttl_seconds=60) is None


async def test_lease_runs_out_by_itself(database, replica):
    await leases.acquire(database, "loop", ttl_seconds=0.05)
    async with asyncio.timeout(30), leases.lease(replica, "loop", ttl_seconds=0.5) as held:
        assert held.token == 2


async def test_stale_holder_is_refused_when_it_confirms(database, replica):
    first = await leases.acquire(database, "loop", ttl_seconds=60)
    async with database.write() as connection:
        await leases.confirm(connection, first)
    await _run_out(database)
    await leases.acquire(replica, "loop", ttl_seconds=60)
    with pytest.raises(LeaseLostError):
        async with database.write() as connection:
            await leases.confirm(connection, first)


async def test_lease_is_kept_longer_than_its_time_while_the_block_runs(database, replica):
    async with leases.lease(database, "loop", ttl_seconds=3) as held:
        for _ in range(8):
            await asyncio.sleep(0.5)
            assert await leases.acquire(replica, "loop", ttl_seconds=60) is None
        assert held.token == 1
    assert await leases.acquire(replica, "loop", ttl_seconds=60) is not None


async def test_block_is_cancelled_when_the_lease_is_lost(database, replica):
    reached_the_end = False
    with pytest.raises(LeaseLostError):
        async with leases.lease(database, "loop", ttl_seconds=2):
            await _run_out(database)
            assert await leases.acquire(replica, "loop", ttl_seconds=60)
            await asyncio.sleep(60)
            reached_the_end = True
    assert not reached_the_end


async def test_block_is_cancelled_before_the_lease_runs_out_when_it_cannot_be_renewed(database, replica, monkeypatch):
    async def unreachable(_database: Database, _lease: Lease) -> bool:
        raise ConnectionError

    monkeypatch.setattr(leases, "renew", unreachable)
    with pytest.raises(LeaseLostError):
        async with leases.lease(database, "loop", ttl_seconds=4):
            try:
                await asyncio.sleep(60)
            finally:
                left = await leases.acquire(replica, "loop", ttl_seconds=60)
    assert left is None


async def test_error_of_the_block_comes_through_and_the_lease_is_given_back(database, replica):
    for error in (KeyError, TimeoutError):
        with pytest.raises(error):
            async with leases.lease(database, "loop", ttl_seconds=60):
                raise error
    assert await leases.acquire(replica, "loop", ttl_seconds=60) is not None


async def test_loop_runs_in_one_replica_at_a_time_and_is_taken_up_when_its_holder_fails(database, replica):
    running: set[str] = set()
    tokens: list[int] = []
    done = asyncio.Event()

    async def loop(held: Lease) -> None:
        assert not running
        running.add(held.holder)
        tokens.append(held.token)
        try:
            await asyncio.sleep(0.02)
        finally:
            running.remove(held.holder)
        if len(tokens) >= 6:
            done.set()
        raise ConnectionError

    tasks = [asyncio.create_task(leases.run_leased(of, "loop", loop, ttl_seconds=3, pause_seconds=0.01)) for of in (database, replica)]
    async with asyncio.timeout(60):
        await done.wait()
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert tokens == sorted(set(tokens))
    assert await leases.acquire(replica, "loop", ttl_seconds=60) is not None
