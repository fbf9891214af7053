"""Boards give threads, threads give posts with floors, quotes and pages, with and without selectors."""

from datetime import UTC, datetime

import pytest

from yuqing_crawler.domain.document import DropReason, ItemKind
from yuqing_crawler.domain.kinds.forum import KIND, THREAD, ForumParameters
from yuqing_crawler.domain.kinds.items import ItemSelectors
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parsed, SourceView

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BOARD_URL = "https://bbs.example.test/board/7"
THREAD_URL = "https://bbs.example.test/thread/1001"

ROW = (
    '<tr class="thread-row"><td class="subject"><a href="/thread/{n}">{title}</a></td><td><a href="/user/{n}">小王{n}</a></td>'
    '<td class="replies">{replies}</td></tr>'
)
BOARD = (
    '<html><body><nav><a href="/">首页</a><a href="/help">帮助</a></nav><table id="threads">'
    + "".join(ROW.format(n=1000 + n, title=f"云杉电水壶的手柄松动了怎么办，第{n}次求助", replies=n) for n in range(1, 6))
    + '</table><a class="next" href="/board/7?page=2">下一页</a></body></html>'
)


def post(number: int, text: str, quote: str = "") -> str:
    return (
        f'<div class="post" id="post_{8000 + number}"><div class="head"><a class="username" href="/user/{number}">网友{number}</a>'
        f'<span class="post-time">2026-11-2{number} 08:1{number}</span><span class="floor">{number}楼</span>'
        f'<span class="ip">IP属地：广东</span></div>'
        f'{quote}<div class="content">{text}</div><a class="likes" href="#">赞 {number * 3}</a></div>'
    )


def thread(*posts: str, further: str = "") -> str:
    link = f'<a href="{further}">下一页</a>' if further else ""
    head = "<head><title>手柄松动了怎么办_青岚论坛</title></head>"
    return f'<html>{head}<body><h1>手柄松动了怎么办</h1><div id="posts">{"".join(posts)}</div>{link}</body></html>'


POSTS = (
    post(1, "上个月买的水壶，手柄松了，倒水的时候差点烫到手，有人遇到过吗？"),
    post(2, "我家的也是，打电话给售后，说可以换新的，态度还不错。"),
    post(3, "换新的要等多久？我这边说要两个星期。", '<blockquote class="quote">引用 2楼 网友2：说可以换新的</blockquote>'),
)
SELECTORS = ItemSelectors.model_validate(
    {"item": "#posts > .post", "text": ".content", "author": ".username", "published": ".post-time", "floor": ".floor", "likes": ".likes"}
)


def fetched(html: str, url: str = THREAD_URL, status: int = 200) -> Fetched:
    return Fetched(url, status, {"content-type": "text/html; charset=utf-8"}, html.encode(), NOW)


def view(**parameters: object) -> SourceView[ForumParameters]:
    return SourceView(BOARD_URL, ForumParameters.model_validate(parameters), "forum")


def read_thread(html: str, *, meta: dict[str, str] | None = None, url: str = THREAD_URL, **parameters: object) -> Parsed:
    return KIND.parse(fetched(html, url), Follow(url, THREAD, meta={"page": "1", **(meta or {})}), view(**parameters))


def test_threads_are_followed_when_board_is_read_without_selectors() -> None:
    parsed = KIND.parse(fetched(BOARD, BOARD_URL), Follow(BOARD_URL, START, meta={"page": "1"}), view())
    assert [follow.url for follow in parsed.follow] == [f"https://bbs.example.test/thread/{n}" for n in range(1001, 1006)]
    assert {follow.role for follow in parsed.follow} == {THREAD}


def test_next_page_of_board_is_followed_when_limit_allows() -> None:
    parsed = KIND.parse(fetched(BOARD, BOARD_URL), Follow(BOARD_URL, START, meta={"page": "1"}), view(page_limit=2))
    assert [follow.url for follow in parsed.follow if follow.role == START] == ["https://bbs.example.test/board/7?page=2"]


