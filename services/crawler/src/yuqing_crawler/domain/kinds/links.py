"""Chooses the links of a list page that lead to articles, by the form of their addresses and texts."""

import re
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from yuqing_crawler.domain.address import absolute, canonical_address, is_page, same_site, without_fragment
from yuqing_crawler.domain.extraction.tree import select, squeeze, text_of

_DATE = re.compile(r"(?:19|20)\d\d[-/_]?(?:0?[1-9]|1[0-2])(?:[-/_]?(?:0[1-9]|[12]\d|3[01]))?")
_NUMBER = re.compile(r"\d+")
_OPAQUE = re.compile(r"^(?=.*\d)[0-9A-Za-z_-]{8,}$")
_ARTICLE_WORDS = re.compile(
    r"(?:^|[/_-])(?:article|articles|news|content|detail|story|post|a|p|doc|info|view|archives|thread|show)(?:[/_.-]|$)|[?&](?:id|aid|tid|newsid)=\d",
    re.IGNORECASE,
)
_OTHER_WORDS = re.compile(
    r"(?:^|[/_.-])(?:login|register|signup|about|contact|tag|tags|category|author|user|space|member|search|help|privacy|terms|app|download|rss|feed|jobs?"
    r"|sitemap|subscribe|special|zhuanti|index|list|page|channel|video|photo|live)(?:[/_.-]|$)",
    re.IGNORECASE,
)
_ASIDES = frozenset({"nav", "footer", "header"})
_SHORTEST_TITLE = 6
_GOOD = 4.0
_MOST = 300


@dataclass(frozen=True, slots=True)
class Link:
    """A link with the longest text by which its page names it. `shape` is its address with what varies from article to article left out."""

    url: str
    text: str
    shape: str
    score: float


def article_links(root: HtmlElement, address: str, *, one_site: bool = True) -> list[Link]:
    """The links that look like articles, in the page's order: groups of one shape whose addresses and texts speak for articles."""
    groups: dict[str, list[Link]] = defaultdict(list)
    order: dict[str, int] = {}
    for link in page_links(root, address):
        if not one_site or same_site(link.url, address):
            groups[link.shape].append(link)
            order.setdefault(link.url, len(order))
    chosen = [link for group in groups.values() if _is_articles(group) for link in group if len(link.text) >= _SHORTEST_TITLE]
    return sorted(chosen, key=lambda link: order[link.url])[:_MOST]


def _is_articles(group: list[Link]) -> bool:
    average = sum(link.score for link in group) / len(group)
    return average >= (_GOOD if len(group) > 1 else _GOOD + 1)


def page_links(root: HtmlElement, address: str) -> list[Link]:
    """Every page that a page links to, once, with its longest text."""
    texts: dict[str, tuple[str, HtmlElement]] = {}
    own = without_fragment(canonical_address(address))
    for node in select(root, "//a[@href]"):
        url = canonical_address(absolute(address, node.get("href") or ""))
        if url and url != own and is_page(url):
            text = squeeze(node.get("title") or "") or text_of(node)
            if url not in texts or len(text) > len(texts[url][0]):
                texts[url] = (text, node)
    return [Link(url, text, shape_of(url), _score(url, text, node)) for url, (text, node) in texts.items()]


def shape_of(url: str) -> str:
    """An address with numbers, dates, ids and slugs left open: https://x.test/a/2024/123.html → x.test/a/#/#.html."""
    parts = urlsplit(url)
    segments = [_segment(segment) for segment in parts.path.split("/")]
    query = "&".join(sorted(pair.partition("=")[0] for pair in parts.query.split("&") if pair))
    return f"{parts.hostname or ''}{'/'.join(segments)}{'?' + query if query else ''}"


def _segment(segment: str) -> str:
    stem, dot, suffix = segment.rpartition(".") if "." in segment else (segment, "", "")
    if _OPAQUE.match(stem) or stem.count("-") >= 3:
        stem = "#"
    return _NUMBER.sub("#", stem) + dot + suffix


def _score(url: str, text: str, node: HtmlElement) -> float:
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}"
    score = 0.0
    score += 3 if _DATE.search(path) else 0
    score += 2 if re.search(r"\d{4,}", path) or _OPAQUE.match(parts.path.rsplit("/", 1)[-1]) or path.count("-") >= 3 else 0
    score += 1 if re.search(r"\d", path) else 0
    score += 1 if re.search(r"\.s?html?$", parts.path) else 0
    score += 1 if _ARTICLE_WORDS.search(path) else 0
    score += 2 if len(text) >= 10 else 1 if len(text) >= _SHORTEST_TITLE else -2
    score -= 3 if _OTHER_WORDS.search(path) else 0
    score -= 2 if parts.path in ("", "/") or (parts.path.endswith("/") and not re.search(r"\d", path)) else 0
    score -= 2 if any(ancestor.tag in _ASIDES for ancestor in node.iterancestors()) else 0
    return score
