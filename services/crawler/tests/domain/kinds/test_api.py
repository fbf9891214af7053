"""JSON APIs: fields by JSONPath, pages by number, offset, cursor and link, reposts, comments and secrets."""

import json
from datetime import UTC, datetime

import pytest

from yuqing_crawler.domain.document import Author, Counts, DropReason, ItemKind
from yuqing_crawler.domain.kinds.api import COMMENTS, KIND, PAGE, ApiParameters
from yuqing_crawler.domain.kinds.kind import START, Fetched, Follow, Known, Parsed, SourceView
from yuqing_crawler.domain.kinds.registry import InvalidParametersError, parameters_from_mapping

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://weibo.example.test/api/timeline"
FIELDS = {
    "native_id": "$.id", "url": "https://weibo.example.test/status/{native_id}", "text": "$.text", "author": "$.user.name", "author_id": "$.user.id",
    "followers": "$.user.followers", "verified": "$.user.verified", "published": "$.created_at", "region": "$.region", "images": "$.pics[*]",
    "likes": "$.likes", "comments": "$.comments_count", "reposts": "$.reposts",
}  # fmt: skip


def status(number: int, minute: int = 0, **more: object) -> dict[str, object]:
    return {
        "id": number, "text": f"云杉水壶第{number}条<br/>手柄松了<span>，求助</span>", "created_at": f"Tue Nov 24 19:{minute:02d}:00 +0800 2026",
        "user": {"id": 7, "name": "林小溪", "followers": "1.2万", "verified": True}, "region": "发布于 山东", "pics": ["/p/1.jpg", "/p/1.jpg"],
        "likes": 3, "comments_count": 2, "reposts": 0, **more,
    }  # fmt: skip


def view(cursor: dict[str, str] | None = None, **parameters: object) -> SourceView[ApiParameters]:
    given = {"items": "$.statuses[*]", "fields": FIELDS, **parameters}
    return SourceView(URL, ApiParameters.model_validate(given), "microblog", cursor=cursor or {})


def fetched(value: object, url: str = URL, status_code: int = 200) -> Fetched:
    body = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Fetched(url, status_code, {"content-type": "application/json"}, body.encode(), NOW)


def read(value: object, source: SourceView[ApiParameters] | None = None, follow: Follow | None = None) -> Parsed:
    return KIND.parse(fetched(value), follow or Follow(URL, START, meta={"page": "1"}), source or view())


def test_fields_are_mapped_when_item_has_them() -> None:
    (document,) = read({"statuses": [status(1)]}).documents
    assert (document.site, document.native_id, document.url) == ("weibo.example.test", "1", "https://weibo.example.test/status/1")
    assert document.text == "云杉水壶第1条\n手柄松了，求助"
    assert document.author == Author("林小溪", "7", 12_000, verified=True)
    assert document.counts == Counts(likes=3, comments=2, reposts=0)
    assert document.published_at == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    assert (document.region, document.item_kind, document.medium, document.language) == ("山东", ItemKind.POST, "microblog", "zh")
    assert [image.url for image in document.images] == ["https://weibo.example.test/p/1.jpg"]


def test_counts_are_unknown_when_item_lacks_them() -> None:
    (document,) = read({"statuses": [{"id": 1, "text": "只有正文"}]}).documents
    assert document.counts == Counts()


def test_original_is_a_document_too_when_item_passes_it_on() -> None:
    parsed = read({"statuses": [status(2, repost=status(1))]}, view(repost="$.repost"))
    assert [(document.native_id, document.repost_of) for document in parsed.documents] == [("2", "1"), ("1", "")]


def test_deleted_original_is_dropped_when_only_a_note_is_left() -> None:
    gone = {"id": 1, "text": "抱歉，该微博已被作者删除。", "user": None}
    parsed = read({"statuses": [status(2, repost=gone)]}, view(repost="$.repost"))
    assert [(document.native_id, document.repost_of) for document in parsed.documents] == [("2", "1")]
    assert parsed.dropped[0].reason is DropReason.NO_TEXT


def test_comments_inside_answer_their_item_when_mapped() -> None:
    parsed = read({"statuses": [status(2, comments=[{"id": 9, "text": "同感"}])]}, view(replies="$.comments[*]"))
    assert [(document.item_kind, document.reply_to) for document in parsed.documents] == [(ItemKind.POST, ""), (ItemKind.COMMENT, "2")]


def test_comments_elsewhere_are_asked_for_again_only_when_their_number_changes() -> None:
    comments = {
        "address": "/api/comments?id={native_id}",
        "items": "$.list[*]",
        "fields": {"text": "$.text", "native_id": "$.id"},
        "native_id_prefix": "c",
    }
    source = view(comments=comments)
    (two,) = read({"statuses": [status(5)]}, source).follow
    (three,) = read({"statuses": [status(5, comments_count=3)]}, source).follow
    assert read({"statuses": [status(5, comments_count=0)]}, source).follow == ()
    assert (two.url, two.role) == ("https://weibo.example.test/api/comments?id=5", COMMENTS)
    assert two.once_key != three.once_key
    (document,) = KIND.parse(fetched({"list": [{"id": 5, "text": "同感"}]}), two, source).documents
    assert (document.native_id, document.reply_to, document.item_kind) == ("c5", "5", ItemKind.COMMENT)


