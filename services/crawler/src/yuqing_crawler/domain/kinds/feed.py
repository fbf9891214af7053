"""Feeds: RSS, Atom and JSON Feed; many platforms come through bridges (RSSHub) that speak them, too."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

import feedparser
from pydantic import Field

from yuqing_crawler.domain.address import absolute, canonical_address, site_of
from yuqing_crawler.domain.document import Author, Counts, Document, Dropped, DropReason, Image, ItemKind
from yuqing_crawler.domain.extraction.lines import read_lines
from yuqing_crawler.domain.extraction.pictures import find_images
from yuqing_crawler.domain.extraction.signs import parse_count
from yuqing_crawler.domain.extraction.tree import parse, squeeze
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parameters, Parsed, Revisited, SourceView
from yuqing_crawler.domain.kinds.pages import SHORTEST_ARTICLE, parse_article, revisit_article, text_of_page, with_fallbacks
from yuqing_crawler.domain.times import PublishedTime, parse_time

ARTICLE = "article"
_parse_feed = cast("Callable[..., Mapping[str, object]]", feedparser.parse)  # pyright: ignore[reportUnknownMemberType] -- it has no types
_WHOLE_TEXT = 200
"""An entry with so many characters is taken for the whole text, a shorter one for a teaser."""


class FeedParameters(Parameters):
    """What is taken of an entry."""

    content: Literal["auto", "entry", "article"] = Field(
        "auto", description="entry: the feed's own text; article: the linked page; auto: the page where the feed has only a teaser"
    )
    limit: int = Field(200, ge=1, le=1000, description="Entries taken at the most, newest first as the feed lists them")
    post: bool = Field(False, description="Entries are posts (microblog, forum), not articles")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of any kind of feed. `html` is the fullest text that it has."""

    link: str
    title: str = ""
    html: str = ""
    identity: str = ""
    author: str = ""
    published: str = ""
    comments: str = ""
    images: tuple[str, ...] = ()


class FeedKind:
    """Reads feeds."""

    name = "feed"
    display_name = "订阅源"
    description = "RSS, Atom or JSON Feed; articles from the feed itself or from the pages that it links to"
    parameters = FeedParameters

    def start(self, source: SourceView[FeedParameters]) -> tuple[Follow, ...]:
        """The feed itself."""
        return (Follow(source.address, START),)

    def parse(self, fetched: Fetched, follow: Follow, source: SourceView[FeedParameters]) -> Parsed:
        """Entries of the feed, or the article that one of them led to."""
        if follow.role == ARTICLE:
            return _article(fetched, follow, source)
        entries = list(read_entries(text_of_page(fetched)))
        if not entries:
            return Parsed(dropped=(Dropped(DropReason.UNREADABLE, "no feed with entries", fetched.url),))
        documents: list[Document] = []
        follows: list[Follow] = []
        dropped: list[Dropped] = []
        seen: set[str] = set()
        for entry in entries[: source.parameters.limit]:
            document = _document(entry, fetched, source)
            key = document.native_id or document.canonical_url
            if not key:
                dropped.append(Dropped(DropReason.NO_ADDRESS, f"entry {entry.title!r} has neither link nor id"))
            elif key in seen:
                dropped.append(Dropped(DropReason.DUPLICATE_IN_PAGE, "the feed lists it twice", document.url))
            elif _wants_page(document, source.parameters):
                follows.append(_follow(document, entry, len(follows)))
            elif not document.text:
                dropped.append(Dropped(DropReason.NO_TEXT, "the entry has no text", document.url))
            else:
                documents.append(document)
            seen.add(key)
        return Parsed(tuple(documents), tuple(follows), tuple(dropped))

    def revisit_follow(self, known: Known, source: SourceView[FeedParameters]) -> Follow:
        """The page of the entry."""
        return Follow(known.url or source.address, ARTICLE)

    def revisit(self, fetched: Fetched, known: Known, source: SourceView[FeedParameters]) -> Revisited:  # noqa: ARG002 -- as all kinds
        """The page of the entry now."""
        return revisit_article(fetched, source)


KIND = FeedKind()


def read_entries(text: str) -> Iterator[Entry]:
    """The entries of a feed in any of its formats; none where it is no feed."""
    if text.lstrip()[:1] == "{":
        yield from _json_entries(text)
    else:
        yield from _xml_entries(text)


def feed_title(text: str) -> str:
    """What the feed calls itself."""
    if text.lstrip()[:1] == "{":
        return _string(_json(text), "title")
    return _string(_mapping(_parsed(text).get("feed")), "title")


def _parsed(text: str) -> Mapping[str, object]:
    body = text.encode("utf-8", "replace")
    return _parse_feed(body, response_headers={"content-type": "application/xml; charset=utf-8"})


