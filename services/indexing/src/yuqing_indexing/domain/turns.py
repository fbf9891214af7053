"""Lets batches that are worked on side by side think one at a time, the oldest first.

Python computes in one thread at a time. Batches that share it evenly all get ready late and together, and the index is idle until then and has too
much to do afterwards; if the oldest goes first, it is written while the next one is computed.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from heapq import heappop, heappush
from itertools import count
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Value = TypeVar("Value")


class Turns:
    """The turns of all batches of a process."""

    def __init__(self) -> None:
        self._numbers = count()
        self._orders = count()
        self._is_taken = False
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @contextmanager
    def batch(self) -> Generator[None]:
        """What is done in the block, and what it awaits, is the work of one batch, younger than all before it."""
        token = _BATCH.set((self, next(self._numbers)))
        try:
            yield
        finally:
            _BATCH.reset(token)

    @asynccontextmanager
    async def turn(self, number: int) -> AsyncGenerator[None]:
        """Waits until it is this batch's turn, which ends with the block. Nothing else may be waited for inside."""
        if self._is_taken:
            await self._wait(number)
        self._is_taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, number: int) -> None:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (number, next(self._orders), ready))
        try:
            await ready
        except asyncio.CancelledError:
            if ready.done() and not ready.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            *_, ready = heappop(self._waiting)
            if not ready.done():
                ready.set_result(None)
                return
        self._is_taken = False


_BATCH: ContextVar[tuple[Turns, int] | None] = ContextVar("batch", default=None)


async def in_thread(function: Callable[Given, Value], *args: Given.args, **kwargs: Given.kwargs) -> Value:
    """As asyncio.to_thread; within a batch, when it is its turn."""
    if (batch := _BATCH.get()) is None:
        return await asyncio.to_thread(function, *args, **kwargs)
    turns, number = batch
    async with turns.turn(number):
        return await asyncio.to_thread(function, *args, **kwargs)