@pytest.mark.parametrize(
    ("paging", "answer", "first", "second"),
    [
        ({"style": "page", "parameter": "page"}, {}, f"{URL}?page=1", f"{URL}?page=2"),
        (
            {"style": "offset", "parameter": "offset", "start": 0, "size": 50, "size_parameter": "limit"},
            {},
            f"{URL}?offset=0&limit=50",
            f"{URL}?offset=50&limit=50",
        ),
        ({"style": "cursor", "parameter": "since", "next": "$.next"}, {"next": 881}, URL, f"{URL}?since=881"),
        ({"style": "link", "next": "$.links.next"}, {"links": {"next": "/api/timeline/2"}}, URL, f"{URL}/2"),
    ],
)
def test_next_page_is_asked_for_when_style_is(paging: dict[str, object], answer: dict[str, object], first: str, second: str) -> None:
    source = view(paging=paging)
    (begun,) = KIND.start(source)
    assert begun.url == first
    (follow,) = KIND.parse(fetched({"statuses": [status(1)], **answer}), begun, source).follow
    assert (follow.url, follow.role, follow.meta["page"]) == (second, PAGE, "2")


@pytest.mark.parametrize("answer", [{"statuses": []}, {"statuses": [status(1)], "next": None}, {"statuses": [status(1)], "next": 0}])
def test_paging_ends_when_answer_is_the_last(answer: dict[str, object]) -> None:
    source = view(paging={"style": "cursor", "parameter": "since", "next": "$.next"})
    assert read(answer, source).follow == ()


def test_cursor_moves_only_with_the_last_page_when_run_has_several() -> None:
    source = view(paging={"style": "page", "parameter": "page", "page_limit": 2})
    first = read({"statuses": [status(9, 50), status(8, 40)]}, source)
    assert first.cursor == {}
    last = KIND.parse(fetched({"statuses": [status(7, 30)]}), first.follow[0], source)
    assert last.follow == ()
    assert last.cursor == {"newest": "2026-11-24T11:50:00+00:00"}


def test_paging_stops_when_known_items_are_reached_but_not_at_a_pinned_one() -> None:
    known = {"newest": "2026-11-24T11:45:00+00:00"}
    source = view(known, paging={"style": "page", "parameter": "page"})
    assert read({"statuses": [status(9, 50), status(8, 20)]}, source).follow == ()
    assert len(read({"statuses": [status(1, 0), status(9, 50)]}, source).follow) == 1


def test_secret_stays_a_name_when_in_header_or_query() -> None:
    source = view(headers={"Authorization": "Bearer {secret:token}"}, query={"key": "{secret:app-key}", "q": "云杉"})
    (follow,) = KIND.start(source)
    assert follow.headers["Authorization"] == "Bearer {secret:token}"
    assert "key={secret:app-key}" in follow.url
    assert "%E4%BA%91" in follow.url


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"fields": FIELDS, "headers": {"Cookie": "SUB=1234"}}, "headers"),
        ({"fields": {"text": "$.a["}}, "fields.text"),
        ({"fields": {"native_id": "$.id"}}, "fields.text"),
        ({"fields": FIELDS, "paging": {"style": "page"}}, "paging"),
        ({"fields": FIELDS, "nonsense": 1}, "nonsense"),
    ],
)
def test_parameters_are_refused_by_field_when_wrong(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidParametersError) as caught:
        parameters_from_mapping("api", wrong)
    assert field in [problem.field for problem in caught.value.problems]


def test_padded_answer_is_read_when_it_is_jsonp() -> None:
    assert len(read("callback({" + '"statuses": [{"id": 1, "text": "正文在此"}]' + "});").documents) == 1


@pytest.mark.parametrize(("answer", "reason"), [("<html>", DropReason.UNREADABLE), ({"list": []}, DropReason.NOTHING_SELECTED)])
def test_reason_is_given_when_answer_has_no_items(answer: object, reason: DropReason) -> None:
    assert read(answer).dropped[0].reason is reason


def test_item_is_asked_for_and_compared_when_revisited() -> None:
    source = view(detail="https://weibo.example.test/api/statuses/{native_id}")
    known = Known("https://weibo.example.test/status/4", "4")
    assert KIND.revisit_follow(known, source).url == "https://weibo.example.test/api/statuses/4"
    seen = KIND.revisit(fetched(status(4, likes=99)), known, source)
    assert (seen.vanished, seen.counts.likes) == (False, 99)
    assert KIND.revisit(fetched({"error": "该微博已被作者删除"}), known, source).vanished is True
    assert KIND.revisit(fetched({"error": "系统繁忙"}), known, source).vanished is False
    assert KIND.revisit(fetched("", status_code=404), known, source).vanished is True
