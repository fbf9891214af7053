"""The news site and its partner over HTTP."""

import re
from datetime import datetime

from yuqing_testkit.world import RunningWorld
from yuqing_world.story.arc import Place, Sentiment, Strand
from yuqing_world.story.sketch import Sketch

NEWS = "http://news.yuqing.test"
PARTNER = "http://partner.yuqing.test"


def _beat_url(told: RunningWorld, name: str) -> str:
    return next(item.url for item in told.world.items_at(told.world.now()) if item.sketch.beat and item.sketch.beat.name == name)


def test_list_pages_lead_to_every_article(told: RunningWorld):
    found: list[str] = []
    address = "/"
    while address:
        page = told.get(NEWS + address).raise_for_status().text
        found += re.findall(r'<h2><a href="(/a/\d+\.html)">', page)
        following = re.search(r'<a class="next" href="([^"]+)"', page)
        address = following[1] if following else ""
    there = [truth["url"] for truth in told.truth("news.yuqing.test") if truth["kind"] == "news" and not truth["deleted_at"]]
    assert sorted(NEWS + path for path in found) == sorted(map(str, there))


def test_a_section_shows_only_its_articles_and_has_pages(told: RunningWorld):
    first, second = told.get(f"{NEWS}/xiaofei/"), told.get(f"{NEWS}/xiaofei/index_2.html")
    assert first.status_code == second.status_code == 200
    assert not set(re.findall(r"<h2>.*?</h2>", first.text)) & set(re.findall(r"<h2>.*?</h2>", second.text))
    assert told.get(f"{NEWS}/xiaofei/index_99.html").status_code == 404
    assert told.get(f"{NEWS}/nosuch/").status_code == 404


def test_an_article_shows_title_author_time_outlet_and_its_canonical_link(told: RunningWorld):
    url = _beat_url(told, "launch-news")
    page = told.get(url).text
    item = next(truth for truth in told.truth() if truth["url"] == url)
    assert f"<h1>{item['title']}</h1>" in page
    assert f'<link rel="canonical" href="{url}">' in page
    assert "作者：陆知远" in page
    assert "来源：澜州晚报" in page
    shown = re.search(r'class="time">(\d{4}年\d\d月\d\d日 \d\d:\d\d)<', page)
    assert shown is not None
    moment = datetime.strptime(shown[1] + "+0800", "%Y年%m月%d日 %H:%M%z")
    assert 0 <= (datetime.fromisoformat(str(item["published_at"])) - moment).total_seconds() < 60


def test_times_and_meta_tags_take_several_forms(told: RunningWorld):
    urls = [str(truth["url"]) for truth in told.truth("news.yuqing.test") if truth["kind"] == "news" and not truth["deleted_at"]][:40]
    pages = [told.get(url).text for url in urls]
    shapes = {re.sub(r"\d+", "0", match[1]) for page in pages if (match := re.search(r'class="time">([^<]+)<', page))}
    assert {"0年0月0日 0:0", "0-0-0 0:0:0", "0月0日 0:0", "0/0/0 0:0"} <= shapes
    declared = [("article:published_time" in page, "application/ld+json" in page) for page in pages]
    assert set(declared) == {(True, False), (False, True), (False, False)}


def test_comments_stand_below_their_article_with_region_and_answers(told: RunningWorld):
    url = _beat_url(told, "first-report")
    page = told.get(url).text
    there = [truth for truth in told.truth("news.yuqing.test") if str(truth["url"]).startswith(f"{url}#") and not truth["deleted_at"]]
    shown = re.findall(r'<div class="comment" id="(c\d+)"', page)
    assert sorted(shown) == sorted(str(truth["native_id"]) for truth in there)
    assert page.count("IP属地：") == len(shown) > 5


