"""Gives every call a deadline: the caller's, and for single replies never more than the server's own."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import cast

from yuqing_protos.contract import methods_by_path
from yuqing_runtime.interceptors.around import Around, Context

LONGEST_SECONDS = 60.0
_deadline: ContextVar[float | None] = ContextVar("yuqing_deadline", default=None)


def remaining_seconds() -> float | None:
    """What is left of the running call's time, or None where it has no end."""
    at = _deadline.get()
    return None if at is None else max(0.0, at - time.monotonic())


def set_deadline(seconds: float | None) -> None:
    """Starts the clock of the work that this task does; outgoing calls are cut to it."""
    _deadline.set(None if seconds is None else time.monotonic() + seconds)


class DeadlineInterceptor(Around):
    """Ends calls with a single reply at their deadline; streams end when their caller says so."""

    @asynccontextmanager
    async def around(self, path: str, context: Context) -> AsyncGenerator[None]:
        remaining = cast("float | None", context.time_remaining())  # None where the caller gave no deadline
        method = methods_by_path().get(path)
        if method is None or method.descriptor.server_streaming or method.descriptor.client_streaming:
            set_deadline(remaining)
            yield
            return
        seconds = LONGEST_SECONDS if remaining is None else min(remaining, LONGEST_SECONDS)
        set_deadline(seconds)
        async with asyncio.timeout(seconds):
            yield
