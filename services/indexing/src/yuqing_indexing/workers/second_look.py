"""Has mentions judged by the full stage after the fast one: the urgent ones at once, all others while nothing new comes in; one replica at a time.

What is left is asked of the index each time, so nothing is lost when it is cut short, and a mention whose text changes comes up again by itself.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from yuqing_indexing.domain.ports import NoSecondStage, OutsideUnavailable
from yuqing_indexing.domain.second_look import URGENT, Due
from yuqing_indexing.workers.rewriting import Again
from yuqing_runtime.database import Database
from yuqing_runtime.leases import Lease, run_leased
from yuqing_runtime.telemetry import seconds_histogram

PORTION: Final = 512
"""Mentions found at once; they are judged in parts, so that other calls of scoring have their turn."""
PART: Final = 64
PAUSE_SECONDS: Final = 1.0
SWITCHED_OFF_PAUSE_SECONDS: Final = 60.0
_LAG = seconds_histogram("indexing.second_look.lag", "From the first judgement of a mention to that of the full stage")
_log = structlog.get_logger(__name__)


class Queue(Protocol):
    """Knows which mentions wait."""

    async def due(self, least: float, limit: int) -> list[Due]:
        """At most `limit` of those whose priority is at least so large, the largest first. Errors: OutsideUnavailable."""
        ...

    async def refresh(self) -> None:
        """All that was written before can be found afterwards."""
        ...


@dataclass(frozen=True)
class SecondLook:
    """Looks again and again for what waits; `judging` is by the full stage, `busy` says whether new mentions come in at this moment."""

    database: Database
    queue: Queue
    judging: Again
    busy: Callable[[], bool]

    async def run(self) -> None:
        """For ever, wherever the lease is held."""
        await run_leased(self.database, "second-look", self._loop)

    async def _loop(self, lease: Lease) -> None:
        del lease  # two replicas at once would only do some work twice: each write is checked against others
        while True:
            try:
                found = await self.once()
            except OutsideUnavailable as error:
                _log.warning("the second look waits", error=str(error))
                found = 0
            except NoSecondStage:
                await asyncio.sleep(SWITCHED_OFF_PAUSE_SECONDS)
                continue
            if not found:
                await asyncio.sleep(PAUSE_SECONDS)

    async def once(self) -> int:
        """Looks at a portion of what waits; how many were looked at. Errors: OutsideUnavailable, NoSecondStage."""
        waiting = await self.queue.due(URGENT if self.busy() else 0.0, PORTION)
        looked_at = 0
        for start in range(0, len(waiting), PART):
            part = waiting[start : start + PART]
            await self.judging.again([each.id for each in part])
            looked_at += len(part)
            _record_lag(part)
            if self.busy():
                break  # what is more urgent may have come in
        if looked_at:
            await self.queue.refresh()
        return looked_at


def _record_lag(part: Sequence[Due]) -> None:
    now = datetime.now(UTC)
    for each in part:
        _LAG.record((now - each.judged).total_seconds())
