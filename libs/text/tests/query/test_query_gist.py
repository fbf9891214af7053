"""`大意:` finds texts that say a good part of a question, in the matcher as in the engine's query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_text.query.elasticsearch import compile_query
from yuqing_text.query.errors import QueryError
from yuqing_text.query.matcher import Candidate, Matcher
from yuqing_text.query.matcher_set import MatcherSet
from yuqing_text.query.parser import parse
from yuqing_text.query.tree import Gist, clauses

QUESTION = "大意:小区电梯坏了谁负责维修"


def finds(query, text, title=""):
    return Matcher(parse(query)).match(Candidate({"title": title, "body": text})) is not None


def pieces(query):
    tree = parse(query)
    assert isinstance(tree, Gist)
    return ["".join(phrase.tokens) for phrase in tree.phrases]


def test_a_question_is_cut_into_pairs_without_those_that_say_nothing():
    assert pieces("大意:电梯坏了谁修") == ["电梯", "梯坏", "谁修"]
    assert pieces("大意:“云岫App 的 WiFi怎么断线”") == ["云岫", "app", "wifi", "断线"]


def test_the_only_character_is_looked_for_as_it_is():
    assert pieces("大意:的") == ["的"]


@pytest.mark.parametrize("text", ["电梯坏了,由厂家负责维修", "我们小区电梯三天两头坏", "電梯壞了誰負責"])
def test_texts_are_found_that_say_much_of_it(text):
    assert finds(QUESTION, text)


@pytest.mark.parametrize("text", ["小区停电了", "谁负责这件事", "商场的扶梯坏了", ""])
def test_texts_are_not_found_that_say_little_of_it(text):
    assert not finds(QUESTION, text)


def test_pieces_count_in_title_and_text_together_but_where_one_is_named():
    assert finds(QUESTION, "负责", title="小区电梯")
    assert finds(f"标题:{QUESTION}", "", title="小区电梯维修")
    assert not finds(f"标题:{QUESTION}", "小区电梯维修", title="通知")


def test_the_engine_is_asked_for_as_many_pieces():
    query = compile_query(parse("标题:大意:电梯坏了谁修"))
    pairs = [{"match_phrase": {"title_tokens": {"query": pair, "boost": 2.0}}} for pair in ("电 梯", "梯 坏", "谁 修")]
    assert query == {"bool": {"should": pairs, "minimum_should_match": 1}}
    assert clauses(parse("标题:大意:电梯坏了谁修")) == 3


@pytest.mark.parametrize("query", ["大意:谐音:骗子", "同义:大意:投诉", "大意:电梯 NEAR/5 维修"])
def test_it_stands_alone(query):
    with pytest.raises(QueryError) as raised:
        parse(query)
    assert raised.value.code == "gist_alone"


@given(st.lists(st.sampled_from("电梯坏谁修的a "), min_size=1, max_size=12).map("".join), st.text("电梯坏谁修的a 。", max_size=20))
def test_all_at_once_finds_what_one_alone_finds(question, text):
    if not question.strip():
        return
    trees = {"gist": parse(f'大意:"{question}"'), "other": parse("电梯 OR 谁修"), "both": parse(f'大意:"{question}" AND 修')}
    candidate = Candidate({"title": "", "body": text})
    expected = {name: match for name, tree in trees.items() if (match := Matcher(tree).match(candidate))}
    assert MatcherSet(trees).match(candidate) == dict(sorted(expected.items()))
