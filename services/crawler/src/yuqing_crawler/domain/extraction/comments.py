"""Reads comments that a page marks up by schema.org: each is a mention of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement

from yuqing_crawler.domain.document import Counts
from yuqing_crawler.domain.extraction.metadata import Metadata, Thing, as_list, as_thing, names_at, text_at, types_of
from yuqing_crawler.domain.extraction.signs import declared_counts
from yuqing_crawler.domain.extraction.tree import select, text_of
from yuqing_crawler.domain.times import PublishedTime, parse_time

_MOST = 500


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment below an article. `reply_to` is the native id of another comment; empty where it answers the article."""

    text: str
    native_id: str = ""
    author: str = ""
    published: PublishedTime | None = None
    counts: Counts = field(default_factory=Counts)
    reply_to: str = ""


def find_comments(root: HtmlElement, metadata: Metadata, now: datetime, zone: ZoneInfo) -> tuple[Comment, ...]:
    """The comments in JSON-LD, else those in microdata; at most 500 a page."""
    found = list(_declared(as_list(metadata.article.get("comment")), now, zone)) or list(_marked(root, now, zone))
    return tuple(found[:_MOST])


def _declared(values: list[object], now: datetime, zone: ZoneInfo) -> Iterator[Comment]:
    waiting: list[tuple[object, str]] = [(value, "") for value in values]
    while waiting:
        value, parent = waiting.pop(0)
        thing: Thing = as_thing(value)
        text = text_at(thing, "text", "description")
        if types_of(thing) & {"comment", "answer"} and text:
            native_id = text_at(thing, "@id", "identifier", "url")
            published = parse_time(text_at(thing, "dateCreated", "datePublished"), now, zone)
            yield Comment(text, native_id, names_at(thing, "author"), published, Counts(**declared_counts(thing)), parent)
            waiting.extend((reply, native_id) for reply in as_list(thing.get("comment")))


def _marked(root: HtmlElement, now: datetime, zone: ZoneInfo) -> Iterator[Comment]:
    for node in select(root, "//*[@itemscope and contains(@itemtype,'schema.org/Comment')]"):
        text = _property(node, "text")
        if text:
            published = parse_time(_property(node, "dateCreated") or _property(node, "datePublished"), now, zone)
            yield Comment(text, node.get("id") or node.get("itemid") or "", _property(node, "author"), published)


def _property(node: HtmlElement, name: str) -> str:
    for found in select(node, f".//*[@itemprop='{name}']"):
        return found.get("content") or found.get("datetime") or text_of(found)
    return ""