def test_comments_that_do_not_fit_are_on_further_pages(calm: RunningWorld):
    article = calm.control(publish={"place": "article", "title": "很多人说", "text": "正文" * 30})[0]
    sketch = next(item for item in calm.world.items_at(calm.world.now()) if item.key == article["key"]).sketch
    for _ in range(70):
        hour = calm.world.clock.hour(calm.world.now())
        calm.world.add(Sketch(hour, Place.COMMENT, Strand.COMPLAINT, Sentiment.NEGATIVE, root=sketch))
    first = calm.get(str(article["url"])).text
    further = re.search(r'<a class="next" href="([^"]+)"', first)
    assert further is not None
    second = calm.get(NEWS + further[1]).text
    ids = re.findall(r'<div class="comment" id="(c\d+)"', first + second)
    assert len(ids) == len(set(ids)) == 70


def test_a_known_etag_and_a_known_date_are_answered_without_a_body(told: RunningWorld):
    first = told.get(_beat_url(told, "launch-test"))
    for headers in ({"If_None_Match": first.headers["etag"]}, {"If_Modified_Since": first.headers["last-modified"]}):
        again = told.get(str(_beat_url(told, "launch-test")), **headers)
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
    assert told.get(_beat_url(told, "launch-test"), If_None_Match='"other"').status_code == 200


def test_an_edit_changes_the_etag_and_says_so(calm: RunningWorld):
    article = calm.control(publish={"place": "article", "title": "更正前", "text": "原来的正文，写得不太对。"})[0]
    before = calm.get(str(article["url"]))
    calm.control(edit={"key": article["key"], "text": "改过的正文，这回写对了。"})
    after = calm.get(str(article["url"]), If_None_Match=before.headers["etag"])
    assert after.status_code == 200
    assert "改过的正文" in after.text
    assert "更新于" in after.text


def test_a_deleted_article_is_404(calm: RunningWorld):
    article = calm.control(publish={"place": "article"})[0]
    assert calm.get(str(article["url"])).status_code == 200
    calm.control(delete={"key": article["key"]})
    assert calm.get(str(article["url"])).status_code == 404


def test_the_sitemap_names_the_articles(told: RunningWorld):
    sitemap = told.get(f"{NEWS}/sitemap-news.xml")
    assert sitemap.headers["content-type"].startswith("application/xml")
    there = {str(truth["url"]) for truth in told.truth("news.yuqing.test") if truth["kind"] == "news" and not truth["deleted_at"]}
    assert set(re.findall(r"<loc>([^<]+)</loc>", sitemap.text)) == there


def test_one_article_is_gb18030_and_one_is_big5(told: RunningWorld):
    gb, big5 = told.get(_beat_url(told, "spread-report")), told.get(_beat_url(told, "abroad"))
    assert "charset" not in gb.headers["content-type"]
    assert b"charset=gb2312" in gb.content
    assert "空气炸锅电源线发烫冒烟" in gb.content.decode("gb18030")
    assert big5.headers["content-type"] == "text/html; charset=big5"
    assert "氣炸鍋冒煙風波" in big5.content.decode("big5")


def test_robots_asks_for_patience_and_keeps_a_folder_closed(told: RunningWorld):
    robots = told.get(f"{NEWS}/robots.txt").text
    assert "Disallow: /neibu/" in robots
    assert f"Sitemap: {NEWS}/sitemap-news.xml" in robots
    assert "Crawl-delay" not in robots  # the test's world runs without
    assert '<a href="/neibu/' in told.get(f"{NEWS}/").text


def test_the_partner_copies_with_another_title_and_names_the_source(told: RunningWorld):
    copies = [item for item in told.world.items_at(told.world.now()) if item.site == "partner.yuqing.test"]
    changed = next(copy for copy in copies if copy.sketch.source and copy.title != told.world.item(copy.sketch.source).title)
    page = told.get(changed.url).text
    assert f"<h1>{changed.title}</h1>" in page
    assert f"来源：{changed.outlet}" in page
    assert "（原标题：" in page
    listed = re.findall(r'href="(/news/p\d+\.html)"', told.get(f"{PARTNER}/").text + told.get(f"{PARTNER}/?p=2").text)
    assert len(set(listed)) == len(copies)


def test_images_are_drawn(told: RunningWorld):
    image = told.get(f"{NEWS}/img/12.svg")
    assert image.headers["content-type"] == "image/svg+xml"
    assert image.text.startswith("<svg")
