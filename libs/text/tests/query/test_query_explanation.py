"""Each condition of a query says whether a document meets it, where it stands in the query, and whether it is what keeps the document out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_text.query.explanation import Condition, explain
from yuqing_text.query.matcher import Candidate, Matcher, Span
from yuqing_text.query.parser import parse


def explained(query: str, body: str, **fields: object) -> list[Condition]:
    return explain(parse(query), Candidate({"title": "", "body": body}, fields))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("query", "body", "met", "blocking"),
    [
        ("手机 爆炸", "手机起火", ["手机"], ["爆炸"]),
        ("手机 (爆炸 OR 起火)", "手机起火", ["手机", "起火"], []),
        ("手机 (爆炸 OR 起火)", "手机", ["手机"], ["爆炸", "起火"]),
        ("手机 NOT 招聘", "手机招聘", ["手机", "招聘"], ["招聘"]),
        ("手机 NOT (招聘 OR 转让)", "手机转让", ["手机", "转让"], ["转让"]),
        ("NOT (a b)", "a b", ["a", "b"], ["a", "b"]),
        ("a NEAR/1 (b OR c)", "a x x b", [], ["a NEAR/1 (b OR c"]),
        ("標題：(手機 OR 爆炸)", "手机", [], ["手機", "爆炸"]),
        ("媒体:(新闻 OR 论坛) a", "a", ["a"], ["媒体:(新闻 OR 论坛"]),
        ("reach:>1万", "a", [], ["reach:>1万"]),
        ("published:(2026-01 OR 2026-02)", "a", [], ["published:(2026-01", "2026-02"]),
        ("likes:[1 TO *]", "a", [], ["likes:[1 TO *"]),
    ],
)
def test_conditions_tell_what_is_met_and_what_blocks_when_a_text_is_compared(query: str, body: str, met: list[str], blocking: list[str]) -> None:
    conditions = explained(query, body)
    assert [query[slice(*each.place)] for each in conditions if each.met] == met
    assert [query[slice(*each.place)] for each in conditions if each.blocking] == blocking


def test_spans_show_what_a_condition_found_when_it_is_excluded_too() -> None:
    conditions = explained("手机 NOT 招聘", "新手機招聘")
    assert [each.excluded for each in conditions] == [False, True]
    assert [each.spans["body"] for each in conditions] == [(Span(1, 3),), (Span(3, 5),)]


@given(
    st.lists(st.sampled_from(["a", "b", "c", "NOT", "OR", "(", ")", "a NEAR/1 b", "site:x"]), max_size=9).map(" ".join),
    st.lists(st.sampled_from("abc"), max_size=4).map(" ".join),
)
def test_something_blocks_exactly_when_the_query_does_not_match(query: str, body: str) -> None:
    try:
        tree = parse(query)
    except ValueError:
        return
    candidate = Candidate({"body": body})
    matches = Matcher(tree).match(candidate) is not None
    assert any(each.blocking for each in explain(tree, candidate)) == (not matches)
