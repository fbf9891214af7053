"""What the crawler remembers of each host: how fast it may be asked, how it took it, and until when it wants to be left alone."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime

from yuqing_crawler.domain import politeness
from yuqing_crawler.domain.politeness import Limits, Pace


class HostHeld(Exception):
    """The host asked to be left alone, and the time is not over."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} wants to be left alone for {seconds:.0f} s more")
        self.seconds = seconds


@dataclass(slots=True)
class _Standing:
    places: asyncio.Semaphore
    slowdown: float = 1.0
    crawl_delay_seconds: float = 0.0
    held_until: float = 0.0


class Hosts:
    """The hosts of this process, by name. Times are those of the monotonic clock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: dict[str, _Standing] = {}

    def pace(self, host: str, requests_per_second: float) -> Pace:
        """How fast this host may be asked for a source with this rate (0: the crawler's own). Errors: HostHeld."""
        standing = self._of(host)
        left = standing.held_until - time.monotonic()
        if left > 0:
            raise HostHeld(host, left)
        return politeness.pace(
            self._limits,
            requests_per_second=requests_per_second,
            crawl_delay_seconds=standing.crawl_delay_seconds,
            slowdown=standing.slowdown,
        )

    def places(self, host: str) -> asyncio.Semaphore:
        """As many as there may be requests to the host at once."""
        return self._of(host).places

    def set_crawl_delay(self, host: str, seconds: float) -> None:
        """What robots.txt asks for."""
        self._of(host).crawl_delay_seconds = seconds

    def answered(self, host: str) -> None:
        """It answered well."""
        standing = self._of(host)
        standing.slowdown = politeness.eased(standing.slowdown)

    def struggled(self, host: str) -> None:
        """It did not answer, or with an error of its own."""
        standing = self._of(host)
        standing.slowdown = politeness.slowed(standing.slowdown)

    def hold(self, host: str, retry_after: str, now: datetime) -> None:
        """It answered 429 or 503, with this Retry-After or none (empty)."""
        self.struggled(host)
        self.hold_for(host, politeness.hold_seconds(retry_after, now))

    def hold_for(self, host: str, seconds: float) -> None:
        """Leaves it alone for so long from now, if not for longer already."""
        standing = self._of(host)
        standing.held_until = max(standing.held_until, time.monotonic() + seconds)

    def held_seconds(self, host: str) -> float:
        """How long it still wants to be left alone; 0 where it does not."""
        return max(0.0, self._of(host).held_until - time.monotonic())

    def _of(self, host: str) -> _Standing:
        standing = self._known.get(host)
        if standing is None:
            standing = self._known[host] = _Standing(asyncio.Semaphore(self._limits.concurrency))
        return standing
