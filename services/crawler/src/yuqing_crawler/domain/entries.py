"""What a page gave, ready to be kept: the documents for the spool, the pages it leads to, and what its source remembers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from yuqing_crawler.domain.kinds.kind import Follow


@dataclass(frozen=True, slots=True)
class Revisitable:
    """A mention that is to be looked at again. `text` is the hash of its text where that was read from its own page, else empty."""

    url: str
    host: str
    heat: float
    text: bytes = b""


@dataclass(frozen=True, slots=True)
class SpoolEntry:
    """A document on its way to the index. `key` says which it is, `content` what it says, `message` is the contract's form of it."""

    source_id: str
    key: bytes
    content: bytes
    message: bytes
    origin: str = ""
    traceparent: str = ""
    revisit: Revisitable | None = None
    seen_as: bytes = b""
    """Under which key its content is remembered, where not under its own: a second look is no answer to what its list says."""

    @property
    def seen_key(self) -> bytes:
        """Under which key its content is remembered."""
        return self.seen_as or self.key


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page kept as evidence: the SHA-256 of its record and of its body, both in hex."""

    sha256: str
    url: str
    payload_sha256: str
    fetched_at: datetime
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PageState:
    """What a page said of its own version; empty strings where it said nothing."""

    etag: str = ""
    last_modified: str = ""
    payload_sha256: str = ""


@dataclass(frozen=True, slots=True)
class PendingPage:
    """A page that is to be read, with its row in the frontier (None for the pages that a run begins with) and the cursor of its run."""

    follow: Follow
    frontier_id: int | None = None
    cursor: Mapping[str, str] = field(default_factory=dict[str, str])
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class PageRecord:
    """All that one read page changes, kept in one transaction."""

    source_id: str
    page: PendingPage
    entries: tuple[SpoolEntry, ...] = ()
    follow: tuple[Follow, ...] = ()
    cursor: Mapping[str, str] = field(default_factory=dict[str, str])
    state_key: bytes = b""
    state: PageState | None = None
    stored: StoredPage | None = None
    finding_id: int | None = None
    """The person's finding that this settles."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was new of it: how many documents went into the spool, and the pages that are still to be read."""

    new_items: int
    pending: tuple[PendingPage, ...] = ()
