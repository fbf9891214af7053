"""What was fetched, as its page says it: the document (原文), and why an item of a page did not become one."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

LONGEST_TEXT = 1_000_000
"""Characters of a text that are kept; the contract takes no more."""


class ItemKind(StrEnum):
    """What kind of thing it is on its page (内容形态)."""

    ARTICLE = "article"
    POST = "post"
    COMMENT = "comment"
    REVIEW = "review"


class Precision(StrEnum):
    """How exact a time is: a date without hour is a day, never a guessed hour."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


class DropReason(StrEnum):
    """Why an item of a page did not become a document; the contract's constants."""

    NO_TEXT = "NO_TEXT"
    TOO_SHORT = "TOO_SHORT"
    DUPLICATE_IN_PAGE = "DUPLICATE_IN_PAGE"
    NO_ADDRESS = "NO_ADDRESS"
    OTHER_SITE = "OTHER_SITE"
    NOT_AN_ARTICLE = "NOT_AN_ARTICLE"
    NEEDS_SCRIPTS = "NEEDS_SCRIPTS"
    NEEDS_LOGIN = "NEEDS_LOGIN"
    UNREADABLE = "UNREADABLE"
    UNREADABLE_TIME = "UNREADABLE_TIME"
    NOTHING_SELECTED = "NOTHING_SELECTED"
    PAGE_LIMIT = "PAGE_LIMIT"


@dataclass(frozen=True, slots=True)
class Dropped:
    """An item that a page holds and that is not taken, with the reason (舍弃项)."""

    reason: DropReason
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote it. `followers` is None where the page does not say."""

    display_name: str = ""
    native_id: str = ""
    followers: int | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the document by its absolute address; `sha256` is set only when its bytes were fetched."""

    url: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Interaction counts; None is not known, which is not zero. `useful` counts readers who found a review useful."""

    likes: int | None = None
    comments: int | None = None
    reposts: int | None = None
    views: int | None = None
    useful: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The fetched fields of a mention. `reply_to` and `repost_of` are native ids or addresses on the same site."""

    site: str
    url: str
    text: str
    native_id: str = ""
    canonical_url: str = ""
    item_kind: ItemKind = ItemKind.ARTICLE
    medium: str = ""
    title: str = ""
    author: Author = field(default_factory=Author)
    outlet: str = ""
    published_at: datetime | None = None
    """Aware, in UTC. With precision `day` it is the start of that day in the source's zone."""
    published_precision: Precision | None = None
    language: str = ""
    region: str = ""
    """IP属地, as shown."""
    images: tuple[Image, ...] = ()
    counts: Counts = field(default_factory=Counts)
    rating: float | None = None
    """Stars, 1 to 5."""
    product: str = ""
    reply_to: str = ""
    repost_of: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    """What the source gives beyond these fields and somebody asked to keep, as pairs of name and value."""
