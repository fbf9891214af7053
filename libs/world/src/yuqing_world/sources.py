"""The sources that a demonstration registers, as plain objects in the JSON form of yuqing.crawler.v1.Source."""

from dataclasses import dataclass, field
from typing import TypedDict

from yuqing_world.sites.microblog import TOKEN
from yuqing_world.story.vocabulary import BOARDS, FEED, FEED_AUTHORS, FORUM, MICROBLOG, NEWS, PARTNER, PRODUCTS, SHOP

_LEGAL_BASIS = "演示世界自有页面，仅在本机提供，允许抓取"
_POSTS = {
    "item": "div.post:not(.deleted)",
    "text": ".message > .text",
    "author": ".author",
    "published": ".time",
    "floor": ".floor",
    "quote": "blockquote.quote",
}
_REVIEWS = {
    "item": "div.review",
    "text": ".text",
    "author": ".user",
    "published": ".date",
    "rating": ".stars",
    "product": ".product-name",
    "useful": ".useful",
    "link": "a.permalink::attr(href)",
}
_STATUS_FIELDS = {
    "native_id": "$.id",
    "url": "$.url",
    "text": "$.text",
    "author": "$.user.screen_name",
    "author_id": "$.user.id",
    "followers": "$.user.followers_count",
    "verified": "$.user.verified",
    "region": "$.user.region",
    "published": "$.created_at",
    "likes": "$.likes_count",
    "comments": "$.comments_count",
    "reposts": "$.reposts_count",
    "repost_of": "$.retweeted_status.id",
}

_STATUSES_READ = {"fields": _STATUS_FIELDS, "repost": "$.retweeted_status", "detail": "/api/v1/statuses/{native_id}"}


class SuggestedSource(TypedDict):
    """A source as the crawler's interface takes it. `parameters` are those of its kind."""

    displayName: str
    kind: str
    medium: str
    address: str
    parameters: dict[str, object]
    secrets: dict[str, str]
    legalBasis: str
    owner: str
    minimumInterval: str
    maximumInterval: str
    requestsPerSecond: float
    timeZone: str


@dataclass(frozen=True, slots=True)
class _Place:
    """What differs between sources."""

    name: str
    kind: str
    medium: str
    address: str
    parameters: dict[str, object]
    secrets: dict[str, str] = field(default_factory=dict[str, str])


def suggested(owner: str = "departments/publicity") -> list[SuggestedSource]:
    """All of the town's sources; `owner` answers for them (`people/…` or `departments/…`)."""
    return [
        SuggestedSource(
            displayName=place.name,
            kind=place.kind,
            medium=f"MEDIUM_{place.medium}",
            address=place.address,
            parameters=place.parameters,
            secrets=place.secrets,
            legalBasis=_LEGAL_BASIS,
            owner=owner,
            minimumInterval="5s",
            maximumInterval="60s",
            requestsPerSecond=20.0,
            timeZone="Asia/Shanghai",
        )
        for place in (*_PAPERS, *_boards(), *_products(), *_STATUSES, *_columns())
    ]


_PAPERS = (
    _Place("澜州新闻网", "list", "NEWS", f"http://{NEWS}/sitemap-news.xml", {"limit": 1000}),
    _Place("南枝资讯", "list", "NEWS", f"http://{PARTNER}/", {"link_pattern": r"/news/p\d+\.html", "page_limit": 5}),
)
_STATUSES = (
    _Place(
        "微谈·最新",
        "api",
        "MICROBLOG",
        f"http://{MICROBLOG}/api/v1/timeline",
        {
            **_STATUSES_READ,
            "items": "$.statuses[*]",
            "paging": {"style": "cursor", "parameter": "cursor", "next": "$.next_cursor", "page_limit": 100},
        },
    ),
    _Place(
        "微谈·搜索霁川",
        "api",
        "MICROBLOG",
        f"http://{MICROBLOG}/api/v1/search",
        {
            **_STATUSES_READ,
            "items": "$.data.list[*]",
            "paging": {"style": "page", "parameter": "page", "start": 1, "page_limit": 20},
            "query": {"q": "霁川"},
        },
    ),
    _Place(
        "微谈·热门",
        "api",
        "MICROBLOG",
        f"http://{MICROBLOG}/api/v1/hot",
        {**_STATUSES_READ, "items": "$.statuses[*]", "headers": {"X-Town-Token": "{secret:token}"}},
        {"token": TOKEN},
    ),
)


def _boards() -> list[_Place]:
    parameters: dict[str, object] = {
        "row": "tr.thread",
        "threads": "a.thread-title",
        "stamp": "td.num",
        "next": "a.next",
        "page_limit": 5,
        "title": "h1.thread-subject",
        "posts": _POSTS,
        "thread_next": "a.next",
        "thread_page_limit": 50,
    }
    return [_Place(f"澜州茶馆·{name}", "forum", "FORUM", f"http://{FORUM}/board/{key}", parameters) for key, name in BOARDS.items()]


def _products() -> list[_Place]:
    parameters: dict[str, object] = {"reviews": _REVIEWS, "product": "a.product", "next": "a.next", "page_limit": 20}
    return [
        _Place(f"集物铺·{product.name}", "review", "REVIEW", f"http://{SHOP}/product/{product.sku}/reviews", parameters)
        for product in PRODUCTS.values()
    ]


def _columns() -> list[_Place]:
    forms = ("rss/{}.xml", "atom/{}.xml", "json/{}.json")
    return [
        _Place(f"公众号·{name}", "feed", "WECHAT", f"http://{FEED}/{forms[place % len(forms)].format(key)}", {"content": "entry"})
        for place, (key, name) in enumerate(FEED_AUTHORS.items())
    ]