def _xml_entries(text: str) -> Iterator[Entry]:
    for raw in _list(_parsed(text).get("entries")):
        entry = _mapping(raw)
        contents = [_string(_mapping(part), "value") for part in _list(entry.get("content"))]
        images = [_string(_mapping(part), "url") for part in _list(entry.get("media_content"))]
        yield Entry(
            link=_string(entry, "link"),
            title=plain(_string(entry, "title")),
            html=max([*contents, _string(entry, "summary")], key=len),
            identity=_string(entry, "id"),
            author=plain(_string(entry, "author")),
            published=_string(entry, "published", "updated", "created"),
            comments=_string(entry, "slash_comments"),
            images=tuple(image for image in images if image),
        )


def _json_entries(text: str) -> Iterator[Entry]:
    for raw in _list(_json(text).get("items")):
        item = _mapping(raw)
        authors = [*_list(item.get("authors")), item.get("author")]
        yield Entry(
            link=_string(item, "url", "external_url"),
            title=_string(item, "title"),
            html=_string(item, "content_html") or _as_html(_string(item, "content_text", "summary")),
            identity=_string(item, "id"),
            author="、".join(name for author in authors if (name := _string(_mapping(author), "name"))),
            published=_string(item, "date_published", "date_modified"),
            images=tuple(image for image in [_string(item, "image")] if image),
        )


def _json(text: str) -> Mapping[str, object]:
    try:
        return _mapping(cast("object", json.loads(text, strict=False)))
    except (ValueError, RecursionError):
        return {}


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _string(mapping: Mapping[str, object], *names: str) -> str:
    values = (mapping.get(name) for name in names)
    return next((str(value).strip() for value in values if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip()), "")


def _as_html(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return escaped.replace("\n", "<br>")


def plain(html: str) -> str:
    """The text of a snippet of HTML on one line."""
    return squeeze(" ".join(_lines(html))) if "<" in html or "&" in html else squeeze(html)


def _lines(html: str) -> list[str]:
    root = parse(html)
    return [line.text for line in read_lines(root).lines] if root is not None else []


def _document(entry: Entry, fetched: Fetched, source: SourceView[FeedParameters]) -> Document:
    """What the feed alone says of an entry. An id that is not an address counts only where there is no link: links are known elsewhere, too."""
    url = absolute(fetched.url, entry.link) or absolute("", entry.identity)
    root = parse(entry.html)
    pictures = find_images(root, url or fetched.url) if root is not None else ()
    published = parse_time(entry.published, fetched.fetched_at, source.zone)
    return Document(
        site=site_of(url or fetched.url),
        url=url,
        canonical_url=canonical_address(url) if url else "",
        native_id="" if url else entry.identity,
        item_kind=ItemKind.POST if source.parameters.post else ItemKind.ARTICLE,
        medium=source.medium,
        title=entry.title,
        text="\n".join(_lines(entry.html)),
        author=Author(entry.author),
        published_at=published.at if published else None,
        published_precision=published.precision if published else None,
        images=pictures or tuple(Image(image) for image in entry.images),
        counts=Counts(comments=parse_count(entry.comments)),
    )


def _wants_page(document: Document, parameters: FeedParameters) -> bool:
    if parameters.content == "auto":
        return bool(document.url) and len(document.text) < _WHOLE_TEXT and not parameters.post
    return parameters.content == "article" and bool(document.url)


def _follow(document: Document, entry: Entry, place: int) -> Follow:
    meta = {"title": document.title, "author": entry.author, "published": entry.published, "teaser": document.text}
    return Follow(document.url, ARTICLE, -place, {name: value for name, value in meta.items() if value}, once_key=document.canonical_url)


def _article(fetched: Fetched, follow: Follow, source: SourceView[FeedParameters]) -> Parsed:
    """The linked page; where it cannot be read, the feed's teaser is better than nothing."""
    parsed = parse_article(fetched, source)
    meta = follow.meta
    published = parse_time(meta.get("published", ""), fetched.fetched_at, source.zone)
    if parsed.documents:
        main = with_fallbacks(parsed.documents[0], title=meta.get("title", ""), author=meta.get("author", ""), published=published)
        return Parsed((main, *parsed.documents[1:]), parsed.follow, parsed.dropped)
    teaser = meta.get("teaser", "")
    if len(teaser) < SHORTEST_ARTICLE:
        return parsed
    document = _teaser_document(follow, teaser, published, source.medium)
    return Parsed((document,), notes=(f"{fetched.url}: only the feed's teaser, because {parsed.dropped[0].detail}",))


def _teaser_document(follow: Follow, teaser: str, published: PublishedTime | None, medium: str) -> Document:
    return Document(
        site=site_of(follow.url),
        url=follow.url,
        canonical_url=canonical_address(follow.url),
        medium=medium,
        title=follow.meta.get("title", ""),
        text=teaser,
        author=Author(follow.meta.get("author", "")),
        published_at=published.at if published else None,
        published_precision=published.precision if published else None,
    )
