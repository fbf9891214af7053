"""A pool of threads at which only so many calls may wait, so that a busy service says so instead of growing."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from yuqing_runtime.errors import ResourceExhausted

_Request = TypeVar("_Request")
_Reply = TypeVar("_Reply")


class BoundedPool:
    """At most `waiting_calls` calls wait for a thread or have one."""

    def __init__(self, pool: ThreadPoolExecutor, *, waiting_calls: int) -> None:
        self._pool = pool
        self._most_calls = waiting_calls
        self._calls = 0

    async def run(self, work: Callable[[_Request], _Reply], request: _Request) -> _Reply:
        """What `work` makes of the request, in a thread. Errors: ResourceExhausted SCORING_BUSY."""
        if self._calls >= self._most_calls:
            raise ResourceExhausted(f"{self._calls} calls wait already", reason="SCORING_BUSY")
        self._calls += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, request)
        finally:
            self._calls -= 1
