import asyncio
import threading

import pytest

from yuqing_indexing.domain.turns import Turns, in_thread


async def test_the_oldest_batch_goes_first_when_several_wait():
    turns, done = Turns(), []
    may_end = threading.Event()

    async def work(name):
        with turns.batch():
            await in_thread(may_end.wait, 30)
            await in_thread(done.append, name)

    tasks = [asyncio.create_task(work(name)) for name in "abc"]
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(*tasks)
    assert done == ["a", "b", "c"]


async def test_batches_think_one_at_a_time():
    turns, lock, met = Turns(), threading.Lock(), []

    def think():
        met.append(lock.acquire(blocking=False))
        threading.Event().wait(0.01)
        lock.release()

    async def work():
        with turns.batch():
            for _ in range(3):
                await in_thread(think)

    await asyncio.gather(*(work() for _ in range(4)))
    assert met == [True] * 12


async def test_the_turn_passes_on_when_the_batch_that_has_or_awaits_it_is_cancelled():
    turns, may_end, done = Turns(), threading.Event(), []

    async def work(*steps):
        with turns.batch():
            for step in steps:
                await in_thread(step)

    holding = asyncio.create_task(work(may_end.wait))
    waiting = asyncio.create_task(work(lambda: done.append("cancelled")))
    last = asyncio.create_task(work(lambda: done.append("last")))
    await asyncio.sleep(0)
    waiting.cancel()
    holding.cancel()
    await asyncio.gather(holding, waiting, return_exceptions=True)
    may_end.set()
    await last
    assert done == ["last"]


async def test_a_batch_that_fails_ends_its_turn():
    turns = Turns()

    async def work(step):
        with turns.batch():
            return await in_thread(step)

    with pytest.raises(ZeroDivisionError):
        await work(lambda: 1 // 0)
    assert await work(lambda: "next") == "next"


async def test_what_belongs_to_no_batch_waits_for_none():
    turns, may_end = Turns(), threading.Event()

    async def work():
        with turns.batch():
            await in_thread(may_end.wait, 30)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    assert await in_thread(lambda: "free") == "free"
    may_end.set()
    await task
