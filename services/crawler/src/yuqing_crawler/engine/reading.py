"""Reads one page of a source: fetched past guard, robots.txt and pace, then parsed by its kind."""

import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import structlog

from yuqing_crawler.domain.entries import PageState
from yuqing_crawler.domain.kinds.kind import Fetched, Follow, Kind, Known, Parsed, Revisited, SourceView
from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.domain.source import Source
from yuqing_crawler.engine.aside import AsideEnded, CallTimeout
from yuqing_crawler.engine.downloads import Answer, Ask, Downloads
from yuqing_crawler.engine.offers import PageOf
from yuqing_crawler.engine.parsing import Harvest, Parsers
from yuqing_crawler.engine.secrets import SecretMissing, Secrets

_log = structlog.get_logger(__name__)
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
    """What fetching a page gave: `outcome` is None where it is to be parsed; `state` is what the page says of its version."""

    outcome: Outcome | None
    fetched: Fetched | None = None
    state: PageState = field(default_factory=PageState)
    detail: str = ""
    hold_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Why a page could not be parsed."""

    outcome: Outcome
    detail: str


class Reader:
    """Fetches and parses the pages of sources; never raises for what a host does or a page holds."""

    def __init__(self, downloads: Downloads, parsers: Parsers) -> None:
        self._downloads = downloads
        self._parsers = parsers

    async def read(self, job: Job, follow: Follow, known: PageState | None = None) -> Reading:
        """Fetches a page; with `known` only if it is another than that."""
        answer = await self.fetch(job, follow, known)
        if answer.outcome is not None or answer.fetched is None:
            return Reading(answer.outcome or Outcome.FAILED, answer.fetched, detail=answer.detail, hold_seconds=answer.hold_seconds)
        state = _state_of(answer.fetched)
        if known is not None and known.payload_sha256 == state.payload_sha256:
            return Reading(Outcome.NOT_MODIFIED, answer.fetched, state)
        return Reading(None, answer.fetched, state)

    async def harvest(self, job: Job, follow: Follow, fetched: Fetched) -> Harvest | Unparsed:
        """What a page gives to keep."""
        return await _named(self._parsers.harvest(PageOf.of(job.source), fetched, follow, job.view), fetched.url)

    async def parse(self, job: Job, follow: Follow, fetched: Fetched) -> Parsed | Unparsed:
        """What a page gives to look at."""
        return await _named(self._parsers.parse(job.source.kind, fetched, follow, job.view), fetched.url)

    async def revisit(self, job: Job, known: Known, fetched: Fetched) -> Revisited | Unparsed:
        """What a second fetch of a mention says."""
        return await _named(self._parsers.revisit(job.source.kind, fetched, known, job.view), fetched.url)

    async def article(self, view: SourceView[Any], fetched: Fetched) -> Parsed | Unparsed:
        """A page as one article."""
        return await _named(self._parsers.article(fetched, view), fetched.url)

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


async def _named(parsing: Awaitable[R], url: str) -> R | Unparsed:
    """The result, or by which outcome the page ended: a mistake with one page must not end more than this page."""
    try:
        return await parsing
    except AsideEnded as error:
        return Unparsed(Outcome.FAILED, str(error)[:500])
    except CallTimeout:
        return Unparsed(Outcome.PARSE_ERROR, "the page takes too long to parse")
    except Exception as error:  # noqa: BLE001 - what a kind raises by mistake
        _log.exception("page cannot be parsed", url=url)
        return Unparsed(Outcome.PARSE_ERROR, repr(error)[:500])


def _state_of(fetched: Fetched) -> PageState:
    return PageState(
        etag=fetched.headers.get("etag", "")[:1000],
        last_modified=fetched.headers.get("last-modified", "")[:100],
        payload_sha256=hashlib.sha256(fetched.body).hexdigest(),
    )
