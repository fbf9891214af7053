"""A pasted address gets a proposal that works, or the reason why there is none."""

import json
from datetime import UTC, datetime

import pytest

from yuqing_crawler.domain.kinds.kind import Fetched
from yuqing_crawler.domain.kinds.registry import parameters_from_mapping
from yuqing_crawler.domain.onboarding import Proposal, propose

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TEXT = "青岚市质量监督部门今天通报，云杉电器一款电水壶在抽检中出现手柄松动，企业已经主动召回全部同批产品，并向消费者道歉。"


def look(body: object, url: str, status: int = 200) -> Proposal:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return propose(url, Fetched(url, status, {"content-type": "text/html; charset=utf-8"}, text.encode(), NOW))


def test_feed_is_proposed_when_address_is_one() -> None:
    item = f"<item><title>t</title><link>https://x.test/1</link><description>{TEXT * 4}</description></item>"
    rss = f"<rss><channel><title>青岚新闻</title>{item}</channel></rss>"
    proposal = look(rss, "https://x.test/feed")
    assert (proposal.kind, proposal.medium, proposal.display_name) == ("feed", "news", "青岚新闻")
    assert proposal.sample[0].text == TEXT * 4


def test_named_feed_is_proposed_when_page_has_one() -> None:
    page = "<html><head><title>青岚</title><link rel=alternate type='application/rss+xml' href='/rss'></head><body><p>你好</p></body></html>"
    proposal = look(page, "https://x.test/")
    assert (proposal.kind, proposal.address) == ("feed", "https://x.test/rss")


def test_list_is_proposed_with_working_selector_when_page_has_articles() -> None:
    items = "".join(
        f"<li class='news'><a href='/2026/11/{day}/c{day}88.html'>青岚市举行第{day}届读书节活动</a><i>11-{day}</i></li>" for day in range(10, 20)
    )
    page = f"<html><title>本地新闻</title><body><nav><a href='/a'>首页</a></nav><ul class='list'>{items}</ul></body></html>"
    proposal = look(page, "https://news.example.test/local/")
    assert (proposal.kind, proposal.medium, proposal.parameters) == ("list", "news", {"links": "ul.list > li.news a"})
    assert len(proposal.parsed.follow) == 10


def test_board_is_proposed_when_links_are_threads() -> None:
    rows = "".join(
        f"<tr class='topic'><td><a href='/thread/{n}'>云杉电水壶手柄松动怎么办第{n}次求助</a></td><td>{n}</td></tr>" for n in range(1001, 1009)
    )
    proposal = look(f"<html><body><table id='threads'>{rows}</table></body></html>", "https://bbs.example.test/board/7")
    assert (proposal.kind, proposal.medium, proposal.parameters) == ("forum", "forum", {"row": "#threads > tr.topic", "stamp": "td:nth-of-type(2)"})
    assert len(proposal.parsed.follow) == 8


def test_thread_is_proposed_with_selectors_when_posts_repeat() -> None:
    posts = "".join(
        f"<div class='post'><a class='username' href='/u/{n}'>网友{n}</a><span class='time'>2026-11-2{n} 08:00</span><b class='floor'>{n}楼</b>"
        f"<div class='content'>第{n}个人说：{TEXT}</div></div>"
        for n in range(1, 5)
    )
    proposal = look(f"<html><body><h1>手柄松动怎么办</h1><div id='posts'>{posts}</div></body></html>", "https://bbs.example.test/thread/1")
    assert proposal.kind == "forum"
    assert proposal.parameters["single_thread"] is True
    assert [document.author.display_name for document in proposal.sample] == ["网友1", "网友2", "网友3", "网友4"]


def test_reviews_are_proposed_when_stars_repeat() -> None:
    reviews = "".join(
        f"<li class='review'><span class='user-name'>买家{n}</span><i class='star star-{n}'></i><time>2026-11-2{n}</time>"
        f"<p class='text'>用了{n}天，{TEXT}</p></li>"
        for n in range(1, 5)
    )
    proposal = look(f"<html><body><h1>云杉电水壶 1.7 升</h1><ul class='reviews'>{reviews}</ul></body></html>", "https://shop.example.test/item/5")
    assert (proposal.kind, proposal.medium) == ("review", "review")
    assert [document.rating for document in proposal.sample] == [1.0, 2.0, 3.0, 4.0]


def test_mapping_is_proposed_when_address_is_an_api() -> None:
    status = {
        "id": 12, "text": TEXT, "created_at": "Tue Nov 24 19:00:00 +0800 2026", "user": {"id": 3, "screen_name": "林小溪", "followers_count": 90},
        "reposts_count": 4, "comments_count": 2, "attitudes_count": 8, "region_name": "发布于 山东", "retweeted_status": {"id": 9, "text": TEXT},
    }  # fmt: skip
    proposal = look({"ok": 1, "data": {"statuses": [status, status | {"id": 13}], "next_cursor": "881"}}, "https://weibo.example.test/api/timeline")
    assert (proposal.kind, proposal.medium) == ("api", "microblog")
    assert proposal.parameters["items"] == "$.data.statuses[*]"
    assert proposal.parameters["paging"] == {"style": "cursor", "next": "$.data.next_cursor", "parameter": "cursor"}
    first = proposal.sample[0]
    assert (first.native_id, first.author.display_name, first.author.followers, first.counts.likes, first.region) == ("12", "林小溪", 90, 8, "山东")
    assert first.repost_of == "9"


@pytest.mark.parametrize(
    ("body", "url", "status", "word"),
    [
        ("", "https://x.test/", 403, "403"),
        ("<html><body><div id='app'></div><script src='/a.js'></script></body></html>", "https://x.test/", 200, "scripts"),
        (f"<html><body><h1>召回电水壶的公告</h1><p>{TEXT * 5}</p></body></html>", "https://x.test/a/1.html", 200, "single article"),
        ("<html><body><p>请先登录后再查看</p></body></html>", "https://x.test/", 200, "log in"),
        ({"ok": 1}, "https://x.test/api", 200, "JSON"),
        ("<rss><channel></channel></rss>", "https://x.test/feed", 200, "without entries"),
        ("", "https://x.test/", 200, "empty"),
    ],
)
def test_reason_is_given_when_nothing_can_be_proposed(body: object, url: str, status: int, word: str) -> None:
    proposal = look(body, url, status)
    assert proposal.kind == ""
    assert word in proposal.reasons[0]


def test_proposed_parameters_are_accepted_when_given_back() -> None:
    posts = "".join(f"<div class='post'><i class='author'>甲{n}</i><time>2026-11-2{n}</time><p>{TEXT}{n}</p></div>" for n in range(1, 4))
    proposal = look(f"<html><body><div id='posts'>{posts}</div></body></html>", "https://bbs.example.test/thread/1")
    assert parameters_from_mapping(proposal.kind, json.loads(json.dumps(proposal.parameters)))
