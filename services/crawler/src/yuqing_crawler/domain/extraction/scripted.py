"""Reads the body that a page carries inside its scripts, as data for them to show: many sites send it so, and no script needs to run."""

import html
import json
import re
from collections.abc import Iterator
from typing import cast

from lxml.html import HtmlElement

from yuqing_crawler.domain.extraction.lines import Line, read_lines
from yuqing_crawler.domain.extraction.tree import parse

_MOST_CHARACTERS = 2_000_000
_FEWEST_CHARS = 60
_STRING = re.compile(
    r"""["']?(?:content|contents|article_?content|article_?body|body|text|html|detail|data|desc|description)["']?\s*:\s*"""
    r"""("(?:[^"\\\n]|\\.){60,}"|'(?:[^'\\\n]|\\.){60,}')""",
    re.IGNORECASE,
)


def find_scripted(root: HtmlElement) -> list[Line]:
    """The lines of the string in a script that reads most like an article; none where no string does."""
    best: list[Line] = []
    for text in _strings(root):
        node = parse(text)
        lines = read_lines(node).lines if node is not None else []
        if _worth(lines) > max(_worth(best), _FEWEST_CHARS):
            best = lines
    return best


def _worth(lines: list[Line]) -> int:
    return sum(line.value for line in lines)


def _strings(root: HtmlElement) -> Iterator[str]:
    for script in root.iter("script"):
        for match in _STRING.finditer((script.text or "")[:_MOST_CHARACTERS]):
            yield html.unescape(_literal(match[1]))


def _literal(text: str) -> str:
    """The value of a string literal of JSON or JavaScript."""
    inner = text[1:-1]
    if text[0] == "'":
        inner = inner.replace("\\'", "'").replace('"', '\\"').replace('\\\\"', '\\"')
    try:
        return str(cast("object", json.loads(f'"{inner}"', strict=False)))
    except ValueError:
        return inner
