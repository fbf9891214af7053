"""Reviews are read with stars, product and pages, from selectors, markup or what repeats."""

import json
from datetime import UTC, datetime

import pytest

from yuqing_crawler.domain.document import DropReason, ItemKind
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parsed, SourceView
from yuqing_crawler.domain.kinds.review import KIND, ReviewParameters

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://shop.example.test/item/55/reviews"


def review(number: int, stars: str, text: str) -> str:
    return (
        f'<li class="review" data-id="r{number}"><span class="user-name">买家{number}</span>{stars}'
        f'<time datetime="2026-11-20T0{number}:00:00+08:00">11月20日</time><p class="review-text">{text}</p>'
        f'<span class="useful">有用 {number}</span></li>'
    )


STARS = ('<i class="star star-1"></i>', '<i class="rating" style="width:80%"></i>', '<b class="score">★★★★★</b>')
PAGE = (
    "<html><head><title>云杉电水壶 1.7 升 - 青岚商城</title></head><body><h1>云杉电水壶 1.7 升</h1><ul class='reviews'>"
    + review(1, STARS[0], "手柄用了一周就松了，客服一直不回复，非常失望。")
    + review(2, STARS[1], "烧水很快，声音也小，就是盖子有点紧。")
    + review(3, STARS[2], "外观漂亮，保温效果好，推荐给同事了。")
    + "</ul><a href='/item/55/reviews?page=2'>下一页</a></body></html>"
)
SELECTORS = {"item": "li.review", "text": ".review-text", "author": ".user-name", "published": "time::attr(datetime)", "useful": ".useful"}


def fetched(html: str, status: int = 200) -> Fetched:
    return Fetched(URL, status, {"content-type": "text/html; charset=utf-8"}, html.encode(), NOW)


def read(html: str, **parameters: object) -> Parsed:
    view = SourceView(URL, ReviewParameters.model_validate(parameters), "review")
    return KIND.parse(fetched(html), Follow(URL, START, meta={"page": "1"}), view)


@pytest.mark.parametrize(("stars", "rating"), list(zip(STARS, (1.0, 4.0, 5.0), strict=True)))
def test_stars_are_read_when_drawn_as_class_width_or_signs(stars: str, rating: float) -> None:
    html = f"<ul>{review(1, stars, '手柄用了一周就松了。')}</ul>"
    (document,) = read(html, reviews={**SELECTORS, "rating": ".star, .rating, .score"}).documents
    assert document.rating == rating


def test_reviews_are_read_when_selectors_are_given() -> None:
    parsed = read(PAGE, reviews=SELECTORS)
    first = parsed.documents[0]
    assert (first.item_kind, first.native_id, first.product) == (ItemKind.REVIEW, "r1", "云杉电水壶 1.7 升")
    assert (first.author.display_name, first.counts.useful) == ("买家1", 1)
    assert first.published_at == datetime(2026, 11, 19, 17, tzinfo=UTC)
    assert [follow.url for follow in parsed.follow] == ["https://shop.example.test/item/55/reviews?page=2"]


def test_reviews_are_read_when_nothing_is_given_but_they_repeat() -> None:
    documents = read(PAGE).documents
    assert documents[0].text == "手柄用了一周就松了，客服一直不回复，非常失望。"
    assert [document.author.display_name for document in documents] == ["买家1", "买家2", "买家3"]


def test_reviews_are_read_when_declared_on_another_scale() -> None:
    thing = {
        "@type": "Product",
        "name": "云杉电水壶",
        "review": [
            {"@type": "Review", "@id": "a", "reviewBody": "一般，不算好用。", "reviewRating": {"ratingValue": 5, "bestRating": 10, "worstRating": 0}},
            {"@type": "Review", "@id": "b", "reviewBody": "很好用。", "author": {"name": "何岚"}, "reviewRating": {"ratingValue": "5"}},
        ],
    }
    html = f'<html><body><script type="application/ld+json">{json.dumps(thing)}</script></body></html>'
    one, two = read(html).documents
    assert (one.rating, one.product) == (3.0, "云杉电水壶")
    assert (two.rating, two.author.display_name) == (5.0, "何岚")


def test_review_has_the_same_id_when_site_gives_none_and_it_is_read_twice() -> None:
    html = PAGE.replace("data-id", "data-nothing")
    assert [each.native_id for each in read(html).documents] == [each.native_id for each in read(html).documents]
    assert len({each.native_id for each in read(html).documents}) == 3


def test_reason_is_given_when_page_has_no_review() -> None:
    assert read("<html><body><h1>水壶</h1></body></html>").dropped[0].reason is DropReason.NOTHING_SELECTED
    scripted = "<html><body><div id='app'></div><script src='/a.js'></script></body></html>"
    assert read(scripted).dropped[0].reason is DropReason.NEEDS_SCRIPTS


def test_review_is_found_again_when_revisited() -> None:
    view = SourceView(URL, ReviewParameters.model_validate({"reviews": SELECTORS}), "review")
    seen = KIND.revisit(fetched(PAGE.replace("有用 2", "有用 31")), Known(URL, "r2"), view)
    assert (seen.vanished, seen.counts.useful) == (False, 31)
    assert KIND.revisit(fetched(PAGE), Known(URL, "r9"), view).vanished is False
    assert KIND.revisit(fetched("", 410), Known(URL, "r2"), view).vanished is True
