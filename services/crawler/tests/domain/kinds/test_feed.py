"""Feeds of every format give documents, or the articles behind their teasers."""

import json
from datetime import UTC, datetime

import pytest

from yuqing_crawler.domain.document import DropReason, ItemKind
from yuqing_crawler.domain.kinds.feed import ARTICLE, KIND, FeedParameters
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parsed, SourceView

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://news.example.test/feed.xml"
LONG = "青岚市质量监督部门今天通报，云杉电器一款电水壶在抽检中出现手柄松动，企业已经主动召回全部同批产品，并向消费者道歉。" * 4

RSS = f"""<?xml version="1.0" encoding="gb2312"?>
<rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>青岚新闻</title>
<item><title>召回&lt;b&gt;电水壶&lt;/b&gt;</title><link>/a/1.html?utm_source=rss</link><dc:creator>林小溪</dc:creator><slash:comments>3</slash:comments>
<description>&lt;p&gt;{LONG}&lt;/p&gt;&lt;p&gt;第二段。&lt;img src="/i.jpg"&gt;&lt;/p&gt;</description>
<pubDate>Mon, 23 Nov 2026 08:15:00 +0800</pubDate></item>
<item><title>只有摘要</title><link>https://news.example.test/a/2.html</link>
<description>短短的摘要，请看正文，全文见链接里的那一页。</description><pubDate>昨天 08:10</pubDate></item>
<item><title>又是第一条</title><link>https://news.example.test/a/1.html</link><description>{LONG}</description></item>
<item><title>没有链接</title><description>{LONG}</description></item>
</channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>tag:x,2026:1</id><title>标题</title><link href="https://news.example.test/a/3"/>
<author><name>何岚</name></author><published>2026-11-23T08:15:00+08:00</published><content type="html">{LONG}</content></entry></feed>"""
JSON_FEED = json.dumps({
    "version": "https://jsonfeed.org/version/1.1", "title": "t",
    "items": [{"id": "9", "url": "https://news.example.test/a/4", "title": "标题", "content_text": LONG,
               "date_published": "2026-11-23T00:15:00Z", "authors": [{"name": "何岚"}]}],
})  # fmt: skip


def fetched(body: bytes | str, url: str = URL, status: int = 200) -> Fetched:
    return Fetched(url, status, {"content-type": "application/xml"}, body if isinstance(body, bytes) else body.encode(), NOW)


def view(**parameters: object) -> SourceView[FeedParameters]:
    return SourceView(URL, FeedParameters.model_validate(parameters), "news")


def read(body: bytes | str, **parameters: object) -> Parsed:
    return KIND.parse(fetched(body), Follow(URL, START), view(**parameters))


def test_entry_is_a_document_when_feed_has_its_whole_text() -> None:
    document = read(RSS.encode("gb18030")).documents[0]
    assert document.url == "https://news.example.test/a/1.html?utm_source=rss"
    assert document.canonical_url == "https://news.example.test/a/1.html"
    assert (document.title, document.author.display_name, document.counts.comments) == ("召回电水壶", "林小溪", 3)
    assert document.text.split("\n") == [LONG, "第二段。"]
    assert document.published_at == datetime(2026, 11, 23, 0, 15, tzinfo=UTC)
    assert [image.url for image in document.images] == ["https://news.example.test/i.jpg"]


def test_page_is_followed_when_entry_is_a_teaser() -> None:
    parsed = read(RSS.encode("gb18030"))
    assert [(follow.url, follow.role, follow.once_key) for follow in parsed.follow] == [
        ("https://news.example.test/a/2.html", ARTICLE, "https://news.example.test/a/2.html")
    ]


def test_entries_are_dropped_with_reason_when_double_or_nameless() -> None:
    assert [drop.reason for drop in read(RSS.encode("gb18030")).dropped] == [DropReason.DUPLICATE_IN_PAGE, DropReason.NO_ADDRESS]


@pytest.mark.parametrize("body", [ATOM, JSON_FEED], ids=["atom", "json"])
def test_other_formats_are_read_when_feed_is(body: str) -> None:
    (document,) = read(body).documents
    assert (document.title, document.author.display_name, document.text) == ("标题", "何岚", LONG)
    assert document.published_at == datetime(2026, 11, 23, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize(("content", "documents", "follows"), [("entry", 2, 0), ("article", 0, 2)])
def test_parameter_decides_where_text_is_from_when_given(content: str, documents: int, follows: int) -> None:
    parsed = read(RSS.encode("gb18030"), content=content)
    assert (len(parsed.documents), len(parsed.follow)) == (documents, follows)


def test_entries_are_posts_when_source_says_so() -> None:
    assert {document.item_kind for document in read(RSS.encode("gb18030"), post=True).documents} == {ItemKind.POST}


@pytest.mark.parametrize("body", ["", "<html><body>no feed</body></html>", "{", '{"items": 3}', "<rss><channel></channel></rss>", b"\xff\xfe\x00"])
def test_reason_is_given_when_it_is_no_feed(body: bytes | str) -> None:
    assert read(body).dropped[0].reason is DropReason.UNREADABLE


def test_article_takes_from_entry_when_its_page_does_not_say() -> None:
    (follow,) = read(RSS.encode("gb18030")).follow
    page = f"<html><body><h1>正文标题在此</h1><p>{LONG}</p></body></html>"
    (document,) = KIND.parse(fetched(page, follow.url), follow, view()).documents
    assert (document.title, document.text) == ("正文标题在此", LONG)
    assert document.published_at == datetime(2026, 11, 23, 0, 10, tzinfo=UTC)


def test_teaser_is_kept_when_page_needs_scripts() -> None:
    (follow,) = read(RSS.encode("gb18030")).follow
    parsed = KIND.parse(fetched("<html><body><div id='app'></div><script src='/a.js'></script></body></html>", follow.url), follow, view())
    assert parsed.documents[0].text == "短短的摘要，请看正文，全文见链接里的那一页。"
    assert "scripts" in parsed.notes[0]


def test_article_vanished_when_its_page_is_gone() -> None:
    known = Known("https://news.example.test/a/2.html")
    assert KIND.revisit(fetched("", status=410), known, view()).vanished is True
    said = "<html><title>提示</title><body><p>抱歉，您访问的文章不存在或已被删除</p></body></html>"
    assert KIND.revisit(fetched(said), known, view()).vanished is True
    seen = KIND.revisit(fetched(f"<html><body><h1>正文标题在此</h1><p>{LONG}</p></body></html>"), known, view())
    assert seen.document is not None
    assert (seen.vanished, seen.document.text) == (False, LONG)
