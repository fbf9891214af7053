"""Scrapy's downloader as one call: a page in, a response or a named failure out."""

import asyncio
import gzip
import logging
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self, cast

import structlog
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DontCloseSpider,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response

from yuqing_crawler.domain.guard import GuardRefused, Opening, openings
from yuqing_crawler.domain.kinds.kind import Fetched
from yuqing_crawler.domain.outcomes import Outcome, of_status
from yuqing_crawler.domain.politeness import Limits
from yuqing_crawler.engine import middlewares, reactor
from yuqing_crawler.engine.handler import PoliteHandler
from yuqing_crawler.engine.hosts import HostHeld, Hosts
from yuqing_crawler.engine.middlewares import FetchingSpider, GuardMiddleware, PaceMiddleware, RobotsMiddleware, host_of
from yuqing_crawler.engine.resolver import GuardedResolver, Lookup
from yuqing_crawler.engine.robots import LONGEST_BYTES, Robots, RobotsFile, RobotsForbid, RobotsUnreadable
from yuqing_crawler.settings import Settings

_log = structlog.get_logger(__name__)
_REDIRECTS_ENDED = "max redirections reached"


@dataclass(frozen=True, slots=True)
class Ask:
    """A page to fetch. `headers` are the source's own and go to its host only; the validators make the request conditional."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    requests_per_second: float = 0.0
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `outcome` is None where the page is to be read; `fetched` is there whenever the host answered."""

    outcome: Outcome | None
    fetched: Fetched | None = None
    detail: str = ""
    hold_seconds: float = 0.0


class Downloads:
    """The one downloader of the process: a Scrapy crawler whose spider asks for nothing itself. Made by `open`, ended by `close`."""

    openings: dict[str, Opening]
    hosts: Hosts
    robots: Robots

    def __init__(self, settings: Settings, lookup: Lookup | None = None) -> None:
        self.openings = openings(settings.hosts)
        self.hosts = Hosts(Limits(settings.requests_per_second, settings.host_concurrency))
        self.robots = Robots(self._fetch_robots, settings.user_agent)
        self._resolver = GuardedResolver(self.openings, lookup)
        self._places = asyncio.Semaphore(settings.concurrency)
        self._settings = settings
        self._crawler: Crawler | None = None
        self._crawl: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: Settings, lookup: Lookup | None = None) -> Self:
        """Starts it on the running event loop. Errors: `reactor.WrongReactor`."""
        downloads = cls(settings, lookup)
        await downloads._start()
        return downloads

    async def _start(self) -> None:
        reactor.install().installNameResolver(cast("Any", self._resolver))  # declared to Zope, which types do not see
        logging.getLogger("scrapy").setLevel(logging.ERROR)
        logging.getLogger("twisted").setLevel(logging.ERROR)
        self._crawler = Crawler(FetchingSpider, _scrapy_settings(self._settings))
        started = asyncio.Event()
        self._crawler.signals.connect(started.set, signal=signals.engine_started, weak=False)
        self._crawler.signals.connect(_stay_open, signal=signals.spider_idle)
        self._crawl = asyncio.create_task(self._crawler.crawl_async(parts=self), name="scrapy")
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait([self._crawl, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._crawl.done():
            self._crawl.result()
            raise RuntimeError("Scrapy ended before it began")

    async def close(self) -> None:
        """Ends it; what is being fetched is dropped."""
        if self._crawler is not None and self._crawl is not None:
            await self._crawler.stop_async()
            await self._crawl

    async def fetch(self, ask: Ask) -> Answer:
        """Fetches a page, following redirects, each hop past guard, robots.txt and pace. Never raises for what a host does."""
        async with self._places:
            try:
                response = await self._download(_request(ask, self._settings.fetch_seconds))
            except Exception as error:  # noqa: BLE001 - whatever a host makes Scrapy raise is an outcome of this one fetch
                return self._failure(ask.url, error)
        return self._answer(response)

    async def _download(self, request: Request) -> Response:
        if self._crawler is None:
            raise RuntimeError("not open")
        return await self._crawler.engine.download_async(request)

    def _answer(self, response: Response) -> Answer:
        headers: dict[str, str] = {name.decode("latin-1").lower(): b", ".join(values).decode("latin-1") for name, values in response.headers.items()}
        fetched = Fetched(response.url, response.status, headers, response.body, datetime.now(UTC))
        outcome = of_status(response.status)
        detail = "" if outcome in (None, Outcome.NOT_MODIFIED) else f"HTTP {response.status}"
        return Answer(outcome, fetched, detail, self.hosts.held_seconds(host_of(response.url)))

    def _failure(self, url: str, error: Exception) -> Answer:
        outcome = _outcome_of(error)
        if outcome is Outcome.DNS and (address := self._resolver.refused_address(_failed_host(error, url))):
            return Answer(Outcome.GUARD, detail=f"it leads to {address}, which is not an address of the public Internet")
        if outcome is Outcome.FAILED:
            _log.warning("fetch failed", url=url, error=repr(error))
        return Answer(outcome, detail=str(error)[:500], hold_seconds=error.seconds if isinstance(error, HostHeld) else 0.0)

    async def _fetch_robots(self, url: str) -> RobotsFile:
        limits = {"download_maxsize": LONGEST_BYTES * 4, "download_timeout": self._settings.fetch_seconds}
        request = Request(url, meta={middlewares.IS_ROBOTS: True, **limits}, headers=_BROWSING)
        response = await self._download(request)
        return RobotsFile(response.status, response.body)


_BROWSING: Mapping[str, str] = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
}


def _request(ask: Ask, seconds: float) -> Request:
    headers = {**_BROWSING, **ask.headers}
    if ask.etag:
        headers["If-None-Match"] = ask.etag
    if ask.last_modified:
        headers["If-Modified-Since"] = ask.last_modified
    meta: dict[str, Any] = {
        middlewares.RATE: ask.requests_per_second,
        middlewares.PRIVATE_HEADERS: tuple(ask.headers),
        "download_timeout": seconds,
    }
    return Request(ask.url, headers=headers, meta=meta, dont_filter=True)


def _failed_host(error: Exception, url: str) -> str:
    """The host whose name led nowhere: after a redirect it is not the one that was asked for. Twisted names it only in its text."""
    _, quote, rest = str(error).partition("hostname lookup: ")
    return rest.strip() if quote else host_of(url)


_OUTCOMES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Outcome], ...] = (
    (GuardRefused, Outcome.GUARD),
    (RobotsForbid, Outcome.ROBOTS),
    (RobotsUnreadable, Outcome.HTTP_5XX),
    (HostHeld, Outcome.HELD),
    (DownloadTimeoutError, Outcome.TIMEOUT),
    (CannotResolveHostError, Outcome.DNS),
    (DownloadCancelledError, Outcome.TOO_LARGE),
    (DownloadConnectionRefusedError, Outcome.CONNECTION),
    ((ResponseDataLossError, gzip.BadGzipFile, zlib.error, EOFError), Outcome.BROKEN),
)
"""First match counts."""


