"""Reads one page of a source: fetched past guard, robots.txt and pace, then parsed by its kind."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, ParamSpec, TypeVar

import structlog

from yuqing_crawler.domain.entries import PageState
from yuqing_crawler.domain.kinds.kind import Fetched, Follow, Kind, Parsed, SourceView
from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.domain.source import Source
from yuqing_crawler.engine.downloads import Answer, Ask, Downloads
from yuqing_crawler.engine.secrets import SecretMissing, Secrets

_log = structlog.get_logger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Job:
    """A source, ready to be read: its kind, what its parser may know, its secrets."""

    source: Source
    kind: Kind[Any]
    view: SourceView[Any]
    secrets: Secrets = field(default_factory=Secrets)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a page gave: `outcome` is None where it was parsed; `state` is what the page says of its version."""

    outcome: Outcome | None
    fetched: Fetched | None = None
    parsed: Parsed = field(default_factory=Parsed)
    state: PageState = field(default_factory=PageState)
    detail: str = ""
    hold_seconds: float = 0.0


class Reader:
    """Fetches and parses. Parsing has a thread of its own: a large page must not keep the service from answering."""

    def __init__(self, downloads: Downloads) -> None:
        self._downloads = downloads
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse")

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def read(self, job: Job, follow: Follow, known: PageState | None = None) -> Reading:
        """Reads a page; with `known` only if it is another than that. Never raises for what a page holds."""
        answer = await self.fetch(job, follow, known)
        if answer.outcome is not None or answer.fetched is None:
            return Reading(answer.outcome or Outcome.FAILED, answer.fetched, detail=answer.detail, hold_seconds=answer.hold_seconds)
        fetched = answer.fetched
        state = _state_of(fetched)
        if known is not None and known.payload_sha256 == state.payload_sha256:
            return Reading(Outcome.NOT_MODIFIED, fetched, state=state)
        try:
            parsed = await self.aside(job.kind.parse, fetched, follow, job.view)
        except Exception as error:  # noqa: BLE001 - a kind's mistake with one page must not end the run
            _log.exception("page cannot be parsed", source=job.source.name, url=fetched.url)
            return Reading(Outcome.PARSE_ERROR, fetched, detail=repr(error)[:500])
        return Reading(None, fetched, parsed, state)

    async def fetch(self, job: Job, follow: Follow, known: PageState | None = None) -> Answer:
        """Only fetches; addresses in the answer have their secrets hidden."""
        try:
            headers = {name: job.secrets.fill(value) for name, value in follow.headers.items()}
            ask = Ask(job.secrets.fill_url(follow.url), headers, job.source.requests_per_second)
        except SecretMissing as missing:
            return Answer(Outcome.LOGIN, detail=str(missing))
        if known is not None:
            ask = replace(ask, etag=known.etag, last_modified=known.last_modified)
        answer = await self._downloads.fetch(ask)
        if answer.fetched is None:
            return replace(answer, detail=job.secrets.hide(answer.detail))
        return replace(answer, fetched=replace(answer.fetched, url=job.secrets.hide(answer.fetched.url)))

    async def aside(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs in the parsers' thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))


def _state_of(fetched: Fetched) -> PageState:
    return PageState(
        etag=fetched.headers.get("etag", "")[:1000],
        last_modified=fetched.headers.get("last-modified", "")[:100],
        payload_sha256=hashlib.sha256(fetched.body).hexdigest(),
    )
