"""Reads the repeated items of a page, posts or reviews, by selectors that are given or were guessed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement
from pydantic import Field

from yuqing_crawler.domain.document import Counts, Image
from yuqing_crawler.domain.extraction.pictures import find_images
from yuqing_crawler.domain.extraction.signs import find_region, parse_count
from yuqing_crawler.domain.extraction.tree import select, text_of
from yuqing_crawler.domain.kinds.kind import Parameters
from yuqing_crawler.domain.kinds.selection import Selector, elements, paragraphs, value
from yuqing_crawler.domain.times import PublishedTime, parse_time

_ID_ATTRIBUTES = ("data-id", "data-pid", "data-post-id", "data-comment-id", "data-review-id", "data-cid", "data-mid", "data-rid", "id")
_FLOOR = re.compile(r"^\W*(?:第\s?)?(\d{1,6})\s?(?:楼|樓|#|F)?\W*$|^\W*#\s?(\d{1,6})\W*$", re.IGNORECASE)
_NAMED_FLOORS = {"楼主": 1, "沙发": 2, "板凳": 3, "地板": 4}
_QUOTED_FLOOR = re.compile(r"(?:回复|引用|@)\s?(?:第\s?)?(\d{1,6})\s?(?:楼|樓|#|F)")
_STARS = re.compile(r"(\d(?:\.\d)?)\s?(?:/\s?5|分|星|颗星|out of 5|stars?)?")
_STAR_CLASS = re.compile(r"(?:star|rating|score|allstar)[-_]?s?[-_]?(\d{1,2})\b", re.IGNORECASE)
_WIDTH = re.compile(r"width\s*:\s*(\d{1,3}(?:\.\d+)?)%")


class ItemSelectors(Parameters):
    """Where the fields of an item stand, below the item's own element. What is not given is found by the usual names."""

    item: Selector = Field(description="One element for each item")
    text: Selector | None = Field(None, description="The item's text; all of the item where not given")
    title: Selector | None = None
    author: Selector | None = None
    author_id: Selector | None = None
    published: Selector | None = None
    native_id: Selector | None = Field(None, description="The site's own id; else the element's id or data-id")
    floor: Selector | None = Field(None, description="The floor (楼层) of a post")
    quote: Selector | None = Field(None, description="What the item quotes or answers; taken out of its text")
    likes: Selector | None = None
    comments: Selector | None = None
    useful: Selector | None = Field(None, description="How many readers found a review useful")
    rating: Selector | None = Field(None, description="An element or attribute with stars: a number, a class such as star-4, or a width in per cent")
    product: Selector | None = None
    link: Selector | None = Field(None, description="A link to the item alone")


@dataclass(frozen=True, slots=True)
class Item:
    """A post or review as its page shows it."""

    text: str
    native_id: str = ""
    title: str = ""
    author: str = ""
    author_id: str = ""
    published: PublishedTime | None = None
    floor: int | None = None
    quoted_floor: int | None = None
    quoted_id: str = ""
    region: str = ""
    rating: float | None = None
    product: str = ""
    counts: Counts = field(default_factory=Counts)
    images: tuple[Image, ...] = ()
    link: str = ""


def read_items(root: HtmlElement, selectors: ItemSelectors, *, address: str, now: datetime, zone: ZoneInfo) -> list[Item]:
    """The items of a page in its order, also those without text."""
    return [_item(node, selectors, address, (now, zone)) for node in elements(root, selectors.item)]


def _item(node: HtmlElement, selectors: ItemSelectors, address: str, moment: tuple[datetime, ZoneInfo]) -> Item:
    quotes = elements(node, selectors.quote) if selectors.quote else select(node, ".//blockquote | .//*[contains(@class,'quote')]")
    quote = " ".join(text_of(quoted) for quoted in quotes)
    quoted_id = next((found for quoted in quotes for found in [_anchor(quoted)] if found), "")
    text = _without(paragraphs(node, selectors.text), quotes)
    shown = value(node, selectors.published)
    published = _selected_time(node, selectors.published, moment) if selectors.published else None
    counts = {name: parse_count(value(node, selector)) for name, selector in _count_selectors(selectors).items()}
    quoted_floor = _QUOTED_FLOOR.search(f"{quote} {text[:40]}")
    return Item(
        text=text,
        native_id=value(node, selectors.native_id) or _identity(node),
        title=value(node, selectors.title),
        author=value(node, selectors.author),
        author_id=value(node, selectors.author_id) or _author_id(node, selectors.author),
        published=published or _shown_time(node, moment),
        floor=_floor(value(node, selectors.floor)),
        quoted_floor=int(quoted_floor[1]) if quoted_floor else None,
        quoted_id=quoted_id,
        region=find_region([line for line in text_of(node).split() if "IP" in line] or [shown]),
        rating=_rating(node, selectors.rating),
        product=value(node, selectors.product),
        counts=Counts(**counts),
        images=tuple(image for body in (elements(node, selectors.text) if selectors.text else [node]) for image in find_images(body, address)),
        link=value(node, selectors.link),
    )


