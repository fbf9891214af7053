import asyncio

import pytest

from yuqing_indexing.domain.flow import Coalescer, Limits


async def stream(*requests, pause=False):
    for request in requests:
        if pause:
            await asyncio.sleep(0)
        yield request


async def collected(coalescer, requests):
    return [reply async for reply in coalescer.replies(requests)]


async def test_items_become_one_batch_when_they_wait_while_another_runs():
    started = []
    release = asyncio.Event()

    async def work(batch):
        started.append(list(batch))
        if len(started) == 1:
            await release.wait()
        else:
            release.set()
        return batch

    async def requests():
        yield [1]
        while not started:
            await asyncio.sleep(0)
        for item in (2, 3, 4):
            yield [item]
        release.set()

    replies = await collected(Coalescer(work, size_of=lambda _: 1, limits=Limits(window=1)), requests())
    assert sorted(item for reply in replies for item in reply) == [1, 2, 3, 4]
    assert started[0] == [1]
    assert len(started) < 4


async def test_batches_are_bounded_when_items_are_many_or_large():
    sizes = []

    async def work(batch):
        sizes.append(len(batch))
        return batch

    limits = Limits(batch_items=3, batch_bytes=10, window=2)
    await collected(Coalescer(work, size_of=lambda item: item, limits=limits), stream([1, 1, 1, 1], [6, 6, 50, 1]))
    assert sum(sizes) == 8
    assert max(sizes) <= 3


async def test_no_more_is_read_when_batches_wait():
    release = asyncio.Event()
    read = 0

    async def work(batch):
        await release.wait()
        return batch

    async def requests():
        nonlocal read
        for number in range(100):
            read += 1
            yield [number]

    running = asyncio.ensure_future(collected(Coalescer(work, size_of=lambda _: 1, limits=Limits(batch_items=5, window=2)), requests()))
    for _ in range(500):
        await asyncio.sleep(0)
    assert read <= 2 * 5 + 2 * 5 + 2
    release.set()
    assert sorted(item for reply in await running for item in reply) == list(range(100))


async def test_the_stream_ends_with_the_error_when_a_batch_fails():
    cancelled = asyncio.Event()

    async def work(batch):
        if batch == [1]:
            raise ValueError("no")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(ValueError, match="no"):
        await collected(Coalescer(work, size_of=lambda _: 1, limits=Limits(batch_items=1, window=2)), stream([2, 1]))
    assert cancelled.is_set()


async def test_the_first_batch_is_small_when_nothing_runs_and_all_are_done():
    sizes = []

    async def work(batch):
        sizes.append(len(batch))
        await asyncio.sleep(0)
        return batch

    replies = await collected(Coalescer(work, size_of=lambda _: 1, limits=Limits(batch_items=10, window=3)), stream(list(range(30))))
    assert sorted(item for reply in replies for item in reply) == list(range(30))
    assert sizes[:3] == [2, 10, 10]
