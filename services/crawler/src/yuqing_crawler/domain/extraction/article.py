"""From the text of a page to the article on it, by its structure and by what it declares; whatever the page is, an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement

from yuqing_crawler.domain.document import LONGEST_TEXT, Counts, Image
from yuqing_crawler.domain.extraction import signs
from yuqing_crawler.domain.extraction.body import Body, find_body
from yuqing_crawler.domain.extraction.byline import find_byline
from yuqing_crawler.domain.extraction.comments import Comment, find_comments
from yuqing_crawler.domain.extraction.headline import find_title
from yuqing_crawler.domain.extraction.lines import Page, read_lines
from yuqing_crawler.domain.extraction.metadata import Metadata, read_metadata, text_at
from yuqing_crawler.domain.extraction.pictures import find_images
from yuqing_crawler.domain.extraction.published import Clues, Moment, find_published
from yuqing_crawler.domain.extraction.scripted import find_scripted
from yuqing_crawler.domain.extraction.tree import parse
from yuqing_crawler.domain.extraction.trimming import trim
from yuqing_crawler.domain.times import SHANGHAI, PublishedTime

_LITTLE_TEXT = 100


class Outcome(StrEnum):
    """How the reading of a page ended."""

    ARTICLE = "article"
    EMPTY = "empty"
    NO_TEXT = "no_text"
    NEEDS_SCRIPTS = "needs_scripts"
    NEEDS_LOGIN = "needs_login"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says. Fields are empty where it does not say; `text` has one paragraph a line."""

    outcome: Outcome
    title: str = ""
    text: str = ""
    author: str = ""
    outlet: str = ""
    editor: str = ""
    published: PublishedTime | None = None
    language: str = ""
    region: str = ""
    canonical_url: str = ""
    images: tuple[Image, ...] = ()
    counts: Counts = field(default_factory=Counts)
    comments: tuple[Comment, ...] = ()


def extract_article(text: str, url: str, now: datetime, *, zone: ZoneInfo = SHANGHAI) -> Article:
    """Reads a page. `url` may be empty; `now` is the time of the fetch, `zone` the source's. Never raises on what a page holds."""
    root = parse(text)
    if root is None:
        return Article(Outcome.EMPTY)
    metadata = read_metadata(root)
    page = read_lines(root)
    body = find_body(page)
    title = find_title(root, metadata, [line.text for line in page.lines[: body.end if body else None]])
    paragraphs = trim(body.lines, title) if body else []
    joined = _enough("\n".join(paragraphs), root, metadata, title)
    lines = _Surroundings.of(page, body, title)
    byline = find_byline(root, metadata, lines.near, after=lines.after)
    clues = Clues(lines.between, lines.before, lines.after, url)
    return Article(
        outcome=_outcome(root, title, joined, [line.text for line in page.lines]),
        title=title,
        text=joined[:LONGEST_TEXT],
        author=byline.author,
        outlet=byline.outlet,
        editor=byline.editor,
        published=find_published(root, metadata, clues, Moment(now, zone)),
        language=signs.find_language(joined[:2000], metadata.language),
        region=signs.find_region([*lines.near, *lines.after]),
        canonical_url=_canonical(metadata, url),
        images=find_images(body.element, url) if body else (),
        counts=signs.find_counts(metadata, [*lines.between, *lines.after]),
        comments=find_comments(root, metadata, now, zone),
    )


def _enough(text: str, root: HtmlElement, metadata: Metadata, title: str) -> str:
    """The text, or where it is hardly any, what the page declares as its article's body or carries in its scripts."""
    if len(text) >= _LITTLE_TEXT:
        return text
    others = (text_at(metadata.article, "articleBody"), "\n".join(trim(find_scripted(root), title)))
    best = max(others, key=len)
    return best if len(best) > 2 * len(text) else text


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """The lines before the title, between it and the body, the first of the body, and those after it."""

    before: Sequence[str]
    between: Sequence[str]
    first: Sequence[str]
    after: Sequence[str]

    @property
    def near(self) -> list[str]:
        return [*self.between, *self.first, *reversed(self.before)]

    @classmethod
    def of(cls, page: Page, body: Body | None, title: str) -> "_Surroundings":
        texts = [line.text for line in page.lines]
        start, end = (body.start, body.end) if body else (len(texts), len(texts))
        inner = texts[start:end]
        heading = _heading(texts, title, start, min(end, start + 8))
        after = [*(line.text for line in (body.lines[-4:] if body else ())), *texts[end : end + 12]]
        if heading is None:
            return cls(texts[max(0, start - 12) : start], [], inner[:3], after)
        between = texts[heading + 1 : start]
        head = texts[max(start, heading + 1) : start + 8]
        return cls(texts[max(0, heading - 6) : heading], [*between[:20], *_labels(head)], inner[:3], after)


def _heading(texts: Sequence[str], title: str, start: int, end: int) -> int | None:
    """Where the title stands: the last place before the body, else the first in its head. Behind it, it names another article."""
    wanted = "".join(title.split())
    found = [index for index, text in enumerate(texts[:end]) if wanted and "".join(text.split()) == wanted]
    before = [index for index in found if index < start]
    return before[-1] if before else next(iter(found), None)


def _labels(lines: Sequence[str]) -> list[str]:
    """Lines of the body's head before its first sentence: some pages keep the byline there."""
    return list(takewhile(lambda line: len(line) <= 60 and not line.endswith(("。", "！", "？", "”")), lines))


def _outcome(root: HtmlElement, title: str, text: str, lines: Sequence[str]) -> Outcome:
    shown = " ".join(lines[:200])
    if signs.says_gone(title, lines):
        return Outcome.GONE
    if signs.needs_scripts(root, shown) and len(text) < _LITTLE_TEXT:
        return Outcome.NEEDS_SCRIPTS
    if signs.needs_login(shown):
        return Outcome.NEEDS_LOGIN
    return Outcome.ARTICLE if text.strip() else Outcome.NO_TEXT


def _canonical(metadata: Metadata, url: str) -> str:
    for value in (metadata.canonical, metadata.first("og:url")):
        try:
            joined = urljoin(url, value) if value else ""
        except ValueError:
            continue
        if joined.startswith(("http://", "https://")):
            return joined
    return ""
