"""Many queries asked at once answer as each of them does alone."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from yuqing_text.query.matcher import Candidate, Matcher, Span
from yuqing_text.query.matcher_set import MatcherSet
from yuqing_text.query.parser import parse
from yuqing_text.query.tree import And, Everything, Near, Node, Not, OneOf, Or, Phrase
from yuqing_text.tokens import token_text

PARTS = st.sampled_from([None, "title", "body"])
PHRASES = st.builds(Phrase, st.lists(st.sampled_from(["a", "b", "ab", "手", "机"]), min_size=1, max_size=3).map(tuple), PARTS)
SIDES = st.lists(PHRASES, min_size=1, max_size=2).map(tuple)
LEAVES = st.one_of(PHRASES, PHRASES, st.builds(Near, SIDES, SIDES, st.integers(0, 3)), st.just(OneOf("site", ("x.test",))), st.just(Everything()))


def _with_operators(below: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, below))


TREES: st.SearchStrategy[Node] = st.recursive(LEAVES, _with_operators, max_leaves=8)
TEXTS = st.lists(st.sampled_from(["a", "b", "ab", "手", "机", " ", "。", "A", "機"]), max_size=8).map("".join)
CANDIDATES = st.builds(
    lambda title, body, site: Candidate({"title": title, "body": body}, {"site": site}), TEXTS, TEXTS, st.sampled_from(["x.test", "y.test", None])
)


def matched(queries: dict[str, str], title: str = "", body: str = "", **fields: str) -> set[str]:
    topics = {topic: parse(query) for topic, query in queries.items()}
    return set(MatcherSet(topics).match(Candidate({"title": title, "body": body}, fields)))


@settings(max_examples=400, deadline=None)
@given(st.lists(TREES, max_size=6), CANDIDATES)
def test_each_query_answers_as_if_alone_when_asked_with_others(trees: list[Node], candidate: Candidate) -> None:
    alone = {str(number): match for number, tree in enumerate(trees) if (match := Matcher(tree).match(candidate))}
    together = MatcherSet({str(number): tree for number, tree in enumerate(trees)})
    assert together.match(candidate) == alone
    cut = {part: token_text(text) for part, text in candidate.text.items()}
    assert together.match(replace(candidate, tokens=cut)) == alone


def test_a_query_matches_without_words_when_it_names_fields_or_excludes_only() -> None:
    queries = {"field": "site:x.test", "not": "NOT b", "all": "", "word": "c"}
    assert matched(queries, body="a", site="x.test") == {"field", "not", "all"}


def test_a_word_is_found_only_whole_when_it_stands_in_a_longer_one() -> None:
    assert matched({"ab": "ab", "abc": "abc", "hot": "锅"}, body="abc 火锅") == {"abc", "hot"}


def test_no_phrase_is_found_when_it_would_reach_from_title_to_body() -> None:
    assert matched({"across": "手机", "body": "body:机"}, title="手", body="机") == {"body"}


def test_spans_stand_in_the_original_when_several_queries_match() -> None:
    topics = {"one": parse("手机"), "two": parse("爆炸 OR 起火")}
    found = MatcherSet(topics).match(Candidate({"title": "", "body": "新手機，又起火"}))
    assert {topic: match.spans["body"] for topic, match in found.items()} == {"one": (Span(1, 3),), "two": (Span(5, 7),)}


def test_nothing_matches_when_there_is_no_query() -> None:
    assert MatcherSet({}).match(Candidate({"title": "a", "body": "b"})) == {}
