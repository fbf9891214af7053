"""The crawler's own steps in Scrapy's downloader, in this order for each request, redirects and repetitions included."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Protocol, Self, cast
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response

from yuqing_crawler.domain.guard import Opening, check_url
from yuqing_crawler.domain.outcomes import OVERLOADED, of_status
from yuqing_crawler.engine.hosts import Hosts
from yuqing_crawler.engine.robots import Robots

SLOT = "download_slot"
RATE = "yuqing_requests_per_second"
PRIVATE_HEADERS = "yuqing_private_headers"
ORIGIN = "yuqing_origin"
IS_ROBOTS = "yuqing_is_robots"


class Parts(Protocol):
    """What the middlewares need; the spider carries it, because Scrapy copies its settings."""

    openings: dict[str, Opening]
    hosts: Hosts
    robots: Robots


class FetchingSpider(Spider):
    """The one spider of the process: it asks for nothing itself, requests come from runs of sources."""

    name = "yuqing"
    parts: Parts

    async def start(self) -> AsyncIterator[Any]:
        """No requests of its own."""
        no_requests: tuple[Request, ...] = ()
        for request in no_requests:
            yield request


def host_of(url: str) -> str:
    """The host of a URL, in lower case; empty where it has none."""
    return (urlsplit(url).hostname or "").rstrip(".")


class _Step:
    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.parts = cast("FetchingSpider", crawler.spider).parts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make it."""
        return cls(crawler)


class GuardMiddleware(_Step):
    """Refuses what may not be asked for, and keeps a source's own headers (which may be secrets) from hosts that they were not meant for."""

    def process_request(self, request: Request) -> None:
        """Errors: GuardRefused."""
        check_url(request.url, self.parts.openings)
        origin: str = request.meta.setdefault(ORIGIN, request.url)
        if not _same_origin(origin, request.url):
            for name in request.meta.get(PRIVATE_HEADERS, ()):
                request.headers.pop(name, None)


def _same_origin(first: str, second: str) -> bool:
    one, other = urlsplit(first), urlsplit(second)
    upgraded = one.scheme == "http" and other.scheme == "https" and one.hostname == other.hostname
    return upgraded or (one.scheme, one.netloc) == (other.scheme, other.netloc)


class RobotsMiddleware(_Step):
    """Asks robots.txt, and takes over its crawl delay."""

    async def process_request(self, request: Request) -> None:
        """Errors: RobotsForbid."""
        if not request.meta.get(IS_ROBOTS):
            self.parts.hosts.set_crawl_delay(host_of(request.url), await self.parts.robots.check(request.url))


class PaceMiddleware(_Step):
    """Gives each host's slot in the downloader its pace, and learns from how the host answers."""

    def process_request(self, request: Request) -> None:
        """Errors: HostHeld."""
        host = host_of(request.url)
        pace = self.parts.hosts.pace(host, request.meta.get(RATE, 0.0))
        request.meta[SLOT] = host
        downloader = self.crawler.engine.downloader
        slot = downloader.slots.get(host)
        if slot is None:
            downloader.per_slot_settings[host] = {"concurrency": pace.concurrency, "delay": pace.delay_seconds}
        else:
            slot.concurrency, slot.delay = pace.concurrency, pace.delay_seconds

    def process_response(self, request: Request, response: Response) -> Response:
        """Takes note of how the host fares."""
        host, hosts = host_of(request.url), self.parts.hosts
        outcome = of_status(response.status)
        if response.status in (429, 503):
            hosts.hold(host, (response.headers.get("Retry-After") or b"").decode("latin-1"), datetime.now(UTC))
        elif outcome is not None and outcome in OVERLOADED:
            hosts.struggled(host)
        else:
            hosts.answered(host)
        return response
