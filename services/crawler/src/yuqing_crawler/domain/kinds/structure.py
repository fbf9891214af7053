"""Finds what repeats on a page (posts, reviews, rows of a list) and where the fields stand in it, as selectors that a person can read."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement

from yuqing_crawler.domain.extraction.lines import is_hidden
from yuqing_crawler.domain.extraction.tree import select, text_of
from yuqing_crawler.domain.kinds.items import ItemSelectors
from yuqing_crawler.domain.kinds.selection import elements
from yuqing_crawler.domain.times import parse_time

_LIST_TAGS = frozenset({"div", "li", "tr", "tbody", "article", "section", "dl", "table", "p", "dd"})
_PASSING_CLASS = re.compile(r"^(?:odd|even|first|last|active|current|clearfix|cf|row|col.*|item-?\d+|\w*\d{2,}\w*|js-.*|is-.*|has-.*)$")
_SAFE_NAME = re.compile(r"^[A-Za-z][\w-]*$")
_MOST_ITEMS = 60
_AGREEING = 0.6
"""The share of items in which a field must be found to be the field of all."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Elements that are built alike below one parent, with the selector that finds them."""

    selector: str
    elements: tuple[HtmlElement, ...]


def repeated_elements(root: HtmlElement, fewest: int = 3) -> list[Repeated]:
    """Every group of at least so many siblings of one tag and class, or of ids that differ only in a number."""
    found: list[Repeated] = []
    for parent in root.iter():
        if isinstance(parent, HtmlElement) and len(parent) >= fewest:
            groups: dict[str, list[HtmlElement]] = defaultdict(list)
            for child in parent:
                if isinstance(child, HtmlElement) and child.tag in _LIST_TAGS and not is_hidden(child):
                    groups[signature(child)].append(child)
            alike = ((own, nodes) for own, nodes in groups.items() if len(nodes) >= fewest)
            found.extend(Repeated(f"{_anchor(parent)} > {own}", tuple(nodes[:_MOST_ITEMS])) for own, nodes in alike)
    return found


def signature(node: HtmlElement) -> str:
    """An element's tag with its lasting class, or with the part of its id that does not count up, as a CSS selector."""
    names = [name for name in (node.get("class") or "").split() if _SAFE_NAME.match(name) and not _PASSING_CLASS.match(name)]
    if names:
        return f"{node.tag}.{names[0]}"
    prefix = re.match(r"([A-Za-z][A-Za-z_-]+[_-])\d+$", node.get("id") or "")
    return f'{node.tag}[id^="{prefix[1]}"]' if prefix else str(node.tag)


def _anchor(node: HtmlElement) -> str:
    identity = node.get("id") or ""
    return f"#{identity}" if _SAFE_NAME.match(identity) and not re.search(r"\d{2,}", identity) else signature(node)


def guess_items(root: HtmlElement, now: datetime, zone: ZoneInfo, *, rated: bool = False) -> ItemSelectors | None:
    """Where the posts of a thread stand, or with `rated` the reviews of a product; None where nothing repeats that reads like them."""
    best: tuple[float, Repeated] | None = None
    for group in repeated_elements(root, 2):
        score = _likeness(group.elements, now, zone, rated=rated)
        if score > 0 and (best is None or score > best[0]):
            best = (score, group)
    return _selectors(best[1], now, zone) if best is not None else None


def _likeness(nodes: Sequence[HtmlElement], now: datetime, zone: ZoneInfo, *, rated: bool) -> float:
    """How much a group reads like posts: text of its own, a time and an author in most. Menus and rows of links score 0."""
    texts = [text_of(node) for node in nodes]
    link_chars = [sum(len(text_of(link)) for link in select(node, ".//a")) for node in nodes]
    own = [len(text) - links for text, links in zip(texts, link_chars, strict=True)]
    if sum(own) < 12 * len(nodes) or sum(own) < sum(link_chars):
        return 0
    timed = sum(_time_of(node, now, zone) is not None for node in nodes) / len(nodes)
    authored = sum(bool(_named(node, _AUTHOR_NAMES)) for node in nodes) / len(nodes)
    if timed + authored < _AGREEING or (rated and sum(bool(_named(node, _RATING_NAMES)) for node in nodes) < _AGREEING * len(nodes)):
        return 0
    distinct = len(set(texts)) / len(texts)
    return sum(min(length, 300) for length in own) * (0.5 + timed + authored) * distinct