def test_thread_is_fetched_again_only_when_its_stamp_changed() -> None:
    selectors = {"row": "tr.thread-row", "threads": ".subject a", "stamp": ".replies"}
    before, same, after = (
        [follow.once_key for follow in KIND.parse(fetched(html, BOARD_URL), Follow(BOARD_URL, START), view(**selectors)).follow]
        for html in (BOARD, BOARD, BOARD.replace(">5</td>", ">6</td>"))
    )
    assert before == same
    assert all(before)
    assert before[:4] == after[:4]
    assert before[4] != after[4]


@pytest.mark.parametrize("posts", [SELECTORS.model_dump(exclude_none=True), None], ids=["given", "guessed"])
def test_posts_are_read_when_selectors_are(posts: dict[str, object] | None) -> None:
    parsed = read_thread(thread(*POSTS), **({"posts": posts} if posts else {}))
    first, second, third = parsed.documents
    assert (first.item_kind, first.native_id, first.title, first.reply_to) == (ItemKind.POST, "8001", "手柄松动了怎么办", "")
    assert first.url == THREAD_URL
    assert first.text == "上个月买的水壶，手柄松了，倒水的时候差点烫到手，有人遇到过吗？"
    assert (first.author.display_name, first.author.native_id, first.region) == ("网友1", "1", "广东")
    assert first.published_at == datetime(2026, 11, 21, 0, 11, tzinfo=UTC)
    assert (second.item_kind, second.reply_to, second.counts.likes) == (ItemKind.COMMENT, "8001", 6)
    assert second.url == f"{THREAD_URL}#8002"
    assert (third.reply_to, third.text) == ("8002", "换新的要等多久？我这边说要两个星期。")


def test_second_page_answers_the_opening_post_when_thread_goes_on() -> None:
    opened = read_thread(thread(*POSTS, further="/thread/1001?page=2"))
    (follow,) = opened.follow
    assert (follow.url, follow.role) == (f"{THREAD_URL}?page=2", THREAD)
    parsed = KIND.parse(fetched(thread(post(4, "已经换了，等了五天。"), post(5, "谢谢大家的回答。")), follow.url), follow, view())
    assert [(document.item_kind, document.reply_to) for document in parsed.documents] == [(ItemKind.COMMENT, "8001")] * 2


def test_thread_ends_when_its_page_limit_is_reached() -> None:
    assert read_thread(thread(*POSTS, further="/thread/1001?page=3"), meta={"page": "2"}, thread_page_limit=2).follow == ()


def test_empty_post_is_dropped_with_reason_when_it_is_only_a_picture() -> None:
    parsed = read_thread(thread(*POSTS, post(4, "<img src='/x.gif'>")), posts=SELECTORS.model_dump(exclude_none=True))
    assert [(drop.reason, drop.url) for drop in parsed.dropped] == [(DropReason.NO_TEXT, f"{THREAD_URL}#8004")]


def test_post_vanished_when_its_page_shows_the_others_only() -> None:
    known = Known(f"{THREAD_URL}#8002", "8002")
    assert KIND.revisit(fetched(thread(*POSTS)), known, view()).vanished is False
    assert KIND.revisit(fetched(thread(POSTS[0], POSTS[2])), known, view()).vanished is True
    assert KIND.revisit(fetched(thread(POSTS[0], POSTS[1])), Known(f"{THREAD_URL}#8003", "8003"), view()).vanished is False
    assert KIND.revisit(fetched("", status=404), known, view()).vanished is True
    assert KIND.revisit(fetched("", status=503), known, view()).vanished is False


def test_edited_post_is_given_when_revisited() -> None:
    edited = thread(POSTS[0], post(2, "更正：售后说只能维修。"), POSTS[2])
    seen = KIND.revisit(fetched(edited), Known(f"{THREAD_URL}#8002", "8002"), view())
    assert seen.document is not None
    assert (seen.document.text, seen.counts.likes) == ("更正：售后说只能维修。", 6)
