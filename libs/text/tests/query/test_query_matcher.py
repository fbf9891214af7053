"""The matcher finds what a query asks for and says where it stands in the original text."""

from datetime import UTC, datetime

import pytest

from yuqing_text.query.matcher import Candidate, Matcher, Span
from yuqing_text.query.parser import parse


def found(query: str, title: str = "", body: str = "", **fields: object) -> list[str] | None:
    """The words that were found, in the order of the text; None where the query does not match."""
    document = Candidate({"title": title, "body": body}, fields)  # pyright: ignore[reportArgumentType]
    match = Matcher(parse(query)).match(document)
    if match is None:
        return None
    return [document.text[part][span.start : span.end] for part, spans in match.spans.items() for span in spans]


@pytest.mark.parametrize(
    ("query", "body", "words"),
    [
        ("手机", "新手機，很好", ["手機"]),
        ("火锅", "火车锅炉", None),
        ("abc", "ＡＢＣ公司", ["ＡＢＣ"]),
        ("abc", "abcd", None),
        ("iPhone15手机", "我的iphone15 手机", ["iphone15 手机"]),
        ("你好世界", "你好，世界！", ["你好，世界"]),
        ("哈哈", "哈哈哈", ["哈哈", "哈哈"]),
        ("a b", "b x a", ["b", "a"]),
        ("a OR c", "b x a", ["a"]),
        ("a NOT c", "b x a", ["a"]),
        ("NOT c", "b x a", []),
        ("NOT a", "b x a", None),
        ("a OR (b c)", "a b", ["a"]),
        ("", "a", []),
    ],
)
def test_words_are_found_where_they_stand_when_a_query_matches(query: str, body: str, words: list[str] | None) -> None:
    assert found(query, body=body) == words


@pytest.mark.parametrize(
    ("query", "body", "words"),
    [
        ("a NEAR/0 b", "a b", ["a", "b"]),
        ("a NEAR/0 b", "b a", ["b", "a"]),
        ("a NEAR/0 b", "a x b", None),
        ("a NEAR/1 b", "a x b", ["a", "b"]),
        ("a NEAR/1 b", "a x x b", None),
        ("a NEAR/1 b", "a x x b a", ["b", "a"]),
        ("a NEAR/5 a", "a", None),
        ("a NEAR/5 a", "a a", ["a", "a"]),
        ("北京 NEAR/0 北京大学", "北京大学", ["北京", "北京大学"]),
        ("北京大学 NEAR/0 北京大学", "北京大学", None),
        ("哈哈 NEAR/0 哈哈", "哈哈哈", ["哈哈", "哈哈"]),
        ("(a OR b) NEAR/0 (a OR c)", "a", None),
        ("(a OR b) NEAR/0 (a OR c)", "b a", ["b", "a"]),
        ("手机 NEAR/2 (爆炸 OR 起火)", "手机突然起火", ["手机", "起火"]),
    ],
)
def test_near_counts_the_tokens_between_when_two_occur(query: str, body: str, words: list[str] | None) -> None:
    assert found(query, body=body) == words


def test_phrase_and_near_stay_within_a_part_when_title_and_body_meet() -> None:
    assert found("手机", title="手", body="机") is None
    assert found("手 NEAR/9 机", title="手", body="机") is None
    assert found("手 机", title="手", body="机") == ["手", "机"]


def test_only_the_named_part_is_searched_when_a_query_limits_it() -> None:
    assert found("title:a", title="b", body="a") is None
    assert found("title:a", title="a", body="a") == ["a"]
    assert found("title:(a OR b) body:a", title="b", body="a") == ["b", "a"]


@pytest.mark.parametrize(
    ("query", "fields", "matches"),
    [
        ("site:a.test", {"site": "a.test"}, True),
        ("site:(b.test OR a.test)", {"site": "a.test"}, True),
        ("site:a.test", {"site": None}, False),
        ("site:a.test", {}, False),
        ("NOT site:a.test", {}, True),
        ("topic:x", {"topic": ["topics/y", "topics/x"]}, True),
        ("情感:负面", {"sentiment": "negative"}, True),
        ("reach:[10 TO 20]", {"reach": 20}, True),
        ("reach:[10 TO 20]", {"reach": 21}, False),
        ("reach:>20", {"reach": 20}, False),
        ("reach:<20", {"reach": 20}, False),
        ("reach:<20", {"reach": None}, False),
        ("reach:[* TO *]", {"reach": 0}, True),
        ("reach:[* TO *]", {}, False),
        ("published:2026-01-01", {"published": datetime(2026, 1, 1, 15, 59, 59, 999000, tzinfo=UTC)}, True),
        ("published:2026-01-01", {"published": datetime(2026, 1, 1, 16, tzinfo=UTC)}, False),
    ],
)
def test_fields_decide_when_a_query_names_them(query: str, fields: dict[str, object], matches: bool) -> None:
    assert (found(query, body="text", **fields) is not None) == matches


def test_spans_count_code_points_when_a_text_has_emoji() -> None:
    match = Matcher(parse("手机")).match(Candidate({"body": "😀😀手机"}))
    assert match is not None
    assert match.spans == {"body": (Span(2, 4),)}


def test_near_copes_when_a_text_repeats_a_word_very_often() -> None:
    match = Matcher(parse("a NEAR/100 b")).match(Candidate({"body": "a " * 20_000 + "b"}))
    assert match is not None
    assert len(match.spans["body"]) == 102
    twice = Matcher(parse("a NEAR/100 a")).match(Candidate({"body": "a " * 20_000}))
    assert twice is not None
    assert len(twice.spans["body"]) == 20_000
