"""The query language: what people write becomes the tree that they mean."""

from datetime import UTC, datetime

import pytest

from yuqing_text.query.parser import QueryParser, parse
from yuqing_text.query.schema import Field, Kind, Schema
from yuqing_text.query.tree import And, Bound, Everything, Near, Node, Not, OneOf, Or, Phrase, Range

A, B, C, D = (Phrase((letter,)) for letter in "abcd")


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("", Everything()),
        (" \u3000\n", Everything()),
        ("a", A),
        ("手机爆炸", Phrase(("手", "机", "爆", "炸"))),
        ("手機", Phrase(("手", "机"))),
        ("iPhone15手机", Phrase(("iphone15", "手", "机"))),
        ("ＡＢ", Phrase(("ab",))),
        ('"a b"', Phrase(("a", "b"))),
        ("“a b”", Phrase(("a", "b"))),
        ("「a b」", Phrase(("a", "b"))),
        ("『a (b)』", Phrase(("a", "b"))),
        ('"NOT a:"', Phrase(("not", "a"))),
        ("10:30", Phrase(("10", "30"))),
        ("1,000", Phrase(("1", "000"))),
        ("AT&T", Phrase(("at", "t"))),
    ],
)
def test_words_become_phrases_of_tokens_when_parsed(query: str, tree: Node) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("a b", And((A, B))),
        ("a，b、c", And((A, B, C))),
        ("a AND b c", And((A, B, C))),
        ("a OR b", Or((A, B))),
        ("a b OR c d", Or((And((A, B)), And((C, D))))),
        ("a (b OR c) d", And((A, Or((B, C)), D))),
        ("（a OR b）c", And((Or((A, B)), C))),
        ("NOT a", Not(A)),
        ("NOT NOT a", A),
        ("NOT a b", And((Not(A), B))),
        ("a NOT b OR c", Or((And((A, Not(B))), C))),
        ("NOT (a OR b)", Not(Or((A, B)))),
        ("((a) (b (c)))", And((A, B, C))),
        ("a and b", And((A, Phrase(("and",)), B))),
        ("ANDROID ORDER", And((Phrase(("android",)), Phrase(("order",))))),
    ],
)
def test_operators_bind_as_documented_when_mixed(query: str, tree: Node) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("a NEAR/5 b", Near((A,), (B,), 5)),
        ("a NEAR/0 (b OR c)", Near((A,), (B, C), 0)),
        ("（a OR b）NEAR/5 c", Near((A, B), (C,), 5)),
        ("NOT a NEAR/5 b", Not(Near((A,), (B,), 5))),
        ("a NEAR/5 b c", And((Near((A,), (B,), 5), C))),
        ("title:(a NEAR/5 b)", Near((Phrase(("a",), "title"),), (Phrase(("b",), "title"),), 5)),
    ],
)
def test_near_joins_phrases_when_written_between(query: str, tree: Node) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("site:News.Test", OneOf("site", ("news.test",))),
        ("site: a.test", OneOf("site", ("a.test",))),
        ("站点：a.test", OneOf("site", ("a.test",))),
        ("site:(a.test OR b.test OR a.test)", OneOf("site", ("a.test", "b.test"))),
        ("source:daily", OneOf("source", ("sources/daily",))),
        ("source:sources/daily", OneOf("source", ("sources/daily",))),
        ('author:"張 三"', OneOf("author", ("张 三",))),
        ("region:廣東 language:EN", And((OneOf("region", ("广东",)), OneOf("language", ("en",))))),
        ("medium:新闻", OneOf("medium", ("news",))),
        ("媒體類型:（新聞 OR forum）", OneOf("medium", ("news", "forum"))),
        ("SENTIMENT:负面", OneOf("sentiment", ("negative",))),
        ("intent:tip-off", OneOf("intent", ("tip_off",))),
        ("state:(vanished OR 已编辑)", OneOf("state", ("vanished", "edited"))),
        ("NOT site:a.test", Not(OneOf("site", ("a.test",)))),
        ("title:a", Phrase(("a",), "title")),
        ("标题:(a OR b) c", And((Or((Phrase(("a",), "title"), Phrase(("b",), "title"))), C))),
        ("title:(a NOT b)", And((Phrase(("a",), "title"), Not(Phrase(("b",), "title"))))),
    ],
)
def test_fields_filter_when_named_in_either_language(query: str, tree: Node) -> None:
    assert parse(query) == tree


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "lower", "upper"),
    [
        ("[2026-01-01 TO 2026-02-01]", utc(2025, 12, 31, 16), utc(2026, 2, 1, 16)),
        ("[2026-01-01 TO *]", utc(2025, 12, 31, 16), None),
        ("[* to 2026-01-01]", None, utc(2026, 1, 1, 16)),
        ("[* TO *]", None, None),
        ("2026-01-01", utc(2025, 12, 31, 16), utc(2026, 1, 1, 16)),
        ("2026年1月1日", utc(2025, 12, 31, 16), utc(2026, 1, 1, 16)),
        ("2026-02", utc(2026, 1, 31, 16), utc(2026, 2, 28, 16)),
        ("2025-12", utc(2025, 11, 30, 16), utc(2025, 12, 31, 16)),
        ("2026", utc(2025, 12, 31, 16), utc(2026, 12, 31, 16)),
        (">=2026-01-01", utc(2025, 12, 31, 16), None),
        (">2026-01-01", utc(2026, 1, 1, 16), None),
        ("<=2026-01-01", None, utc(2026, 1, 1, 16)),
        ("<2026-01-01", None, utc(2025, 12, 31, 16)),
        ("2026-01-01T08:30", utc(2026, 1, 1, 0, 30), utc(2026, 1, 1, 0, 31)),
        ('"2026-01-01 08:30:05"', utc(2026, 1, 1, 0, 30, 5), utc(2026, 1, 1, 0, 30, 6)),
        (">=2026-01-01T00:00:00Z", utc(2026, 1, 1), None),
        (">=2026-01-01T00:00+05:30", utc(2025, 12, 31, 18, 30), None),
    ],
)
def test_dates_cover_their_whole_span_in_the_zone_when_given(query: str, lower: datetime | None, upper: datetime | None) -> None:
    ends = (lower and Bound(lower), upper and Bound(upper, inclusive=False))
    assert parse(f"published:{query}") == Range("published", *ends)


