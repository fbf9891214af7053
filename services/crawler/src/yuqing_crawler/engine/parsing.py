"""Parses pages in a process of their own: a core for parsing, one for the service, and no page that can hold the service up.

What runs there is pure: a page and what its source may know in, documents out. Secrets never go there.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

import structlog

from yuqing_crawler.domain.kinds.kind import Fetched, Follow, Known, Parsed, Revisited, SourceView
from yuqing_crawler.domain.kinds.pages import parse_article
from yuqing_crawler.domain.kinds.registry import kind_named
from yuqing_crawler.engine.offers import Offer, PageOf, offers

PAGE_SECONDS = 20.0
"""How long a page may be parsed; the largest real ones take well under one second."""
_log = structlog.get_logger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


class ParseTimeout(Exception):
    """A page took too long to parse."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a page gave: `parsed` is without its documents, which stand in `offers` as they are kept."""

    parsed: Parsed
    offers: tuple[Offer, ...]


class Parsers:
    """One process beside this one; with `processes` 0 a thread of this one instead, without a limit of time (for tests and small machines)."""

    def __init__(self, processes: int, *, page_seconds: float = PAGE_SECONDS) -> None:
        self._processes = processes
        self._page_seconds = page_seconds
        self._executor = self._start()

    def _start(self) -> Executor:
        if not self._processes:
            return ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse")
        # Not forked: a copy of a process with threads and open gRPC channels may hang.
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_begin)
        executor.submit(_limited, len, ((),), {}, self._page_seconds)  # started now, not when the first page waits for it
        return executor

    def close(self) -> None:
        """Ends it."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def harvest(self, page: PageOf, fetched: Fetched, follow: Follow, view: SourceView[Any]) -> Harvest:
        """What a page gives to keep. Errors: ParseTimeout; whatever a kind raises by mistake."""
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

    async def _aside(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        executor = self._executor
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, _limited, work, args, kwargs, self._page_seconds)
        except BrokenProcessPool:
            if executor is self._executor:
                _log.warning("the parser's process ended and is started again")
                self._executor = self._start()
            raise


def _begin() -> None:
    """Runs first in the parser's process: signals are the parent's business, and it does not outlive the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _too_long)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _too_long(_number: int, _frame: object) -> None:
    raise ParseTimeout("the page takes too long to parse")


def _limited(work: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any], seconds: float) -> R:
    if signal.getsignal(signal.SIGALRM) is not _too_long:
        return work(*args, **kwargs)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return work(*args, **kwargs)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _harvest(page: PageOf, fetched: Fetched, follow: Follow, view: SourceView[Any]) -> Harvest:
    parsed = kind_named(page.kind).parse(fetched, follow, view)
    return Harvest(replace(parsed, documents=()), tuple(offers(page, parsed.documents, fetched)))


def _parse(kind: str, fetched: Fetched, follow: Follow, view: SourceView[Any]) -> Parsed:
    return kind_named(kind).parse(fetched, follow, view)


def _revisit(kind: str, fetched: Fetched, known: Known, view: SourceView[Any]) -> Revisited:
    return kind_named(kind).revisit(fetched, known, view)


def _article(fetched: Fetched, view: SourceView[Any]) -> Parsed:
    return parse_article(fetched, view)
