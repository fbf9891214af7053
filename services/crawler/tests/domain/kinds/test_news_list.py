"""List pages and sitemaps lead to articles, with and without selectors."""

import gzip
from datetime import UTC, datetime

import pytest

from yuqing_crawler.domain.document import DropReason
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Parsed, SourceView
from yuqing_crawler.domain.kinds.links import shape_of
from yuqing_crawler.domain.kinds.news_list import ARTICLE, KIND, ListParameters
from yuqing_crawler.domain.kinds.registry import InvalidParametersError, parameters_from_mapping

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://news.example.test/local/"
TEXT = "青岚市质量监督部门今天通报，云杉电器一款电水壶在抽检中出现手柄松动，企业已经主动召回全部同批产品。"
PAGE = (
    "<html><body><header><a href='/'>首页</a><a href='/sports/'>体育频道新闻</a><a href='/about.html'>关于我们这个网站</a></header><ul>"
    + "".join(f"<li><a href='/local/2026/11/{day}/c{day}8841.html'>青岚市举行第{day}届读书节活动</a></li>" for day in range(10, 15))
    + "<li><a href='https://other.example.net/2026/11/12/c1.html'>别的网站上的一条新闻标题</a></li>"
    + "<li><a href='/files/2026/report_20261112.pdf'>年度报告全文下载地址</a></li></ul><a href='/login?next=1'>请先登录再查看更多内容</a>"
    + "<div class='pager'><a href='/local/index_2.html'>下一页</a></div>"
    "<footer><a href='/user/agreement-2026.html'>用户协议与隐私政策</a></footer></body></html>"
)
ARTICLES = [f"https://news.example.test/local/2026/11/{day}/c{day}8841.html" for day in range(10, 15)]


def fetched(body: bytes | str, url: str = URL) -> Fetched:
    return Fetched(url, 200, {"content-type": "text/html; charset=utf-8"}, body if isinstance(body, bytes) else body.encode(), NOW)


def view(**parameters: object) -> SourceView[ListParameters]:
    return SourceView(URL, ListParameters.model_validate(parameters), "news")


def read(body: bytes | str, **parameters: object) -> Parsed:
    return KIND.parse(fetched(body), Follow(URL, START, meta={"page": "1"}), view(**parameters))


def test_articles_are_chosen_by_form_when_nothing_is_given() -> None:
    parsed = read(PAGE)
    assert [follow.url for follow in parsed.follow] == ARTICLES
    assert parsed.follow[0].meta["title"] == "青岚市举行第10届读书节活动"
    assert parsed.follow[0].priority > parsed.follow[1].priority


@pytest.mark.parametrize("links", ["ul a", "//ul//a"])
def test_links_are_selected_when_selector_is_css_or_xpath(links: str) -> None:
    parsed = read(PAGE, links=links)
    assert [follow.url for follow in parsed.follow] == ARTICLES
    assert [drop.reason for drop in parsed.dropped] == [DropReason.OTHER_SITE, DropReason.NO_ADDRESS]


def test_links_are_filtered_when_pattern_is_given() -> None:
    assert [follow.url for follow in read(PAGE, link_pattern=r"/1[23]/").follow] == ARTICLES[2:4]


def test_next_page_is_followed_up_to_the_limit_when_list_goes_on() -> None:
    (further,) = [follow for follow in read(PAGE, page_limit=2).follow if follow.role == START]
    assert further.url == "https://news.example.test/local/index_2.html"
    second = KIND.parse(fetched(PAGE.replace("index_2", "index_3"), further.url), further, view(page_limit=2))
    assert {follow.role for follow in second.follow} == {ARTICLE}


def test_surplus_is_dropped_with_reason_when_page_has_too_many_links() -> None:
    parsed = read(PAGE, limit=3)
    assert len(parsed.follow) == 3
    assert [drop.reason for drop in parsed.dropped] == [DropReason.PAGE_LIMIT] * 2


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_newest_come_first_when_source_is_a_news_sitemap(pack: type[bytes]) -> None:
    sitemap = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
        "<url><loc>https://news.example.test/a/1</loc><lastmod>2026-11-20</lastmod></url><url><loc>https://news.example.test/a/2</loc>"
        "<news:news><news:publication_date>2026-11-23T08:00:00+08:00</news:publication_date><news:title>召回</news:title></news:news></url></urlset>"
    )
    parsed = read(pack(sitemap.encode()))
    assert [follow.url for follow in parsed.follow] == ["https://news.example.test/a/2", "https://news.example.test/a/1"]
    assert parsed.follow[0].meta == {"title": "召回", "published": "2026-11-23T08:00:00+08:00"}


def test_maps_are_followed_when_sitemap_is_an_index() -> None:
    index = "<sitemapindex><sitemap><loc>https://news.example.test/s1.xml</loc></sitemap></sitemapindex>"
    assert [(follow.url, follow.role) for follow in read(index).follow] == [("https://news.example.test/s1.xml", START)]


def test_selected_fields_win_when_article_has_selectors() -> None:
    head = "<h1>大标题在这里</h1><h2 class='t'>小标题</h2><i class='d'>2026年11月20日</i>"
    page = f"<html><body>{head}<div class='x'><p>{TEXT}</p></div><p>{TEXT}{TEXT}</p></body></html>"
    follow = Follow(ARTICLES[0], ARTICLE, meta={"title": "列表上的标题"})
    selectors = {"title": ".t", "text": ".x p", "published": ".d"}
    (document,) = KIND.parse(fetched(page, ARTICLES[0]), follow, view(article=selectors)).documents
    assert (document.title, document.text) == ("小标题", TEXT)
    assert document.published_at == datetime(2026, 11, 19, 16, tzinfo=UTC)


def test_reason_is_given_when_no_link_is_an_article() -> None:
    assert read("<html><body><a href='/about'>关于</a></body></html>").dropped[0].reason is DropReason.NOTHING_SELECTED


def test_other_canonical_address_is_not_believed_when_it_is_another_site() -> None:
    page = f"<html><head><link rel=canonical href='https://other.example.net/a'></head><body><h1>转载的一篇文章</h1><p>{TEXT}</p></body></html>"
    (document,) = KIND.parse(fetched(page, ARTICLES[0]), Follow(ARTICLES[0], ARTICLE), view()).documents
    assert document.canonical_url == ARTICLES[0]
    assert document.extra == (("original", "https://other.example.net/a"),)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [({"links": "div["}, "links"), ({"links": "//a["}, "links"), ({"link_pattern": "("}, "link_pattern"), ({"limit": 0}, "limit")],
)
def test_parameters_are_refused_by_field_when_wrong(parameters: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidParametersError) as caught:
        parameters_from_mapping("list", parameters)
    assert caught.value.problems[0].field.startswith(field)


def test_shape_leaves_open_what_varies_when_addresses_are_articles() -> None:
    assert shape_of("https://x.test/a/2026/11/c1234.html?id=3") == shape_of("https://x.test/a/2025/1/c9.html?id=44") == "x.test/a/#/#/c#.html?id"
