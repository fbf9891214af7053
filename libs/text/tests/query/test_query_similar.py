"""`similar:` names what is to be found by meaning; what was found stands in its place before an engine is asked."""

import pytest

from yuqing_text.query.elasticsearch import compile_query
from yuqing_text.query.errors import QueryError
from yuqing_text.query.matcher import Candidate, Matcher
from yuqing_text.query.parser import QueryParser, parse
from yuqing_text.query.schema import EXACT_QUERIES, TOPIC_QUERIES
from yuqing_text.query.tree import And, OneOf, Or, Phrase, Similar, Weighted, clauses

FOUND = Weighted("story", (("stories/a", 9.5), ("stories/b", 7.0), ("stories/c", 7.0)))


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ('similar:"炸锅冒烟了"', Similar("炸锅冒烟了")),
        ("相似:炸锅冒烟", Similar("炸锅冒烟")),
        ("similar:mentions/0a1b", Similar("", "0a1b")),
        ('similar:"mentions/0a1b"', Similar("mentions/0a1b")),
        ("召回 similar:“漏水” medium:news", And((Phrase(("召", "回")), Similar("漏水"), OneOf("medium", ("news",))))),
        ("similar:(漏水 OR mentions/7)", Or((Similar("漏水"), Similar("", "7")))),
    ],
)
def test_a_text_or_a_mention_is_named_when_similar_is_asked(query, tree):
    assert parse(query) == tree


def test_its_place_is_known_when_several_are_named():
    tree = parse("a similar:(漏水 OR 停电)")
    assert isinstance(tree, And)
    assert isinstance(tree.operands[1], Or)
    assert [node.place for node in tree.operands[1].operands] == [(2, 13), (17, 19)]


@pytest.mark.parametrize(
    ("query", "code", "marked"),
    [
        ("a NOT similar:漏水", "not_similar", "similar:漏水"),
        ("NOT (a OR similar:漏水)", "not_similar", "similar:漏水"),
        ('similar:"，。"', "no_token", '"，。"'),
        ("title:(a similar:漏水)", "only_text", "title:"),
        (" ".join(["similar:漏水"] * 6), "too_many", None),
    ],
)
def test_it_is_refused_with_its_place_when_it_cannot_be_asked(query, code, marked):
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert caught.value.code == code
    assert marked is None or query[caught.value.start : caught.value.end] == marked


@pytest.mark.parametrize("schema", [EXACT_QUERIES, TOPIC_QUERIES])
def test_it_is_refused_with_its_place_when_texts_are_decided_on_alone(schema):
    with pytest.raises(QueryError) as caught:
        QueryParser(schema).parse("召回 相似:漏水")
    assert (caught.value.code, caught.value.start, caught.value.end) == ("not_here", 3, 6)
    assert "相似:" in caught.value.message_zh
    assert QueryParser(schema).parse("召回 漏水") == parse("召回 漏水")


def test_each_adds_its_weight_when_values_were_found():
    shoulds = [
        {"constant_score": {"filter": {"terms": {"story": ["stories/a"]}}, "boost": 9.5}},
        {"constant_score": {"filter": {"terms": {"story": ["stories/b", "stories/c"]}}, "boost": 7.0}},
    ]
    found = {"bool": {"should": shoulds, "minimum_should_match": 1}}
    assert compile_query(FOUND) == found
    assert compile_query(And((FOUND, OneOf("site", ("x",))))) == {"bool": {"must": [found], "filter": [{"terms": {"site": ["x"]}}]}}
    assert compile_query(Weighted("story", ())) == {"match_none": {}}


def test_the_matcher_decides_by_the_values_when_they_were_found():
    matcher = Matcher(And((Phrase(("召",)), FOUND)))
    assert matcher.match(Candidate({"body": "召回"}, {"story": "stories/b"})) is not None
    assert matcher.match(Candidate({"body": "召回"}, {"story": "stories/d"})) is None
    assert Matcher(Weighted("story", ())).match(Candidate({"body": "召回"}, {"story": "stories/a"})) is None


@pytest.mark.parametrize("ask", [compile_query, lambda tree: Matcher(tree).match(Candidate({"body": "a"}))])
def test_nothing_is_answered_when_it_was_not_found_yet(ask):
    with pytest.raises(TypeError):
        ask(parse("similar:漏水"))


def test_it_counts_as_a_hundred_when_what_a_query_asks_for_is_counted():
    assert clauses(parse("a similar:漏水")) == 101
