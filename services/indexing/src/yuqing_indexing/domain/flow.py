"""Turns a stream of small requests into batches that are worked on side by side, within a bound, without waiting for more to come."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

Item = TypeVar("Item")
Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class Limits:
    """`batch_items` and `batch_bytes` bound one batch, `window` how many run at once; twice a batch waits beside them, no more is read."""

    batch_items: int = 1000
    batch_bytes: int = 8 * 1024 * 1024
    window: int = 3


_FIRST: Final = 0.2
"""Of a full batch: the first one that runs is so small that those behind it find the index at work soon."""


class Coalescer(Generic[Item, Reply]):
    """Works off one stream: while batches run, what arrives meanwhile becomes the next one. An idle stream waits for nothing."""

    def __init__(self, work: Callable[[list[Item]], Awaitable[Reply]], *, size_of: Callable[[Item], int], limits: Limits) -> None:
        self._work = work
        self._size_of = size_of
        self._limits = limits
        self._waiting: deque[Item] = deque()
        self._running: set[asyncio.Future[Reply]] = set()

    async def replies(self, requests: AsyncIterable[Sequence[Item]]) -> AsyncIterator[Reply]:
        """The reply of each batch as soon as it is done. The first failure of the stream or of a batch ends all and is raised."""
        arrivals = aiter(requests)
        reading: asyncio.Future[Sequence[Item]] | None = asyncio.ensure_future(anext(arrivals))
        try:
            while reading or self._running or self._waiting:
                self._start_batches()
                watched = {*self._running, *((reading,) if reading and self._has_room else ())}
                await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
                for done in [task for task in self._running if task.done()]:
                    self._running.discard(done)
                    yield done.result()
                if reading and reading.done():
                    reading = self._take_in(reading, arrivals)
        finally:
            await _cancel([*self._running, *((reading,) if reading else ())])

    @property
    def _has_room(self) -> bool:
        return len(self._waiting) < 2 * self._limits.batch_items

    def _take_in(self, reading: "asyncio.Future[Sequence[Item]]", arrivals: AsyncIterator[Sequence[Item]]) -> "asyncio.Future[Sequence[Item]] | None":
        try:
            self._waiting.extend(reading.result())
        except StopAsyncIteration:
            return None
        return asyncio.ensure_future(anext(arrivals))

    def _start_batches(self) -> None:
        while self._waiting and len(self._running) < self._limits.window:
            self._running.add(asyncio.ensure_future(self._work(self._next_batch())))

    def _next_batch(self) -> list[Item]:
        batch: list[Item] = []
        size = 0
        most = self._limits.batch_items if self._running else math.ceil(_FIRST * self._limits.batch_items)
        while self._waiting and len(batch) < most:
            item_size = self._size_of(self._waiting[0])
            if batch and size + item_size > self._limits.batch_bytes:
                break
            batch.append(self._waiting.popleft())
            size += item_size
        return batch


async def _cancel(tasks: Sequence["asyncio.Future[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