_AUTHOR_NAMES = re.compile(r"author|user-?_?name|nick|poster|^user$|u-?name|member|reviewer|(?:^|-)name$", re.IGNORECASE)
_TIME_NAMES = re.compile(r"time|date|posted|publish", re.IGNORECASE)
_TEXT_NAMES = re.compile(r"content|text|message|body|detail|t_f|words|desc", re.IGNORECASE)
_RATING_NAMES = re.compile(r"star|rating|score", re.IGNORECASE)
_FLOOR_NAMES = re.compile(r"floor|lou|(?:^|-)no$|postnum|index", re.IGNORECASE)
_QUOTE_NAMES = re.compile(r"quote|reply-?to|blockquote", re.IGNORECASE)
_LIKE_NAMES = re.compile(r"like|zan|agree|vote|^up$|digg", re.IGNORECASE)
_USEFUL_NAMES = re.compile(r"useful|helpful", re.IGNORECASE)
_PRODUCT_NAMES = re.compile(r"product|sku|goods", re.IGNORECASE)
_TITLE_NAMES = re.compile(r"title|summary|subject|headline", re.IGNORECASE)


def _named(node: HtmlElement, names: re.Pattern[str]) -> list[HtmlElement]:
    """The descendants that a class, an itemprop or a data attribute names so."""
    descendants = (each for each in node.iterdescendants() if isinstance(each, HtmlElement))
    return [each for each in descendants if any(names.search(name) for name in _names(each))]


def _names(node: HtmlElement) -> list[str]:
    return [*(node.get("class") or "").split(), *([node.get("itemprop") or ""] if node.get("itemprop") else [])]


def _time_of(node: HtmlElement, now: datetime, zone: ZoneInfo) -> HtmlElement | None:
    """The smallest element of an item that is nothing but a time."""
    for each in node.iterdescendants():
        if not isinstance(each, HtmlElement) or len(each):
            continue
        text = text_of(each)
        if (4 <= len(text) <= 40 and parse_time(text, now, zone) is not None) or (each.tag == "time" and each.get("datetime")):
            return each
    return next((each for each in _named(node, _TIME_NAMES) if parse_time(text_of(each)[:60], now, zone) is not None), None)


def _selectors(group: Repeated, now: datetime, zone: ZoneInfo) -> ItemSelectors:
    nodes = group.elements
    text = common_selector(nodes, lambda node: _longest(_named(node, _TEXT_NAMES)))
    return ItemSelectors(
        item=group.selector,
        text=text or common_selector(nodes, lambda node: _longest(select(node, ".//p | .//div"))),
        title=common_selector(nodes, lambda node: _short(node, _TITLE_NAMES)),
        author=common_selector(nodes, lambda node: _short(node, _AUTHOR_NAMES)),
        published=common_selector(nodes, lambda node: _time_of(node, now, zone)),
        floor=common_selector(nodes, lambda node: _short(node, _FLOOR_NAMES)),
        quote=common_selector(nodes, lambda node: next(iter(_named(node, _QUOTE_NAMES)), None), share=0),
        likes=common_selector(nodes, lambda node: _short(node, _LIKE_NAMES)),
        useful=common_selector(nodes, lambda node: _short(node, _USEFUL_NAMES)),
        rating=common_selector(nodes, lambda node: next(iter(_named(node, _RATING_NAMES)), None)),
        product=common_selector(nodes, lambda node: _short(node, _PRODUCT_NAMES)),
    )  # pyright: ignore[reportCallIssue] -- fields with defaults


def _longest(nodes: Sequence[HtmlElement]) -> HtmlElement | None:
    return max(nodes, key=lambda node: len(text_of(node)), default=None)


def _short(node: HtmlElement, names: re.Pattern[str]) -> HtmlElement | None:
    return next((each for each in _named(node, names) if 0 < len(text_of(each)) <= 40), None)


def common_selector(nodes: Sequence[HtmlElement], find: Callable[[HtmlElement], HtmlElement | None], *, share: float = _AGREEING) -> str | None:
    """The selector, below each of the nodes, of what is found in most of them; None where none finds just that first."""
    found = [(node, each) for node in nodes if (each := find(node)) is not None]
    for name in (_field_signature, _placed_signature):
        counted = Counter(name(each) for _, each in found)
        for best, times in counted.most_common(1):
            right = sum(next(iter(elements(node, best)), None) is each for node, each in found)
            if times >= share * len(nodes) and right >= share * len(found):
                return best
    return None


def _placed_signature(node: HtmlElement) -> str:
    """A signature with the place among its siblings of one tag, for cells that have no class."""
    place = 1 + sum(1 for _ in node.itersiblings(str(node.tag), preceding=True))
    return f"{_field_signature(node)}:nth-of-type({place})"


def _field_signature(node: HtmlElement) -> str:
    if node.get("itemprop"):
        return f'{node.tag}[itemprop="{node.get("itemprop")}"]'
    return signature(node)
