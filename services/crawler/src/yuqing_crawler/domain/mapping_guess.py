"""Guesses what the keys of an unknown JSON API mean, by the names that such APIs use."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from urllib.parse import parse_qs, urlsplit

from yuqing_crawler.domain.times import SHANGHAI, parse_time

_NAMES: Mapping[str, tuple[str, ...]] = {
    "native_id": ("id", "idstr", "id_str", "mid", "tid", "cid", "pid", "guid", "uuid", "comment_id", "article_id", "post_id", "review_id", "item_id"),
    "text": ("text", "full_text", "content", "body", "message", "comment", "review", "review_text", "desc", "description", "summary", "abstract"),
    "title": ("title", "subject", "headline"),
    "url": ("url", "link", "permalink", "share_url", "href", "web_url", "uri"),
    "author": (
        "user.screen_name", "user.name", "user.nickname", "author.name", "author.nickname", "author.screen_name", "member.name", "screen_name",
        "nickname", "author", "author_name", "user_name", "username", "nick",
    ),
    "author_id": ("user.id", "user.idstr", "author.id", "user_id", "author_id", "uid"),
    "followers": ("user.followers_count", "author.followers_count", "user.followers", "followers_count"),
    "verified": ("user.verified", "author.verified", "verified"),
    "published": (
        "created_at", "create_time", "created_time", "createtime", "published_at", "publish_time", "published", "pub_date", "pubdate",
        "date_published",
        "ctime", "created", "creation_time", "time", "date", "timestamp", "post_time", "createdat", "publishtime",
    ),
    "likes": ("likes_count", "like_count", "attitudes_count", "digg_count", "up_count", "upvotes", "likes", "favorite_count", "praise_count", "zan"),
    "comments": ("comments_count", "comment_count", "reply_count", "replies_count", "comments", "replies"),
    "reposts": ("reposts_count", "repost_count", "share_count", "shares_count", "forward_count", "retweet_count", "reposts", "shares"),
    "views": ("views_count", "view_count", "read_count", "reads_count", "play_count", "views", "hits"),
    "useful": ("useful_count", "useful_vote_count", "helpful_count", "useful", "helpful"),
    "rating": ("rating", "score", "stars", "star", "rate"),
    "product": ("product.name", "product_name", "sku_name", "goods_name", "reference_name", "item_name"),
    "region": ("region_name", "ip_location", "ip_region", "user.region", "region", "location", "province"),
    "reply_to": ("reply_to", "reply_id", "in_reply_to", "in_reply_to_id", "parent_id"),
}  # fmt: skip
_REPOSTS = ("retweeted_status", "repost", "reposted_status", "origin", "original", "quoted_status", "forward")
_CURSORS = ("next_cursor", "cursor", "since_id", "max_id", "next_token", "next_page_token", "last_id", "end_cursor")
_LINKS = ("next", "next_url", "next_page_url", "nextlink")
_DEEPEST = 4
_LOOKED_AT = 20
_SHORTEST_TEXT = 8


@dataclass(frozen=True, slots=True)
class MappingGuess:
    """Parameters of the `api` kind, what they were taken from, and the medium that the fields suggest."""

    parameters: Mapping[str, object]
    reasons: tuple[str, ...]
    medium: str


def guess_mapping(value: object, address: str, now: datetime) -> MappingGuess | None:
    """A mapping of the likeliest list of items in a JSON value, or None where no list has items with a text."""
    best: tuple[int, str, dict[str, str], Mapping[str, object]] | None = None
    for path, items in _lists(value):
        item = _together(items[:_LOOKED_AT])
        fields = _fields(item, now)
        if "text" in fields and (best is None or len(fields) * len(items) > best[0]):
            best = (len(fields) * len(items), path, fields, item)
    if best is None:
        return None
    _, path, fields, item = best
    parameters: dict[str, object] = {"items": path, "fields": {name: f"$.{found}" for name, found in fields.items()}}
    repost = next((key for key in item if key.lower() in _REPOSTS), "")
    if repost:
        parameters["repost"] = f"$.{repost}"
    if "rating" in fields:
        parameters["item_kind"] = "review"
    paging = _paging(value, address)
    if paging:
        parameters["paging"] = paging
    reasons = [f"the list {path} holds items with {', '.join(sorted(fields))}", *([f"it goes on by {paging['style']}"] if paging else [])]
    return MappingGuess(parameters, tuple(reasons), _medium(fields, repost=bool(repost)))


def _medium(fields: Mapping[str, str], *, repost: bool) -> str:
    if "rating" in fields:
        return "review"
    return "microblog" if repost or "reposts" in fields else "news" if "title" in fields else "other"


def _lists(value: object) -> Iterator[tuple[str, list[Mapping[str, object]]]]:
    """Every list of objects, the outer ones first, with its JSONPath."""
    waiting: list[tuple[str, object, int]] = [("$", value, 0)]
    while waiting:
        path, current, depth = waiting.pop(0)
        if isinstance(current, list):
            objects = [cast("Mapping[str, object]", each) for each in cast("list[object]", current) if isinstance(each, dict)]
            if objects:
                yield f"{path}[*]", objects
        elif isinstance(current, dict) and depth < _DEEPEST:
            waiting.extend((f"{path}{_step(key)}", inner, depth + 1) for key, inner in cast("dict[str, object]", current).items())


def _step(key: str) -> str:
    return f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"['{key}']"


def _together(items: list[Mapping[str, object]]) -> dict[str, object]:
    """All the keys of some items, each with a value that is not empty where one has it."""
    merged: dict[str, object] = {}
    for item in items:
        merged.update({key: value for key, value in item.items() if key not in merged or merged[key] in (None, "", [])})
    return merged


def _fields(item: Mapping[str, object], now: datetime) -> dict[str, str]:
    """For each field the key that is named like it and holds a value like it."""
    keys = dict(_keys(item))
    by_name = {_plain(key): key for key in keys}
    found: dict[str, str] = {}
    for name, candidates in _NAMES.items():
        for candidate in candidates:
            key = by_name.get(_plain(candidate))
            if key is not None and _fits(name, keys[key], now):
                found[name] = key
                break
    return found


def _keys(item: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in item.items():
        if not re.fullmatch(r"[A-Za-z_]\w*", key):
            continue
        if isinstance(value, dict):
            inner = cast("dict[str, object]", value)
            yield from ((f"{key}.{name}", each) for name, each in inner.items() if re.fullmatch(r"[A-Za-z_]\w*", name))
        elif not isinstance(value, list):
            yield key, value


def _plain(key: str) -> str:
    """A key without the differences of style: createdAt, created_at and CreatedAt are one."""
    return re.sub(r"[_-]", "", key).lower()


def _fits(name: str, value: object, now: datetime) -> bool:
    if name == "text":
        return isinstance(value, str) and len(value) >= _SHORTEST_TEXT
    if name in ("likes", "comments", "reposts", "views", "useful", "followers", "rating"):
        return not isinstance(value, bool) and (isinstance(value, int | float) or (isinstance(value, str) and value[:1].isdigit()))
    if name == "published":
        return isinstance(value, str | int) and not isinstance(value, bool) and parse_time(str(value), now, SHANGHAI) is not None
    if name == "url":
        return isinstance(value, str) and value.startswith(("http://", "https://", "/"))
    return isinstance(value, str | int | bool) and value != ""


def _paging(value: object, address: str) -> dict[str, object]:
    """How the list goes on: by a key of the response, else by what the address counts."""
    top = _object(value)
    levels = [("$", top), *((f"$.{key}", _object(inner)) for key, inner in top.items())]
    for prefix, level in levels:
        for key, given in level.items():
            if _plain(key) in map(_plain, _LINKS) and isinstance(given, str) and given.startswith(("http", "/")):
                return {"style": "link", "next": f"{prefix}{_step(key)}"}
            if key.lower() in _CURSORS and isinstance(given, str | int) and given:
                return {"style": "cursor", "next": f"{prefix}{_step(key)}", "parameter": key.removeprefix("next_")}
    query = parse_qs(urlsplit(address).query)
    for style, names in (("page", ("page", "p", "pageno", "page_no", "pagenum")), ("offset", ("offset", "start", "skip"))):
        for name, given in query.items():
            if name.lower() in names and given[0].isdigit():
                size = next((query[each][0] for each in ("limit", "size", "count", "pagesize", "page_size") if each in query), "20")
                return {"style": style, "parameter": name, "start": int(given[0]), "size": int(size) if size.isdigit() and int(size) > 0 else 20}
    return {}


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
