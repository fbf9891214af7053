"""Reads a page as lines: what a reader sees between two line breaks, each with the block it stands in and how much of it is links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree
from lxml.html import HtmlElement

from yuqing_crawler.domain.extraction.tree import squeeze

_SKIPPED = frozenset({
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "canvas", "button", "select", "textarea",
    "input", "head", "audio", "video", "map", "datalist", "dialog",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "nav", "ol", "p", "pre",
    "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_ASIDE_TAGS = frozenset({"nav", "footer", "aside", "menu"})
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_ASIDE_NAMES = re.compile(
    r"comment|reply|discuss|pinglun|related|relate-|recommend|tuijian|xiangguan|side-?bar|^side$|rightcol|footer|^foot$|copyright|bread-?crumb|crumbs?$"
    r"|share|social|^nav|-nav|menu|tool-?bar|login|popup|modal|dialog|hot-?(?:news|list|read)|rank(?:ing)?|(?:^|[-_])ads?(?:$|[-_\d])|advert|sponsor"
    r"|promo|statement|disclaim|qr-?code|erweima|prev-?next|pagination|pager|subscribe|newsletter|read-?more|more-?(?:news|articles)|widget"
    r"|tag-?list|^tags?$|keywords?$|editor-?info|report-?error|feedback",
    re.IGNORECASE,
)
_SENTENCE = re.compile("[，。！？；…,!?;।॥။،؛؟۔]|[.](?:\\s|$)")
_SHORT_LINE_COST = 8
_SHORTEST_SENTENCE = 12
_SENTENCE_WITHOUT_SIGN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page. `chars` counts all but spaces, `link_chars` those inside links."""

    text: str
    chars: int
    link_chars: int
    element: HtmlElement

    @property
    def is_link(self) -> bool:
        """Whether it mostly leads elsewhere."""
        return self.link_chars * 2 > self.chars

    @property
    def value(self) -> int:
        """What the line says for its block being the body: characters of sentences for it, links and labels against it."""
        if self.is_link:
            return -(_SHORT_LINE_COST + self.chars)
        if self.chars >= _SENTENCE_WITHOUT_SIGN or (self.chars >= _SHORTEST_SENTENCE and _SENTENCE.search(self.text)):
            return self.chars - self.link_chars
        return -_SHORT_LINE_COST


@dataclass(slots=True)
class Span:
    """A block and the lines [start, end) in it."""

    element: HtmlElement
    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page's lines in order, its blocks, and the blocks that are hidden or named as something beside the body."""

    lines: list[Line] = field(default_factory=list["Line"])
    spans: list[Span] = field(default_factory=list["Span"])
    asides: list[Span] = field(default_factory=list["Span"])


def read_lines(root: HtmlElement) -> Page:
    """Walks the tree once, without recursion: a page may nest as deep as it likes."""
    page = Page()
    walker = _Walker(page, root)
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if not isinstance(element, HtmlElement):
            continue
        if event == "end":
            walker.leave(element)
        elif element.tag in _SKIPPED:
            walk.skip_subtree()
            walker.skipped = element
        else:
            walker.enter(element)
    walker.flush()
    return page


class _Walker:
    """The state of a walk: the line being gathered, the open blocks, how many links are open."""

    def __init__(self, page: Page, root: HtmlElement) -> None:
        self._page = page
        self._pieces: list[str] = []
        self._link_chars = 0
        self._links = 0
        self._open: list[Span] = [Span(root.getroottree().getroot(), 0, 0, 0)]
        self.skipped: HtmlElement | None = None

    def enter(self, element: HtmlElement) -> None:
        """Opens an element: a block, or one that is hidden, ends the line before it."""
        if element.tag in _BLOCKS or is_hidden(element):
            self.flush()
            self._open.append(Span(element, len(self._page.lines), 0, len(self._open)))
        elif element.tag == "br":
            self.flush()
        elif element.tag == "a":
            self._links += 1
        self._add(element.text)

    def leave(self, element: HtmlElement) -> None:
        """Closes an element and takes the text after it."""
        if element is self.skipped:
            self.skipped = None
        elif element is self._open[-1].element:
            self._close()
        elif element.tag == "a":
            self._links -= 1
        self._add(element.tail)

    def _close(self) -> None:
        self.flush()
        span = self._open.pop()
        span.end = len(self._page.lines)
        if span.end > span.start:
            self._page.spans.append(span)
            if _is_aside(span.element):
                self._page.asides.append(span)

    def _add(self, text: str | None) -> None:
        if text:
            self._pieces.append(text)
            if self._links:
                self._link_chars += len("".join(text.split()))

    def flush(self) -> None:
        """Ends the line that is being gathered."""
        if not self._pieces:
            return
        text = squeeze("".join(self._pieces))
        if text:
            line = Line(text, len(text.replace(" ", "")), self._link_chars, self._open[-1].element)
            self._page.lines.append(line)
        self._pieces.clear()
        self._link_chars = 0


def _is_aside(element: HtmlElement) -> bool:
    if element.tag in _ASIDE_TAGS or is_hidden(element):
        return True
    return any(_ASIDE_NAMES.search(name) for name in names_of(element))


def is_hidden(element: HtmlElement) -> bool:
    """Whether the page itself says that the element is not shown."""
    style = element.get("style")
    return element.get("hidden") is not None or bool(style and _HIDDEN_STYLE.search(style))


def names_of(element: HtmlElement) -> Iterator[str]:
    """Its classes and its id."""
    yield from (element.get("class") or "").split()
    identity = element.get("id")
    if identity:
        yield identity
