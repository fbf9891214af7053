"""Parses any text into a tree that can be walked safely: broken, empty, endless or nested without end."""

import re
from collections.abc import Iterable
from typing import cast

from lxml import etree, html
from lxml.html import HtmlElement

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
# What neither XML nor a text holds. A lone surrogate comes from a broken escape and fails later, at the first encoding.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LARGEST_CHARACTERS = 5_000_000
"""What lies beyond is not read."""


def parse(text: str) -> HtmlElement | None:
    """The tree of a page, or None where nothing in it is a page."""
    cleaned = _DECLARATION.sub("", _FORBIDDEN.sub(" ", text[:LARGEST_CHARACTERS]), count=1)
    if not cleaned.strip():
        return None
    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(cleaned, parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    return root if isinstance(root, HtmlElement) else None


def select(node: HtmlElement, xpath: str) -> list[HtmlElement]:
    """The elements that an expression of ours finds."""
    return [found for found in cast("Iterable[object]", node.xpath(xpath)) if isinstance(found, HtmlElement)]


def marked(root: HtmlElement, names: frozenset[str]) -> list[HtmlElement]:
    """The elements whose rel, itemprop, id or whole class is one of these names. (A walk is faster than XPath's test of every attribute.)"""
    return [
        node
        for node in root.iter()
        if isinstance(node, HtmlElement)
        and (node.get("class") in names or node.get("id") in names or node.get("itemprop") in names or node.get("rel") in names)
    ]


def text_of(node: HtmlElement) -> str:
    """All the text below a node on one line."""
    return squeeze(" ".join(str(piece) for piece in node.itertext() if piece))


def squeeze(text: str) -> str:
    """Runs of white space, also ideographic and invisible ones, as one space."""
    return " ".join(_INVISIBLE.sub("", text).split())


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
