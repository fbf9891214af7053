"""Finds the next page of a list or a thread."""

import re

from lxml.html import HtmlElement

from yuqing_crawler.domain.address import absolute, same_site, without_fragment
from yuqing_crawler.domain.extraction.tree import select, text_of
from yuqing_crawler.domain.kinds.selection import elements, value

_NEXT_WORDS = re.compile(r"^\W*(?:下一页|下页|后一页|下一頁|下頁|next(?:\s+page)?)\W*$|^[>›»]$", re.IGNORECASE)


def next_page(root: HtmlElement, address: str, selector: str | None = None) -> str:
    """The address of the next page, by the selector or by what pages call it; empty on the last page."""
    reference = _selected(root, selector) if selector else _found(root)
    url = absolute(address, reference) if reference else ""
    return url if url and same_site(url, address) and without_fragment(url) != without_fragment(address) else ""


def _selected(root: HtmlElement, selector: str) -> str:
    """A selector may find the link itself or already its address."""
    for node in elements(root, selector):
        link = node if node.get("href") else next(iter(select(node, ".//a[@href]")), None)
        return (link.get("href") or "") if link is not None else ""
    return value(root, selector)


def _found(root: HtmlElement) -> str:
    for node in select(root, "//link[@rel='next'][@href] | //a[@rel='next'][@href]"):
        return node.get("href") or ""
    for node in select(root, "//a[@href]"):
        if len(node) < 4 and _NEXT_WORDS.match(text_of(node) or node.get("title") or ""):
            return node.get("href") or ""
    return ""
