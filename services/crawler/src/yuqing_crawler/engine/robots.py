"""Obeys robots.txt (RFC 9309): what may be fetched, and the crawl delay that it asks for; kept for a time, fetched once for all who ask.

Scrapy's own middleware keeps what it once read for ever, which a process that lives for months cannot, and does not read the crawl delay.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

KEPT_SECONDS = 12 * 3600.0
"""RFC 9309, 2.4: a copy should not be used for more than 24 hours."""
KEPT_FAILURE_SECONDS = 300.0
KEPT_UNREACHED_SECONDS = 20.0
LONGEST_BYTES = 512 * 1024
"""RFC 9309, 2.5: at least 500 KiB must be parsed."""
MOST_SITES = 20_000


class RobotsForbid(Exception):
    """robots.txt does not want this page to be fetched."""


class RobotsUnreadable(Exception):
    """The host answers the question for robots.txt with an error of its own: until it says better, nothing may be fetched."""


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """An answer to the request for robots.txt."""

    status: int
    body: bytes = b""


Fetch = Callable[[str], Awaitable[RobotsFile]]
"""Errors: whatever keeps the host from answering."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site's robots.txt says, or why it cannot be read (RFC 9309, 2.3.1.4: then nothing may be fetched)."""

    file: Protego | Exception
    expires_at: float

    def check(self, url: str, agent: str) -> float:
        """The crawl delay in seconds, 0 where it asks for none. Errors: RobotsForbid; the error that kept the file from being read."""
        if isinstance(self.file, Exception):
            raise self.file.with_traceback(None)
        if not self.file.can_fetch(url, agent):
            raise RobotsForbid(f"robots.txt does not allow {agent} to fetch this")
        return max(0.0, float(self.file.crawl_delay(agent) or 0.0))


def read(answer: RobotsFile, now: float) -> Rules:
    """The rules by RFC 9309, 2.3.1: found ones count, 4xx means that all is allowed, 5xx and silence that nothing is."""
    if 200 <= answer.status < 300:
        text = answer.body[:LONGEST_BYTES].decode("utf-8", "replace")
        return Rules(Protego.parse(text), now + KEPT_SECONDS)
    if answer.status < 500 and answer.status != 429:
        return Rules(Protego.parse(""), now + KEPT_SECONDS)
    return Rules(RobotsUnreadable(f"robots.txt answers {answer.status}"), now + KEPT_FAILURE_SECONDS)


class Robots:
    """The rules of all sites, each fetched when first needed and again when too old."""

    def __init__(self, fetch: Fetch, user_agent: str) -> None:
        self._fetch = fetch
        self._agent = user_agent.split("/", maxsplit=1)[0].split(maxsplit=1)[0]
        self._rules: dict[str, Rules] = {}
        self._fetching: dict[str, asyncio.Task[Rules]] = {}

    async def check(self, url: str) -> float:
        """The crawl delay in seconds for the page's site. Errors: RobotsForbid, RobotsUnreadable, what keeps the host from answering."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        rules = self._rules.get(site)
        if rules is None or rules.expires_at < time.monotonic():
            rules = await self._renew(site)
        return rules.check(url, self._agent)

    async def _renew(self, site: str) -> Rules:
        task = self._fetching.get(site)
        if task is None:
            task = asyncio.create_task(self._read(site))
            self._fetching[site] = task
            task.add_done_callback(lambda _done: self._fetching.pop(site, None))
        return await asyncio.shield(task)

    async def _read(self, site: str) -> Rules:
        try:
            rules = read(await self._fetch(f"{site}/robots.txt"), time.monotonic())
        except Exception as error:  # noqa: BLE001 - whatever it was, it is the answer for all who wait
            rules = Rules(error, time.monotonic() + KEPT_UNREACHED_SECONDS)
        if len(self._rules) >= MOST_SITES:
            self._rules.pop(next(iter(self._rules)))
        self._rules[site] = rules
        return rules