def _count_selectors(selectors: ItemSelectors) -> Mapping[str, Selector]:
    given = {"likes": selectors.likes, "comments": selectors.comments, "useful": selectors.useful}
    return {name: selector for name, selector in given.items() if selector}


def _without(text: str, quotes: list[HtmlElement]) -> str:
    quoted = {line for quote in quotes for line in paragraphs(quote, None).split("\n")}
    return "\n".join(line for line in text.split("\n") if line and line not in quoted)


def _identity(node: HtmlElement) -> str:
    """The id that the markup gives the item: 8841 of id="post_8841"."""
    for name in _ID_ATTRIBUTES:
        given = (node.get(name) or "").strip()
        if given:
            digits = re.search(r"\d{2,}$", given)
            return digits[0] if name == "id" and digits else given
    anchor = next((link.get("name") or link.get("id") or "" for link in select(node, ".//a[@name or @id]")), "")
    digits = re.search(r"\d{2,}$", anchor)
    return digits[0] if digits else ""


def _anchor(quote: HtmlElement) -> str:
    for holder in [quote, *select(quote, ".//a[@href]")]:
        for name in ("data-id", "data-pid", "data-reply-to", "href", "cite"):
            digits = re.search(r"(?:^|#\D*|[?&]pid=|/)(\d{2,})$", holder.get(name) or "")
            if digits:
                return digits[1]
    return ""


def _author_id(node: HtmlElement, selector: str | None) -> str:
    for found in elements(node, selector) if selector else []:
        link = found if found.get("href") else next(iter(select(found, ".//a[@href]")), None)
        given = found.get("data-uid") or found.get("data-user-id") or ""
        tail = re.search(r"(?:uid[=-]|/)([\w-]+?)(?:\.html?)?/?$", _path_of(link.get("href") or "")) if link is not None else None
        return given or (tail[1] if tail else "")
    return ""


def _path_of(reference: str) -> str:
    """Path and query of a reference, without host and fragment."""
    try:
        parts = urlsplit(reference)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _selected_time(node: HtmlElement, selector: str, moment: tuple[datetime, ZoneInfo]) -> PublishedTime | None:
    """A time by its selector. What is written for machines or shown on hovering is more exact than '3分钟前'."""
    holders = elements(node, selector)
    exact = [text for holder in holders for text in (holder.get("datetime"), holder.get("title")) if text]
    parsed = (parse_time(text, *moment) for text in [*exact, value(node, selector)])
    return next((found for found in parsed if found is not None), None)


def _shown_time(node: HtmlElement, moment: tuple[datetime, ZoneInfo]) -> PublishedTime | None:
    """The first element of an item that is nothing but a time."""
    for each in select(node, ".//time | .//*[contains(@class,'time') or contains(@class,'date')]"):
        found = parse_time(each.get("datetime") or text_of(each)[:60], *moment)
        if found is not None:
            return found
    return None


def _floor(text: str) -> int | None:
    named = next((floor for name, floor in _NAMED_FLOORS.items() if name in text), None)
    match = _FLOOR.match(text)
    return int(match[1] or match[2]) if match else named


def _rating(node: HtmlElement, selector: str | None) -> float | None:
    """Stars from 1 to 5, however they are drawn: a number, a class, a width, or full stars."""
    if not selector:
        return None
    for found in elements(node, selector):
        for attribute in ("content", "data-score", "data-rating", "data-star", "title", "aria-label"):
            stars = _stars(found.get(attribute) or "")
            if stars is not None:
                return stars
        for each in [found, *select(found, ".//*")]:
            match = _STAR_CLASS.search(each.get("class") or "")
            if match:
                number = float(match[1])
                return _within(number / 10 if number > 5 else number)
            width = _WIDTH.search(each.get("style") or "")
            if width:
                return _within(float(width[1]) / 20)
        text = text_of(found)
        return _within(float(text.count("★"))) if "★" in text else _stars(text)
    return _stars(value(node, selector))


def _stars(text: str) -> float | None:
    match = _STARS.search(text)
    return _within(float(match[1])) if match else None


def _within(stars: float) -> float | None:
    return stars if 0 < stars <= 5 else None
