"""Finds when the article was published, from the most to the least reliable place that says it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement

from yuqing_crawler.domain.document import Precision
from yuqing_crawler.domain.extraction.metadata import Metadata, text_at
from yuqing_crawler.domain.extraction.tree import select, text_of
from yuqing_crawler.domain.times import SHANGHAI, PublishedTime, parse_time

_META_NAMES = (
    "article:published_time", "og:published_time", "datepublished", "pubdate", "publishdate", "publish_date", "publish-date", "publish_time",
    "bytedance:published_time", "parsely-pub-date", "sailthru.date", "weibo:article:create_at", "weibo: article:create_at", "og:release_date",
    "article:create_at", "dc.date", "dc.date.issued", "dcterms.created", "date", "og:pubdate", "release_date", "firstcreatedtime",
)  # fmt: skip
_MARKED = (
    "//*[@itemprop='datePublished' or (self::time and (@pubdate or @datetime))"
    " or @id='pubtime_baidu' or @id='pubtime' or @id='publish_time' or @id='post-date']"
)
_NAMED = "//*[contains(@class,'time') or contains(@class,'date') or contains(@id,'time') or contains(@id,'date') or contains(@class,'pub')]"
_SCRIPTED = re.compile(
    r"""["']?(?:publish_?time|publish_?date|pub_?time|pub_?date|ptime|created?_?(?:at|time)|createtime|post_?date|date_?published|\bct)["']?\s*[:=]\s*["']?"""
    r"""((?:19|20)\d\d[-/]\d{1,2}[-/]\d{1,2}(?:[T\s]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?|1[0-9]{9}(?:\d{3})?)\b""",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?!\d)")
_LONGEST_LABEL = 60
_MOST_SCRIPT_CHARACTERS = 300_000


@dataclass(frozen=True, slots=True)
class Clues:
    """Where to look: the lines after the title, those before it, those behind the body, and the page's address."""

    after_title: Sequence[str]
    before_title: Sequence[str]
    after_body: Sequence[str]
    address: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where the page was fetched: what relative times are counted from, in which zone plain ones are."""

    now: datetime
    zone: ZoneInfo = SHANGHAI


def find_published(root: HtmlElement, metadata: Metadata, clues: Clues, moment: Moment) -> PublishedTime | None:
    """The declared time; else what stands by the title; else marked-up, scripted or the address's. A coarse time is refined by a finer one of
    the same day."""
    found: PublishedTime | None = None
    for text in _statements(root, metadata, clues):
        parsed = parse_time(text, moment.now, moment.zone)
        if parsed is None:
            continue
        if found is None or (parsed.precision is not Precision.DAY and timedelta(0) <= parsed.at - found.at < timedelta(days=1)):
            found = parsed
        if found.precision is not Precision.DAY:
            return found
    return found


def _statements(root: HtmlElement, metadata: Metadata, clues: Clues) -> Iterator[str]:
    """Texts that may give the time, the most reliable first."""
    yield text_at(metadata.article, "datePublished", "uploadDate", "dateCreated")
    yield from (metadata.fields[name] for name in _META_NAMES if name in metadata.fields)
    yield from (line for line in clues.after_title if len(line) <= 2 * _LONGEST_LABEL)
    for node in select(root, _MARKED):
        yield node.get("content") or node.get("datetime") or text_of(node)
    yield from (line for line in reversed(clues.before_title) if len(line) <= _LONGEST_LABEL and "今天是" not in line)
    yield from _named_nodes(root)
    yield from (line for line in clues.after_body if len(line) <= _LONGEST_LABEL and re.search(r"\d{4}", line))
    yield from _scripted(root)
    match = _IN_ADDRESS.search(clues.address)
    yield "-".join(match.groups()) if match else ""


def _named_nodes(root: HtmlElement) -> Iterator[str]:
    for node in select(root, _NAMED)[:40]:
        if len(node) < 6:
            text = text_of(node)
            if len(text) <= _LONGEST_LABEL and "今天是" not in text and re.search(r"\d", text):
                yield text


def _scripted(root: HtmlElement) -> Iterator[str]:
    for script in root.iter("script"):
        match = _SCRIPTED.search((script.text or "")[:_MOST_SCRIPT_CHARACTERS])
        if match:
            yield match[1]
