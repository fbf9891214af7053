"""An article is read off its page; whatever the page is, there is an outcome."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yuqing_crawler.domain.charset import decode
from yuqing_crawler.domain.document import Counts
from yuqing_crawler.domain.extraction.article import Article, Outcome, extract_article

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FIRST = "青岚市质量监督部门今天通报，云杉电器一款电水壶在抽检中出现手柄松动，企业已经主动召回全部同批产品，并向消费者道歉。"
SECOND = "记者在商场看到，柜台已经贴出告示，顾客可以凭小票退款，也可以换购其他型号，现场秩序良好，没有出现拥挤。"
THIRD = "“我们对这次的问题负全部责任，”企业负责人说，“检测报告会在三天内公布，欢迎社会各界监督我们的整改过程。”"

NEWS = f"""<!DOCTYPE html><html lang="en"><head><title>云杉电器召回电水壶_青岚新闻网</title>
<meta property="og:title" content="云杉电器召回电水壶"><meta name="author" content="青岚新闻网">
<link rel="canonical" href="/a/1.html"></head><body>
<nav><ul><li><a href="/">首页</a></li><li><a href="/news">新闻</a></li><li><a href="/bbs">论坛</a></li></ul></nav>
<div class="wrap"><h1>云杉电器召回电水壶</h1>
<div class="info">2026-11-23 08:15　来源：青岚日报　作者：林小溪　IP属地：山东　阅读 1.2万　评论(15)</div>
<div class="text"><p>{FIRST}</p><p style="display:none">隐藏的广告文字，点击领取红包，先到先得，数量有限，快来参加吧。</p>
<p><img src="/img/kettle.jpg" width="640"><img src="/img/icon.png" width="16"></p>
<p>{SECOND}</p><p>{THIRD}</p><p>（责任编辑：周一鸣）</p><p>声明：转载请注明来自青岚新闻网</p></div>
<div class="related"><h3>相关阅读</h3><ul><li><a href="/a/2.html">电水壶怎么选才放心，专家给出三条建议</a></li></ul></div>
<div class="comment-list"><p>终于召回了，希望以后质量把好关，不要总让消费者去发现问题，我家的用了两年一直没有毛病。</p></div></div>
<footer>版权所有 青岚新闻网，未经授权不得转载，举报电话 000-0000000，投稿邮箱见首页，地址青岚市中心大街一号。</footer></body></html>"""


def read(html: str, url: str = "https://news.example.test/a/1.html") -> Article:
    return extract_article(html, url, NOW)


def test_fields_are_read_when_page_is_plain_news() -> None:
    article = read(NEWS)
    assert article.outcome is Outcome.ARTICLE
    assert article.title == "云杉电器召回电水壶"
    assert article.text.split("\n") == [FIRST, SECOND, THIRD]
    assert (article.author, article.outlet, article.editor) == ("林小溪", "青岚日报", "周一鸣")
    assert article.published is not None
    assert article.published.stated() == "2026-11-23T08:15:00+08:00"
    assert article.region == "山东"
    assert article.language == "zh"
    assert article.canonical_url == "https://news.example.test/a/1.html"
    assert [image.url for image in article.images] == ["https://news.example.test/img/kettle.jpg"]
    assert article.counts == Counts(views=12_000, comments=15)


def test_declared_fields_are_read_when_page_has_json_ld() -> None:
    thing = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": "云杉电器召回电水壶", "datePublished": "2026-11-22T10:00:00Z",
        "author": [{"@type": "Person", "name": "林小溪"}, {"@type": "Person", "name": "何岚"}], "publisher": {"name": "青岚日报"},
        "interactionStatistic": [{"interactionType": "https://schema.org/LikeAction", "userInteractionCount": "321"}], "commentCount": 2,
        "comment": [
            {"@type": "Comment", "@id": "c1", "text": "退款很快。", "author": {"name": "老王"}, "dateCreated": "2026-11-22T11:00:00Z",
             "comment": {"@type": "Comment", "@id": "c2", "text": "我也是。"}},
        ],
    }  # fmt: skip
    script = f'<script type="application/ld+json">{json.dumps(thing)}</script>'
    article = read(f"<html><head><title>x</title>{script}</head><body><p>{FIRST}</p><p>{SECOND}</p></body></html>")
    assert (article.title, article.author, article.outlet) == ("云杉电器召回电水壶", "林小溪、何岚", "青岚日报")
    assert article.published is not None
    assert article.published.at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert article.counts == Counts(likes=321, comments=2)
    assert [(comment.native_id, comment.text, comment.author, comment.reply_to) for comment in article.comments] == [
        ("c1", "退款很快。", "老王", ""),
        ("c2", "我也是。", "", "c1"),
    ]


def test_byline_is_read_when_page_is_in_traditional_characters() -> None:
    byline = "2026-11-23 08:15　來源：海外瀾州人　IP屬地：臺灣　評論 12"
    body = f"<div><p>（記者 江書瀾）{FIRST}</p><p>{SECOND}</p></div><p>責任編輯：周一鳴</p>"
    html = f"<html><body><h1>霽川氣炸鍋冒煙</h1><p>{byline}</p>{body}</body></html>"
    article = read(html)
    assert (article.author, article.outlet, article.editor) == ("江書瀾", "海外瀾州人", "周一鳴")
    assert (article.counts.comments, article.text.split("\n")) == (12, [f"（記者 江書瀾）{FIRST}", SECOND])


def test_time_is_read_when_a_related_link_repeats_the_title() -> None:
    related = "<h3>最新资讯</h3><ul><li><a href='/2.html'>小熊猫取名揭晓</a></li><li><a href='/3.html'>另外一条新闻的标题</a></li></ul>"
    html = f"<html><body><h1>小熊猫取名揭晓</h1><div>2026-11-23 08:15　来源：青岚日报</div><div><p>{FIRST}</p></div>{related}</body></html>"
    article = read(html)
    assert article.published is not None
    assert (article.published.stated(), article.outlet) == ("2026-11-23T08:15:00+08:00", "青岚日报")


def test_body_is_read_when_its_block_is_hidden_until_scripts_run() -> None:
    html = f'<html><body><h1>标题在这里</h1><div id="js_content" style="visibility: hidden"><p>{FIRST}</p><p>{SECOND}</p></div></body></html>'
    assert read(html).text.split("\n") == [FIRST, SECOND]


def test_body_is_read_when_paragraphs_are_line_breaks() -> None:
    html = f"<html><body><h1>标题在这里</h1><div>{FIRST}<br/><br/>　　{SECOND}<br>{THIRD}</div></body></html>"
    assert read(html).text.split("\n") == [FIRST, SECOND, THIRD]


def test_body_is_read_when_every_block_is_nested_in_sections() -> None:
    paragraphs = "".join(f"<section><section><p><span>{text}</span></p></section></section>" for text in (FIRST, SECOND, THIRD))
    assert read(f"<html><body><div>{paragraphs}</div></body></html>").text.split("\n") == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    "script",
    [
        f'window.__STATE__ = {{"article": {{"content": {json.dumps(f"<p>{FIRST}</p><p>{SECOND}</p>")}, "ptime": "2026-11-23 08:15"}}}}',
        f"var page = {{ content: '&lt;p&gt;{FIRST}&lt;/p&gt;&lt;p class=\\'x\\'&gt;{SECOND}&lt;/p&gt;', publish_time: '2026-11-23 08:15' }};",
    ],
    ids=["json", "javascript"],
)
def test_body_is_read_when_page_carries_it_in_a_script(script: str) -> None:
    head = "<head><title>云杉电器召回电水壶_青岚新闻网</title></head>"
    article = read(f"<html>{head}<body><div id='app'></div><script>{script}</script><script src='/a.js'></script></body></html>")
    assert (article.outcome, article.title) == (Outcome.ARTICLE, "云杉电器召回电水壶")
    assert article.text.split("\n") == [FIRST, SECOND]
    assert article.published is not None
    assert article.published.stated() == "2026-11-23T08:15:00+08:00"


def test_teasers_are_no_body_when_they_stand_inside_its_block() -> None:
    teasers = "".join(f"<li><a href='/{n}'>另一篇报道的标题第{n}号</a><p>摘要：{SECOND[:30]}{n}</p></li>" for n in range(3))
    paragraphs = "".join(f"<p>{text}</p>" for text in (FIRST, SECOND, THIRD, f"{FIRST}再说一遍。"))
    html = f"<html><body><h1>标题在这里</h1><div>{paragraphs}<ul>{teasers}</ul></div></body></html>"
    assert read(html).text.split("\n") == [FIRST, SECOND, THIRD, f"{FIRST}再说一遍。"]


def test_comments_below_are_no_body_when_they_are_longer_than_it() -> None:
    comments = "".join(f"<div class='reply-item'><b>用户{n}</b><p>{THIRD}{SECOND}第{n}条</p><a href='#'>回复</a></div>" for n in range(9))
    html = f"<html><body><h1>标题在这里</h1><article><p>{FIRST}</p><p>{SECOND}</p></article><div id='comments'>{comments}</div></body></html>"
    assert read(html).text.split("\n") == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("html", "outcome"),
    [
        ("", Outcome.EMPTY),
        ("   \x00 ", Outcome.EMPTY),
        ("<html><body></body></html>", Outcome.NO_TEXT),
        ("<html><body><div id='app'></div><script src='/app.js'></script></body></html>", Outcome.NEEDS_SCRIPTS),
        ("<html><body><noscript>Please enable JavaScript to continue.</noscript></body></html>", Outcome.NEEDS_SCRIPTS),
        ("<html><body><p>请先登录后再查看本帖内容</p></body></html>", Outcome.NEEDS_LOGIN),
        ("<html><title>提示</title><body><p>抱歉，您访问的帖子不存在或已被删除</p></body></html>", Outcome.GONE),
    ],
)
def test_outcome_names_why_when_there_is_no_article(html: str, outcome: Outcome) -> None:
    assert read(html).outcome is outcome


def test_article_about_deleted_posts_is_an_article_when_it_is_long() -> None:
    html = f"<html><body><h1>平台回应：该帖已被作者删除</h1><p>{FIRST * 3}该帖已被删除。</p><p>{SECOND * 3}</p><p>{THIRD * 3}</p></body></html>"
    assert read(html).outcome is Outcome.ARTICLE


def test_text_is_found_when_tags_nest_without_end() -> None:
    article = read("<div>" * 30_000 + FIRST)
    assert article.outcome in (Outcome.ARTICLE, Outcome.NO_TEXT, Outcome.EMPTY)


def test_text_is_found_when_nothing_is_closed() -> None:
    assert FIRST in read("<html><body><div><p>" + FIRST + "<p>" + SECOND + "<table><tr><td><b><i>").text


FRAGMENTS = st.sampled_from(
    [
        "<div class='article'>",
        "</div>",
        "<p>",
        "<a href='x'>",
        "</a>",
        "<br>",
        FIRST,
        "2026-11-23 08:15 来源：日报",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<script type='application/ld+json'>",
        '{"@type":["Article"],"author":[[]],"datePublished":{},"comment":[1,{"@type":"Comment","text":[]}]}',
        "<meta property='og:title' content='\ud800'>",
        "<table><td>",
        "&#0;",
        "&#xD800;",
        "<![CDATA[",
        "<?xml version='1.0'?>",
        "<img src='http://['>",
        "<link rel=canonical href='http://[bad'>",
        "<base href='//['>",
        "<svg>",
        "<template>",
        "\x00",
        "<h1>",
        "</html>",
        "<frameset>",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FRAGMENTS | st.text(max_size=12), max_size=40))
def test_reading_never_fails_when_fragments_are_in_any_order(fragments: list[str]) -> None:
    assert isinstance(read("".join(fragments)), Article)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600), st.sampled_from(["", "http://[", "https://x.test/2024/13/45/"]))
def test_reading_never_fails_when_bytes_are_anything(body: bytes, url: str) -> None:
    assert isinstance(extract_article(decode(body).text, url, NOW), Article)