def _outcome_of(error: Exception) -> Outcome:
    for kind, outcome in _OUTCOMES:
        if isinstance(error, kind):
            return outcome
    if isinstance(error, IgnoreRequest):
        return Outcome.REDIRECTS if _REDIRECTS_ENDED in str(error) else Outcome.TOO_LARGE
    if isinstance(error, DownloadFailedError):
        return Outcome.TLS if "SSL" in str(error) or "certificate" in str(error) else Outcome.CONNECTION
    return Outcome.CONNECTION if isinstance(error, OSError) else Outcome.FAILED


def _stay_open(spider: Spider) -> None:  # noqa: ARG001 - Scrapy passes it by name
    raise DontCloseSpider


def _scrapy_settings(settings: Settings) -> dict[str, Any]:
    built_in = "scrapy.downloadermiddlewares"
    return {
        "USER_AGENT": settings.user_agent,
        "DOWNLOADER_MIDDLEWARES_BASE": {
            GuardMiddleware: 100,
            RobotsMiddleware: 200,
            PaceMiddleware: 300,
            f"{built_in}.useragent.UserAgentMiddleware": 500,
            f"{built_in}.retry.RetryMiddleware": 550,
            f"{built_in}.httpcompression.HttpCompressionMiddleware": 590,
            f"{built_in}.redirect.RedirectMiddleware": 600,
        },
        "DOWNLOAD_HANDLERS_BASE": {"http": PoliteHandler, "https": PoliteHandler},
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {},
        "TELNETCONSOLE_ENABLED": False,
        "REFERER_ENABLED": False,
        "CONCURRENT_REQUESTS": settings.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": settings.host_concurrency,
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_MAXSIZE": settings.page_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": settings.verify_certificates,
        "REDIRECT_MAX_TIMES": settings.redirects,
        "RETRY_TIMES": settings.retries,
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
        # What a host says by 429 and 503 is obeyed, not tried again; a name that is not found will not be found a second later.
        "RETRY_HTTP_CODES": [500, 502, 504, 522, 524, 408],
        "RETRY_EXCEPTIONS": [DownloadConnectionRefusedError, DownloadFailedError, ResponseDataLossError],
        "STATS_DUMP": False,
        "LOG_LEVEL": "WARNING",
    }
