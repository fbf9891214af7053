"""Queries compiled to Elasticsearch: text is scored and searched in both parts, fields only filter."""

import json

import pytest

from yuqing_text.query.elasticsearch import IndexFields, Query, TokenField, compile_query
from yuqing_text.query.parser import parse

ONE = IndexFields(parts={"title": TokenField("t")}, names={"site": "host"})


def compiled(query: str) -> Query:
    return compile_query(parse(query), ONE)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"match_all": {}}),
        ("a", {"term": {"t": {"value": "a", "boost": 1.0}}}),
        ("手机", {"match_phrase": {"t": {"query": "手 机", "boost": 1.0}}}),
        ("site:x", {"bool": {"filter": [{"terms": {"host": ["x"]}}]}}),
        ("NOT site:x", {"bool": {"must_not": [{"terms": {"host": ["x"]}}]}}),
        ("reach:[* TO *]", {"bool": {"filter": [{"exists": {"field": "reach"}}]}}),
        ("reach:>5", {"bool": {"filter": [{"range": {"reach": {"gt": 5}}}]}}),
        ("rating:<=4.5", {"bool": {"filter": [{"range": {"rating": {"lte": 4.5}}}]}}),
        (
            "first_seen:2026-01-01",
            {"bool": {"filter": [{"range": {"first_seen": {"gte": "2025-12-31T16:00:00Z", "lt": "2026-01-01T16:00:00Z"}}}]}},
        ),
    ],
)
def test_node_becomes_its_query_when_compiled(query: str, expected: Query) -> None:
    assert compiled(query) == expected


def test_fields_filter_and_words_score_when_joined() -> None:
    clauses = compiled("a site:x NOT b NOT site:y (site:z OR likes:3)")["bool"]
    assert isinstance(clauses, dict)
    assert {name: len(operands) for name, operands in clauses.items()} == {"must": 1, "filter": 2, "must_not": 2}


def test_both_parts_are_searched_and_title_weighs_more_when_none_is_named() -> None:
    query = compile_query(parse("手机"))
    assert query == {
        "bool": {
            "should": [
                {"match_phrase": {"title_tokens": {"query": "手 机", "boost": 2.0}}},
                {"match_phrase": {"body_tokens": {"query": "手 机", "boost": 1.0}}},
            ],
            "minimum_should_match": 1,
        }
    }


def test_one_part_is_searched_when_it_is_named() -> None:
    assert compile_query(parse("title:a")) == {"term": {"title_tokens": {"value": "a", "boost": 2.0}}}


def test_alternatives_lie_flat_when_joined_by_or() -> None:
    query = compile_query(parse("a OR b OR (c NEAR/2 d)"))
    assert isinstance(query["bool"], dict)
    assert len(query["bool"]["should"]) == 6


def test_query_is_json_whatever_it_holds() -> None:
    query = compile_query(parse('a NEAR/2 ("b c" OR 手机) published:>=2026 reach:1万 NOT (medium:news OR title:x)'))
    assert json.loads(json.dumps(query)) == query
