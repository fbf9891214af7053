"""What every kind of source is: a pure reading of fetched pages into documents and further pages to fetch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from yuqing_crawler.domain.document import Counts, Document, Dropped

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = "start"
"""The role of the pages that a run of a source begins with."""


class Parameters(BaseModel):
    """What a kind needs to know of a source; frozen, and a field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A response as it came. Header names are in lower case; `url` is the address after redirects."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Follow:
    """A page to fetch, with what its parser must know again. `{secret:name}` in address or headers is for the engine to fill in.

    A follow whose `once_key` was fetched before is not needed again; an empty key means it always is. Higher priority goes first.
    """

    url: str
    role: str
    priority: int = 0
    meta: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    once_key: str = ""


@dataclass(frozen=True, slots=True)
class SourceView(Generic[P]):
    """What a parser may know of its source. `cursor` is as it stood when the run began."""

    address: str
    parameters: P
    medium: str = ""
    zone: ZoneInfo = SHANGHAI
    cursor: Mapping[str, str] = field(default_factory=dict[str, str])


AnySource = SourceView[Any]  # where only address, medium and zone are read


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a page gave. `cursor` holds changes that become valid together with the documents; `notes` are for people."""

    documents: tuple[Document, ...] = ()
    follow: tuple[Follow, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    cursor: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A mention as it is known: enough to find it again on its page."""

    url: str
    native_id: str = ""


@dataclass(frozen=True, slots=True)
class Revisited:
    """What a second fetch says of a known mention. `vanished`: gone by status or by its page's words; the text is then not given."""

    vanished: bool
    document: Document | None = None
    counts: Counts = field(default_factory=Counts)
    detail: str = ""
    others: tuple[Document, ...] = ()
    """What stands below it on its page by now, such as comments."""


class Kind(Protocol[P]):
    """A kind of source. Its module offers one as `KIND`; it holds no state and never raises on what a page holds."""

    @property
    def name(self) -> str:
        """The word of `Source.kind`."""
        ...

    @property
    def display_name(self) -> str:
        """The Chinese name that the console shows."""
        ...

    @property
    def description(self) -> str:
        """What it is for, in one sentence."""
        ...

    @property
    def parameters(self) -> type[P]:
        """The model of what it needs to know."""
        ...

    def start(self, source: SourceView[P]) -> tuple[Follow, ...]:
        """The pages that a run begins with."""
        ...

    def parse(self, fetched: Fetched, follow: Follow, source: SourceView[P]) -> Parsed:
        """What a fetched page gives; `follow` is what it was asked for as."""
        ...

    def revisit_follow(self, known: Known, source: SourceView[P]) -> Follow:
        """What to fetch to look at a known mention again."""
        ...

    def revisit(self, fetched: Fetched, known: Known, source: SourceView[P]) -> Revisited:
        """What a second fetch of a known mention's address says now."""
        ...