def test_day_has_23_hours_when_the_clock_goes_forward() -> None:
    tree = parse("published:2026-03-29", zone="Europe/Berlin")
    assert tree == Range("published", Bound(utc(2026, 3, 28, 23)), Bound(utc(2026, 3, 29, 22), inclusive=False))


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("reach:[100 TO 10万]", Range("reach", Bound(100), Bound(100_000))),
        ("reach:[* TO 1.5亿]", Range("reach", None, Bound(150_000_000))),
        ("rating:4.5", Range("rating", Bound(4.5), Bound(4.5))),
        ("likes:>3", Range("likes", Bound(3, inclusive=False))),
        ("likes：＞＝3", Range("likes", Bound(3))),
        ("comments:<3", Range("comments", None, Bound(3, inclusive=False))),
        ("reposts:<=3", Range("reposts", None, Bound(3))),
        ("likes:(1 OR 2)", Or((Range("likes", Bound(1), Bound(1)), Range("likes", Bound(2), Bound(2))))),
    ],
)
def test_numbers_have_ranges_when_compared(query: str, tree: Node) -> None:
    assert parse(query) == tree


def test_another_schema_has_other_fields_when_given_to_the_parser() -> None:
    parser = QueryParser(Schema([Field("colour", Kind.ENUM, values={"red": ("红",)}), Field("note", Kind.TEXT)]), zone="UTC")
    assert parser.parse("colour:红 note:a") == And((OneOf("colour", ("red",)), Phrase(("a",), "note")))
