"""Reads what a page says about itself for machines: JSON-LD, OpenGraph, meta fields, links."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from lxml.html import HtmlElement

from yuqing_crawler.domain.extraction.tree import select, squeeze

Thing = Mapping[str, object]
"""An object of JSON-LD."""

_MOST_THINGS = 2_000
_ARTICLE_TYPES = frozenset({
    "article", "newsarticle", "blogposting", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle", "report", "webpage",
    "socialmediaposting", "discussionforumposting", "videoobject", "techarticle", "scholarlyarticle", "liveblogposting",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page declares. `fields` has meta names in lower case with their first value; `things` every JSON-LD object."""

    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    things: tuple[Thing, ...] = ()
    title: str = ""
    canonical: str = ""
    language: str = ""

    def first(self, *names: str) -> str:
        """The first of these meta fields that has a value."""
        return next((self.fields[name] for name in names if self.fields.get(name)), "")

    @property
    def article(self) -> Thing:
        """The JSON-LD object that describes the page's article; empty where there is none."""
        ranked = [(thing, types_of(thing) & _ARTICLE_TYPES) for thing in self.things]
        candidates = [(thing, types) for thing, types in ranked if types]
        best = max(candidates, key=lambda pair: (pair[1] != {"webpage"}, "headline" in pair[0], len(pair[0])), default=None)
        return best[0] if best else {}


def read_metadata(root: HtmlElement) -> Metadata:
    """All the declarations of a page; broken ones are passed over."""
    fields: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        content = squeeze(meta.get("content") or "")
        if name and content:
            fields.setdefault(name, content)
    canonical = next((link.get("href") or "" for link in select(root, "//link[@rel='canonical'][@href]")), "")
    title = next((squeeze(node.text_content()) for node in root.iter("title")), "")
    return Metadata(fields, tuple(_things(root)), title, canonical.strip(), (root.get("lang") or root.get("xml:lang") or "").strip())


def _things(root: HtmlElement) -> Iterator[Thing]:
    for script in select(root, "//script[@type]"):
        if "ld+json" in (script.get("type") or "").lower():
            yield from flatten(_loads(script.text_content()))


def _loads(text: str) -> object:
    cleaned = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    try:
        return cast("object", json.loads(cleaned, strict=False))
    except (ValueError, RecursionError):
        return None


def flatten(value: object) -> Iterator[Thing]:
    """Every object in a JSON value, outer ones first."""
    waiting = [value]
    for _ in range(_MOST_THINGS):
        if not waiting:
            return
        current = waiting.pop(0)
        if isinstance(current, dict):
            thing = cast("dict[str, object]", current)
            if "@type" in thing:
                yield thing
            waiting.extend(thing.values())
        elif isinstance(current, list):
            waiting.extend(cast("list[object]", current))


def types_of(thing: Thing) -> set[str]:
    """The types of a JSON-LD object, in lower case without their namespace."""
    return {str(name).rsplit("/", 1)[-1].lower() for name in as_list(thing.get("@type"))}


def as_list(value: object) -> list[object]:
    """A value that may be one or several, as several."""
    if isinstance(value, list):
        return cast("list[object]", value)
    return [] if value is None else [value]


def as_thing(value: object) -> Thing:
    """The value if it is an object, or the first object of a list."""
    for each in as_list(value):
        if isinstance(each, dict):
            return cast("dict[str, object]", each)
    return {}


def text_at(thing: Thing, *names: str) -> str:
    """The first of these properties that is a text or number."""
    for name in names:
        for value in as_list(thing.get(name)):
            if isinstance(value, str | int | float) and not isinstance(value, bool) and squeeze(str(value)):
                return squeeze(str(value))
    return ""


def names_at(thing: Thing, name: str) -> str:
    """The names of persons or organisations in a property, joined as Chinese does."""
    return "、".join(dict.fromkeys(_names(as_list(thing.get(name)))))


def _names(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield squeeze(value)
        elif isinstance(value, dict):
            name = text_at(cast("dict[str, object]", value), "name")
            if name:
                yield name
