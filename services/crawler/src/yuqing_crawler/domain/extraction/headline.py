"""Chooses the article's title from what the page shows and what it declares."""

import re
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from yuqing_crawler.domain.extraction.metadata import Metadata, text_at
from yuqing_crawler.domain.extraction.tree import select, squeeze, text_of

_SEPARATOR = re.compile(r"\s+[-–—|·»«:•]+\s+|\s*[_|｜丨]+\s*|\s*[-–—]+\s*(?=[^-–—_|]{2,16}$)")
_SHORTEST = 4
_LONGEST = 200
_HEADINGS = frozenset({"h1", "h2", "h3"})
_PASSED = frozenset({"title", "meta", "body", "html"})


def find_title(root: HtmlElement, metadata: Metadata, lines: Sequence[str]) -> str:
    """The title as the page shows it, if a heading or one of the lines up to the body's end agrees with the declared one; else the declared
    one without the site's name."""
    declared = _declared(metadata)
    agreeing = [text for text in _shown(root) if any(_agrees(text, other) for other in declared)]
    if not agreeing:
        agreeing = [text for text in lines if _SHORTEST <= len(text) <= _LONGEST and any(_agrees(text, other) for other in declared)]
    if agreeing:
        return max(agreeing[:6], key=len)
    from_metadata = [strip_site(text, metadata.first("og:site_name")) for text in declared]
    heading = next((squeeze(text_of(node)) for node in select(root, "//h1") if _SHORTEST <= len(text_of(node)) <= _LONGEST), "")
    generic = len(from_metadata) == 1 and not _is_specific(from_metadata[0], metadata)
    return heading if heading and (generic or not from_metadata) else next(iter(from_metadata), heading)


def _declared(metadata: Metadata) -> list[str]:
    texts = (
        metadata.first("og:title", "twitter:title"),
        text_at(metadata.article, "headline", "name"),
        metadata.first("title", "dc.title"),
        metadata.title,
    )
    return [text for text in dict.fromkeys(texts) if text]


def _shown(root: HtmlElement) -> Iterator[str]:
    """The texts of headings and of what is named title, in the page's order."""
    for node in root.iter():
        if not isinstance(node, HtmlElement) or node.tag in _PASSED or len(node) >= 20:
            continue
        names = f"{node.get('class') or ''} {node.get('id') or ''}"
        if node.tag in _HEADINGS or "title" in names or "headline" in names or node.get("itemprop") == "headline":
            text = text_of(node)
            if _SHORTEST <= len(text) <= _LONGEST:
                yield text


def _agrees(shown: str, declared: str) -> bool:
    """Whether a heading is the whole of the declared title, up to the site's name behind it."""
    ours, theirs = _letters(shown), _letters(declared)
    if len(ours) < _SHORTEST:
        return False
    stem = _letters(strip_site(declared, ""))
    return ours in (theirs, stem) or (theirs.startswith(ours) and len(ours) * 10 >= len(stem) * 6)


def _is_specific(title: str, metadata: Metadata) -> bool:
    return bool(title) and title != metadata.first("og:site_name") and len(title) >= _SHORTEST


def strip_site(title: str, site: str) -> str:
    """A declared title without the names of site and section behind it: 标题_频道_某某网 → 标题."""
    if site and title.endswith(site):
        shorter = title[: -len(site)].rstrip(" -–—_|｜丨·»")
        title = shorter if len(shorter) >= _SHORTEST else title
    parts = [part for part in _SEPARATOR.split(title) if part]
    if len(parts) < 2:
        return title
    first = parts[0]
    # 'Site - title' stands the other way round; a short first part is a name, the longest one the title.
    return first if len(first) * 2 >= max(map(len, parts)) else max(parts, key=len)


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
