"""Maps the objects of a JSON API to documents: JSONPath for each field, checked when the source is configured."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Annotated, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

import jsonpath
from pydantic import AfterValidator, Field

from yuqing_crawler.domain.address import absolute, canonical_address, site_of
from yuqing_crawler.domain.document import Author, Counts, Document, Image, ItemKind
from yuqing_crawler.domain.extraction.lines import read_lines
from yuqing_crawler.domain.extraction.signs import find_language, find_region, parse_count
from yuqing_crawler.domain.extraction.tree import parse, squeeze
from yuqing_crawler.domain.kinds.kind import Parameters
from yuqing_crawler.domain.times import parse_time

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_PADDING = re.compile(r"^[\w$.]+\((.*)\)\s*;?\s*$", re.DOTALL)
_PLACE = re.compile(r"\{(\w+)\}")
_COUNT_FIELDS = ("likes", "comments", "reposts", "views", "useful")


def _is_path(path: str) -> str:
    try:
        jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"not a JSONPath: {str(error).splitlines()[0]}") from error
    return path


def _is_path_or_template(text: str) -> str:
    return text if "{" in text else _is_path(text)


JsonPath = Annotated[str, AfterValidator(_is_path), Field(min_length=1, max_length=500, description="JSONPath (RFC 9535)")]
Address = Annotated[
    str,
    AfterValidator(_is_path_or_template),
    Field(min_length=1, max_length=1000, description="JSONPath, or an address with {native_id} and other fields in it"),
]


class FieldPaths(Parameters):
    """Where a document's fields stand in an item's object. `text` is the only one that must be there."""

    text: JsonPath
    native_id: JsonPath | None = None
    url: Address | None = None
    title: JsonPath | None = None
    author: JsonPath | None = None
    author_id: JsonPath | None = None
    followers: JsonPath | None = None
    verified: JsonPath | None = None
    outlet: JsonPath | None = None
    published: JsonPath | None = Field(None, description="A time in any usual form, or Unix seconds or milliseconds")
    region: JsonPath | None = None
    images: JsonPath | None = None
    likes: JsonPath | None = None
    comments: JsonPath | None = None
    reposts: JsonPath | None = None
    views: JsonPath | None = None
    useful: JsonPath | None = None
    rating: JsonPath | None = None
    rating_best: float = Field(5, gt=0, le=100, description="The best rating of the site's scale; ratings are brought to 1 to 5")
    product: JsonPath | None = None
    reply_to: JsonPath | None = None
    repost_of: JsonPath | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What is the same for all items of a response."""

    address: str
    medium: str
    item_kind: ItemKind
    now: datetime
    zone: ZoneInfo
    prefix: str = ""
    """Put before native ids where a site counts several kinds of thing from 1."""


def read_json(text: str) -> object:
    """The value of a response, also a padded one (JSONP); None where it is none."""
    stripped = text.strip().removeprefix("\ufeff")
    padded = _PADDING.match(stripped)
    try:
        return cast("object", json.loads(padded[1] if padded else stripped, strict=False))
    except (ValueError, RecursionError):
        return None


def find(value: object, path: str | None) -> list[object]:
    """What a path finds in a value; nothing where it cannot be applied."""
    if not path or not isinstance(value, dict | list):
        return []
    try:
        return _compiled(path).findall(cast("dict[str, object]", value))
    except (jsonpath.JSONPathError, RecursionError, TypeError):
        return []


@lru_cache(maxsize=1024)
def _compiled(path: str) -> jsonpath.JSONPath | jsonpath.CompoundJSONPath:
    return jsonpath.compile(path)


def text_at(value: object, path: str | None) -> str:
    """The first text or number that a path finds, as text."""
    for found in find(value, path):
        if isinstance(found, bool) or found is None:
            continue
        if isinstance(found, float) and found.is_integer():
            return str(int(found))
        if isinstance(found, str | int | float) and str(found).strip():
            return str(found).strip()
    return ""


def document_of(item: object, fields: FieldPaths, frame: Frame) -> Document:
    """An item as a document; its text may be empty, which is for the caller to drop."""
    identity = text_at(item, fields.native_id)
    published = parse_time(text_at(item, fields.published), frame.now, frame.zone)
    text = as_paragraphs(text_at(item, fields.text))
    author = Author(
        squeeze(text_at(item, fields.author)), text_at(item, fields.author_id), parse_count(text_at(item, fields.followers)), _flag(item, fields)
    )
    document = Document(
        site=site_of(frame.address),
        url="",
        native_id=f"{frame.prefix}{identity}" if identity else "",
        item_kind=frame.item_kind,
        medium=frame.medium,
        title=squeeze(text_at(item, fields.title)),
        text=text,
        author=author,
        outlet=squeeze(text_at(item, fields.outlet)),
        published_at=published.at if published else None,
        published_precision=published.precision if published else None,
        language=find_language(text, ""),
        region=_region(text_at(item, fields.region)),
        images=_images(item, fields, frame),
        counts=Counts(**{name: parse_count(text_at(item, cast("str | None", getattr(fields, name)))) for name in _COUNT_FIELDS}),
        rating=_rating(text_at(item, fields.rating), fields.rating_best),
        product=squeeze(text_at(item, fields.product)),
        reply_to=_prefixed(text_at(item, fields.reply_to), frame.prefix),
        repost_of=_prefixed(text_at(item, fields.repost_of), frame.prefix),
    )
    url = _address(item, fields, frame, {"native_id": identity, "author_id": author.native_id, "author": author.display_name})
    return replace(document, url=url, canonical_url=canonical_address(url) if url else "", site=site_of(url) or document.site)


def fill(template: str, values: Mapping[str, str]) -> str:
    """An address with its places filled, each value quoted; a place without value empties the address."""
    names = _PLACE.findall(template)
    if any(not values.get(name) for name in names):
        return ""
    return _PLACE.sub(lambda match: quote(values[match[1]], safe=""), template)


def as_paragraphs(text: str) -> str:
    """A text that may be HTML, one paragraph a line."""
    if _TAG.search(text) is None:
        return "\n".join(line for line in (squeeze(part) for part in text.splitlines()) if line)
    root = parse(text)
    return "\n".join(line.text for line in read_lines(root).lines) if root is not None else ""


def _address(item: object, fields: FieldPaths, frame: Frame, known: Mapping[str, str]) -> str:
    if fields.url is None:
        return ""
    reference = fill(fields.url, known) if "{" in fields.url else text_at(item, fields.url)
    return absolute(frame.address, reference)


def _prefixed(identity: str, prefix: str) -> str:
    return identity if not identity or identity.startswith(("http://", "https://")) else f"{prefix}{identity}"


def _flag(item: object, fields: FieldPaths) -> bool:
    return any(found not in (False, None, 0, "", "0", "false", -1) for found in find(item, fields.verified))


def _region(shown: str) -> str:
    return find_region([shown]) or shown.removeprefix("发布于").removeprefix("来自").strip()[:100]


def _images(item: object, fields: FieldPaths, frame: Frame) -> tuple[Image, ...]:
    addresses = (absolute(frame.address, found) for found in find(item, fields.images) if isinstance(found, str))
    return tuple(Image(address) for address in dict.fromkeys(addresses) if address)


def _rating(text: str, best: float) -> float | None:
    try:
        stars = float(text) * 5 / best
    except ValueError:
        return None
    return stars if 0 < stars <= 5 else None
