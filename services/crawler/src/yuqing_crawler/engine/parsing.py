"""Parses pages in a process of their own: a core for parsing, one for the service, and no page that can hold the service up.

What runs there is pure: a page and what its source may know in, documents out. Secrets never go there.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, TypeVarTuple, Unpack, cast

import structlog

from yuqing_crawler.domain.kinds.kind import Fetched, Follow, Known, Parsed, Revisited, SourceView
from yuqing_crawler.domain.kinds.pages import parse_article
from yuqing_crawler.domain.kinds.registry import kind_named
from yuqing_crawler.engine import aside, warc
from yuqing_crawler.engine.aside import Aside
from yuqing_crawler.engine.offers import Offer, PageOf, offers

PAGE_SECONDS = 20.0
"""How long a page may be parsed; the largest real ones take well under one second."""
_log = structlog.get_logger(__name__)
Arguments = TypeVarTuple("Arguments")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a page gave: `parsed` is without its documents, which stand in `offers` as they are kept.

    `record` is the page's WARC record where it has documents: it is made here, where the page is and another core works. Each is another one, as
    the standard wants an identity of its own.
    """

    parsed: Parsed
    offers: tuple[Offer, ...]
    record: bytes = field(default=b"", compare=False, repr=False)


class Parsers:
    """Processes beside this one; with `processes` 0 a thread of this one instead, without a limit of time (for tests and small machines)."""

    def __init__(self, processes: int, *, page_seconds: float = PAGE_SECONDS) -> None:
        self._page_seconds = page_seconds
        self._processes = [self._start() for _ in range(processes)]  # now, not when the first page waits for them
        self._thread = None if processes else ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse")

    def _start(self) -> Aside:
        return Aside(_serve, self._page_seconds)

    def close(self) -> None:
        """Ends them."""
        for process in self._processes:
            process.close()
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def harvest(self, page: PageOf, fetched: Fetched, follow: Follow, view: SourceView[Any]) -> Harvest:
        """What a page gives to keep. Errors: CallTimeout; AsideEnded; whatever a kind raises by mistake."""
        return await self._aside(_harvest, page, fetched, follow, view)

    async def parse(self, kind: str, fetched: Fetched, follow: Follow, view: SourceView[Any]) -> Parsed:
        """What a page gives to look at. Errors: as above."""
        return await self._aside(_parse, kind, fetched, follow, view)

    async def revisit(self, kind: str, fetched: Fetched, known: Known, view: SourceView[Any]) -> Revisited:
        """What a second fetch of a mention says. Errors: as above."""
        return await self._aside(_revisit, kind, fetched, known, view)

    async def article(self, fetched: Fetched, view: SourceView[Any]) -> Parsed:
        """A page as one article. Errors: as above."""
        return await self._aside(_article, fetched, view)

    async def _aside(self, work: Callable[[Unpack[Arguments]], R], *args: *Arguments) -> R:
        if self._thread is not None:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)
        return cast("R", await self._idlest().ask(work, *args))

    def _idlest(self) -> Aside:
        for number, process in enumerate(self._processes):
            if process.ended:
                _log.warning("the parser's process ended and is started again")
                self._processes[number] = self._start()
        return min(self._processes, key=lambda process: process.calls)


def _serve(channel: socket.socket, page_seconds: float) -> None:
    """The parser's process; what this module imports is there before the first page comes."""
    aside.serve(channel, page_seconds)


def _harvest(page: PageOf, fetched: Fetched, follow: Follow, view: SourceView[Any]) -> Harvest:
    parsed = kind_named(page.kind).parse(fetched, follow, view)
    found = tuple(offers(page, parsed.documents, fetched))
    return Harvest(replace(parsed, documents=()), found, warc.record_of(fetched) if found else b"")


def _parse(kind: str, fetched: Fetched, follow: Follow, view: SourceView[Any]) -> Parsed:
    return kind_named(kind).parse(fetched, follow, view)


def _revisit(kind: str, fetched: Fetched, known: Known, view: SourceView[Any]) -> Revisited:
    return kind_named(kind).revisit(fetched, known, view)


def _article(fetched: Fetched, view: SourceView[Any]) -> Parsed:
    return parse_article(fetched, view)
