"""Selectors as people write them, CSS or XPath, checked when a source is configured and applied to a page."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Annotated, cast

from lxml import etree
from lxml.html import HtmlElement
from parsel import csstranslator
from pydantic import AfterValidator, Field

from yuqing_crawler.domain.extraction.lines import read_lines
from yuqing_crawler.domain.extraction.tree import squeeze, text_of

_css_to_xpath = cast("Callable[[str], str]", csstranslator.css2xpath)  # a cached function, which its types do not survive
_LOOKS_LIKE_XPATH = re.compile(r"^\(*\.?/|^(?:ancestor|following|preceding|self|descendant)\S*::")


@lru_cache(maxsize=1024)
def to_xpath(selector: str) -> str:
    """The XPath of a selector, relative to the element it is applied to. `::text` and `::attr(name)` are understood.

    Raises ValueError with a reason for people where it is neither CSS nor XPath.
    """
    selector = selector.strip()
    is_xpath = _LOOKS_LIKE_XPATH.match(selector) is not None
    try:
        xpath = selector if is_xpath else _css_to_xpath(selector)
        etree.XPath(xpath)
    except (etree.XPathError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        raise ValueError(f"not a {'XPath' if is_xpath else 'CSS'} selector: {error}") from error
    return re.sub(r"^(\(*)//", r"\1.//", xpath)


def _checked(selector: str) -> str:
    to_xpath(selector)
    return selector


Selector = Annotated[str, AfterValidator(_checked), Field(min_length=1, max_length=500, description="CSS, with ::text and ::attr(name), or XPath")]
"""A CSS or XPath selector."""


def elements(node: HtmlElement, selector: str) -> list[HtmlElement]:
    """The elements below a node that a selector finds."""
    return [found for found in _found(node, selector) if isinstance(found, HtmlElement)]


def values(node: HtmlElement, selector: str) -> list[str]:
    """What a selector finds, as texts on one line each, without the empty ones."""
    texts = (text_of(found) if isinstance(found, HtmlElement) else squeeze(str(found)) for found in _found(node, selector))
    return [text for text in texts if text]


def value(node: HtmlElement, selector: str | None) -> str:
    """The first text that a selector finds; empty without selector."""
    return next(iter(values(node, selector)), "") if selector else ""


def paragraphs(node: HtmlElement, selector: str | None) -> str:
    """The text of all that a selector finds, one paragraph a line; without selector, of the node itself."""
    found = _found(node, selector) if selector else [node]
    lines: list[str] = []
    for each in found:
        if isinstance(each, HtmlElement):
            lines += [line.text for line in read_lines(each).lines]
        else:
            lines.append(squeeze(str(each)))
    return "\n".join(line for line in lines if line)


def _found(node: HtmlElement, selector: str) -> list[object]:
    try:
        found = cast("object", node.xpath(to_xpath(selector)))
    except (etree.XPathError, ValueError):  # an expression that is valid and cannot be evaluated here
        return []
    return list(cast("Iterable[object]", found)) if isinstance(found, list) else [found]
