"""What cannot be understood is refused with a place, a reason and advice; nothing else ever comes out."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yuqing_text.query.elasticsearch import compile_query
from yuqing_text.query.errors import QueryError
from yuqing_text.query.matcher import Candidate, Matcher
from yuqing_text.query.parser import MOST_BRACKETS, MOST_CHARACTERS, MOST_CLAUSES, MOST_OPERATORS, parse
from yuqing_text.query.tree import Node


def error_of(query: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(query)
    return caught.value


@pytest.mark.parametrize(
    ("query", "code", "marked"),
    [
        ("a (b", "unclosed_bracket", "("),
        ("a) b", "unopened_bracket", ")"),
        ("reach:[1 TO 2)", "unopened_bracket", ")"),
        ('a "b', "unclosed_quote", '"'),
        ("a 「b", "unclosed_quote", "「"),
        ("a AND", "missing_after", "AND"),
        ("a AND OR b", "missing_after", "AND"),
        ("a NEAR/3 NOT b", "missing_after", "NEAR/3"),
        ("NOT", "missing_after", "NOT"),
        ("medium:", "missing_after", "medium:"),
        ("a medium: AND b", "unknown_value", "AND"),
        ("title:", "missing_after", "title:"),
        ("OR a", "missing_before", "OR"),
        ("a (OR b)", "missing_before", "OR"),
        ("a ()", "empty_brackets", "()"),
        ("a foo:b", "unknown_field", "foo:"),
        ("https://a.test", "unknown_field", "https:"),
        ("medium:paper", "unknown_value", "paper"),
        ("medium:news,forum", "value_list", "news,forum"),
        ("medium:(news forum)", "value_list", "forum"),
        ("medium:(news AND forum)", "value_list", "AND"),
        ('site:" "', "empty_value", '" "'),
        ("published:soon", "bad_date", "soon"),
        ("published:2026-02-30", "bad_date", "2026-02-30"),
        ("published:[2026-01-01 2026-02-01]", "no_range", "2026-02-01"),
        ("published:[2026-02-01 TO 2026-01-31]", "reversed_range", "2026-02-01 TO 2026-01-31"),
        ("reach:[5 TO 4]", "reversed_range", "5 TO 4"),
        ("reach:many", "bad_number", "many"),
        ("reach:999999999999999亿", "bad_number", "999999999999999亿"),
        ("a iph*", "wildcard", "iph*"),
        ("a|b", "reserved", "a|b"),
        ("a -b", "reserved", "-b"),
        ("a 😀", "no_token", "😀"),
        ("，。", "no_token", "，。"),
        ("a NEAR b", "bad_near", "NEAR"),
        ("a NEAR/x b", "bad_near", "NEAR/x"),
        ("a NEAR/101 b", "bad_near", "NEAR/101"),
        ("a NEAR/1 b NEAR/2 c", "near_chain", "NEAR/1"),
        ("a NEAR/1 (b AND c)", "near_operand", "NEAR/1"),
        ("a NEAR/1 site:b", "near_operand", "NEAR/1"),
        ("title:a NEAR/1 body:b", "near_parts", "NEAR/1"),
        ("title:(a site:b)", "only_text", "title:"),
        ("title:(body:b)", "only_text", "title:"),
        ("a [b]", "unexpected", "["),
        ("a :b", "unexpected", ":b"),
    ],
)
def test_error_marks_the_mistake_when_a_query_is_wrong(query: str, code: str, marked: str) -> None:
    error = error_of(query)
    assert (error.code, query[error.start : error.end]) == (code, marked)
    assert error.message
    assert error.message_zh
    assert bool(error.hint) == bool(error.hint_zh)
    assert "{" not in error.message + error.message_zh + error.hint + error.hint_zh


def test_place_is_in_the_original_when_signs_are_full_width() -> None:
    query = "（手机　ＯＲ　爆炸）　媒体：报纸"
    error = error_of(query)
    assert query[error.start : error.end] == "报纸"


def test_nearest_field_is_named_when_one_is_misspelt() -> None:
    assert "sentiment:" in error_of("sentimnet:负面").hint


def test_allowed_values_are_named_when_one_is_unknown() -> None:
    error = error_of("情感:坏")
    assert "negative/负面" in error.hint
    assert "negative/负面" in error.hint_zh


def test_upper_case_is_advised_when_an_operator_is_lower_case() -> None:
    assert "upper case" in error_of("medium:(news or forum)").hint


def nested(levels: int) -> str:
    query = "a"
    for level in range(levels):
        query = f"({query} {'AND' if level % 2 else 'OR'} b)"
    return query


def test_limits_are_named_when_a_query_is_too_large() -> None:
    assert parse("a" * MOST_CHARACTERS)
    assert error_of("a" * (MOST_CHARACTERS + 1)).code == "too_long"
    assert parse("(" * MOST_BRACKETS + "a" + ")" * MOST_BRACKETS)
    assert error_of("(" * (MOST_BRACKETS + 1) + "a" + ")" * (MOST_BRACKETS + 1)).code == "too_deep"
    assert parse(nested(MOST_OPERATORS))
    assert error_of(nested(MOST_OPERATORS + 1)).code == "too_deep"
    assert parse(" ".join(["a"] * MOST_CLAUSES))
    assert error_of(" ".join(["a"] * (MOST_CLAUSES + 1))).code == "too_many"


def test_pairs_count_when_near_joins_large_groups() -> None:
    many = " OR ".join(f"w{number}" for number in range(30))
    assert error_of(f"({many}) NEAR/3 ({many})").code == "too_many"


def test_parser_copes_when_not_is_repeated_a_thousand_times() -> None:
    assert parse("NOT " * 1000 + "a") == parse("a")


PIECES = st.sampled_from(
    [
        *(
            "a",
            "手机",
            "AND",
            "OR",
            "NOT",
            "NEAR/3",
            "NEAR",
            "(",
            ")",
            "[",
            "]",
            '"',
            "“",
            "”",
            "「",
            "」",
            ":",
            "：",
            "*",
            "TO",
            ">=",
            "<",
            "|",
            "-",
        ),
        *("site:", "title:", "medium:", "news", "published:", "2026-01-01", "reach:", "5", "，", " ", "\n", "foo:", "😀", "\ud800", "（", "）"),
    ]
)
QUERIES = st.one_of(
    st.text(), st.lists(PIECES, max_size=25).map("".join), st.lists(PIECES, max_size=25).map(" ".join), st.text(st.characters(exclude_categories=()))
)


@settings(max_examples=1500, deadline=None)
@example("\x00").via("a control character")
@given(QUERIES)
def test_only_a_tree_or_a_query_error_comes_out_whatever_is_written(query: str) -> None:
    outcome = tree_or_error(query)
    if isinstance(outcome, QueryError):
        assert 0 <= outcome.start <= outcome.end <= len(query)
        assert outcome.message in str(outcome)
    else:
        assert compile_query(outcome)
        Matcher(outcome).match(Candidate({"title": query, "body": "手机 a"}))


def tree_or_error(query: str) -> Node | QueryError:
    try:
        return parse(query)
    except QueryError as error:
        return error
