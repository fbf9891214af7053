"""The forum and the shop over HTTP."""

import re

from yuqing_testkit.world import RunningWorld
from yuqing_world.story.arc import Place, Sentiment, Strand
from yuqing_world.story.sketch import Sketch
from yuqing_world.story.vocabulary import BOARDS, PRODUCTS

FORUM = "http://forum.yuqing.test"
SHOP = "http://shop.yuqing.test"


def _pages(told: RunningWorld, site: str, path: str) -> list[str]:
    pages: list[str] = []
    while path:
        pages.append(told.get(site + path).raise_for_status().text)
        following = re.search(r'<a class="next" rel="next" href="([^"]+)"', pages[-1])
        path = following[1] if following else ""
    return pages


def test_boards_lead_to_every_post_and_each_stands_on_the_page_of_its_address(told: RunningWorld):
    threads = [
        link for board in BOARDS for page in _pages(told, FORUM, f"/board/{board}") for link in re.findall(r'thread-title" href="([^"]+)"', page)
    ]
    assert len(threads) == len(set(threads))
    shown = {}
    for thread in threads:
        for number, page in enumerate(_pages(told, FORUM, thread), start=1):
            shown.update(dict.fromkeys(re.findall(r'data-id="(\d+)"', page), f"{FORUM}{thread}" + (f"?page={number}" if number > 1 else "")))
    there = {str(truth["native_id"]): str(truth["url"]).partition("#")[0] for truth in told.truth("forum.yuqing.test") if not truth["deleted_at"]}
    assert shown == there


def test_the_thread_with_the_latest_post_is_first_on_its_board(calm: RunningWorld):
    first, second = (calm.control(publish={"place": "thread", "title": f"主题{n}", "text": "内容"})[0] for n in "12")
    board = calm.get(f"{FORUM}/board/jiadian").text
    assert board.index("主题2") < board.index("主题1")
    opening = next(item for item in calm.world.items_at(calm.world.now()) if item.key == first["key"]).sketch
    calm.world.add(Sketch(calm.world.clock.hour(calm.world.now()), Place.REPLY, Strand.COMPLAINT, Sentiment.NEGATIVE, root=opening))
    board = calm.get(f"{FORUM}/board/jiadian").text
    assert board.index("主题1") < board.index("主题2")
    assert second["reply_to"] == ""


def test_a_new_post_is_shown_as_just_now_and_an_old_one_by_day(calm: RunningWorld):
    thread = calm.control(publish={"place": "thread", "title": "现在", "text": "刚写的"})[0]
    assert ">刚刚<" in calm.get(str(thread["url"])).text
    old = next(truth for truth in calm.truth("forum.yuqing.test") if not truth["deleted_at"])
    assert re.search(r'class="time"[^>]*>(昨天|前天|\d\d-\d\d) \d\d:\d\d<', calm.get(str(old["url"])).text)


def test_an_answer_quotes_what_it_answers(told: RunningWorld):
    posts = {item.native_id: item for item in told.world.items_at(told.world.now()) if item.site == "forum.yuqing.test"}
    answer = next(post for post in posts.values() if post.sketch.answers and not post.deleted_at and not posts[post.reply_to].deleted_at)
    page = told.get(answer.url).text
    assert f'<blockquote class="quote" data-pid="{answer.reply_to}"><b>{posts[answer.reply_to].author.name}</b>' in page
    assert "IP属地：" in page


def test_a_deleted_floor_leaves_a_gap_and_a_deleted_thread_is_404(calm: RunningWorld):
    thread = calm.control(publish={"place": "thread", "title": "要删的", "text": "内容"})[0]
    opening = next(item for item in calm.world.items_at(calm.world.now()) if item.key == thread["key"]).sketch
    reply = calm.world.add(Sketch(calm.world.clock.hour(calm.world.now()), Place.REPLY, Strand.COMPLAINT, Sentiment.NEGATIVE, root=opening))
    calm.control(delete={"key": reply.key})
    page = calm.get(str(thread["url"])).text
    assert "该楼层已被作者删除" in page
    assert reply.text not in page
    calm.control(delete={"key": thread["key"]})
    assert calm.get(str(thread["url"])).status_code == 404


def test_an_edited_post_shows_its_new_text_and_when(told: RunningWorld):
    edited = next(item for item in told.world.items_at(told.world.now()) if item.sketch.beat and item.sketch.beat.name == "first-smoke-thread")
    page = told.get(edited.url).text
    assert "本帖最后由 小鹿不吃香菜 于" in page
    assert "公司今天上门退款并道歉" in page


def test_products_lead_to_every_review_with_stars_product_and_use(told: RunningWorld):
    front = told.get(f"{SHOP}/").text
    assert all(f'href="/product/{sku}"' in front for sku in PRODUCTS)
    pages = "".join(page for sku in PRODUCTS for page in _pages(told, SHOP, f"/product/{sku}/reviews"))
    shown = dict(re.findall(r'class="review" id="(r\d+)".*?data-rating="(\d)"', pages, re.DOTALL))
    there = {str(truth["native_id"]): str(truth["rating"]) for truth in told.truth("shop.yuqing.test") if not truth["deleted_at"]}
    assert shown == there
    assert set(shown.values()) == {"1", "2", "3", "4", "5"}
    assert len(re.findall(r'class="useful">\d+<', pages)) == len(shown)
    assert {product.name for product in PRODUCTS.values()} == set(re.findall(r'class="product-name">([^<]+)<', pages))


def test_a_review_has_an_address_until_it_is_deleted(calm: RunningWorld):
    review = calm.control(publish={"place": "review", "sku": "r3", "text": "煮饭一般"})[0]
    assert "煮饭一般" in calm.get(str(review["url"])).text
    assert "霁川R3电饭煲" in calm.get(str(review["url"])).text
    calm.control(delete={"key": review["key"]})
    assert calm.get(str(review["url"])).status_code == 404
    assert calm.get(f"{SHOP}/product/nosuch").status_code == 404
