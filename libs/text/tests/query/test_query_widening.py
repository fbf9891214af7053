"""A word with a switch before it is searched for in its other written forms too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_text.query.elasticsearch import compile_query
from yuqing_text.query.errors import QueryError
from yuqing_text.query.explanation import explain
from yuqing_text.query.matcher import Candidate, Matcher
from yuqing_text.query.matcher_set import MatcherSet
from yuqing_text.query.parser import MOST_CLAUSES, parse
from yuqing_text.query.schema import may_ask_for_synonyms
from yuqing_text.query.tree import Forms, Near, Phrase, clauses, widened_words
from yuqing_text.query.widening import MOST_FORMS, Synonyms
from yuqing_text.tokens import token_strings
from yuqing_text.written_forms import as_written

SWITCHES = ("谐音", "sound", "拆字", "split", "异体", "variant", "变形", "disguised")


def forms(query, **options):
    """The forms of the only widened word."""
    (word,) = widened_words(parse(query, **options))
    return [as_written(phrase.tokens) for phrase in word.phrases]


def finds(query, text, **options):
    return Matcher(parse(query, **options)).match(Candidate({"title": "", "body": text})) is not None


@pytest.mark.parametrize(
    ("query", "found", "not_found"),
    [
        ("谐音:骗子", ("骗子", "騙子", "骗紫", "偏子", "pianzi", "PianZi"), ("片子", "马扁子", "骗", "孩子")),
        ("谐音:银行", ("yinhang", "音行"), ("银", "行")),
        ("拆字:骗子", ("马扁子", "馬扁子", "马、扁、子"), ("骗紫", "扁马子")),
        ("拆字:死", ("死", "歹匕"), ("歹 x 匕",)),
        ("异体:检验", ("検験", "検验", "檢驗"), ("检测",)),
        ("变形:骗子", ("骗紫", "马扁紫", "pianzi"), ("片子",)),
        ("谐音:拆字:骗子", ("马扁紫", "偏子"), ("片子",)),
        ("标题:谐音:骗子", (), ("骗紫",)),
        ("谐音:(骗子 OR 赌博) NEAR/2 退款", ("堵博不给退款", "骗紫：退款"), ("堵博", "堵博一二三退款")),
        ("退款 NOT 谐音:骗子", ("退款",), ("骗紫退款",)),
    ],
)
def test_a_switch_finds_other_forms_when_it_stands_before_a_word(query, found, not_found):
    assert [text for text in found if not finds(query, text)] == []
    assert [text for text in not_found if finds(query, text)] == []


def test_a_form_is_told_and_not_searched_when_it_is_a_word_of_its_own():
    (word,) = widened_words(parse("谐音:骗子"))
    assert "片子" in word.ordinary
    assert "片子" not in forms("谐音:骗子")


def test_a_form_is_left_out_when_it_is_met_between_other_words():
    assert not finds("谐音:微信", "因为新店开张")
    assert finds("谐音:支付宝", "只付宝打钱")
    assert forms("拆字:明") == ["明"]


def test_one_character_has_no_homophones_when_it_stands_alone():
    with pytest.raises(QueryError) as caught:
        parse("谐音:(骗子 OR 死)")
    assert (caught.value.code, caught.value.start, caught.value.end) == ("one_character", 10, 11)
    assert "歹匕" in forms("变形:死")
    assert "四" not in forms("变形:死")


def test_synonyms_are_those_of_the_lists_when_they_are_given():
    lists = Synonyms([["投诉", "舉報", "曝光台"], ["投诉", "差评"], ["热线"]])
    assert forms("同义:投诉", synonyms=lists) == ["投诉", "举报", "曝光台", "差评"]
    assert forms("同义:举报", synonyms=lists) == ["举报", "投诉", "曝光台"]
    assert finds("谐音:同义:投诉", "去举包他", synonyms=lists)
    with pytest.raises(QueryError) as caught:
        parse("a 同义:没有", synonyms=lists)
    assert (caught.value.code, caught.value.start, caught.value.end) == ("no_synonyms", 5, 7)


@pytest.mark.parametrize("query", ["同义:a", "同義：a", "SYNONYM:a", "谐音:近义:投诉", "b ｓｙｎｏｎｙｍ:a"])
def test_a_query_may_ask_for_synonyms_when_it_has_their_sign(query):
    assert may_ask_for_synonyms(query)
    assert not may_ask_for_synonyms(query.replace(":", " ").replace("：", " "))
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert caught.value.code == "no_synonyms"


def test_forms_count_towards_the_limits_when_there_are_many():
    (word,) = widened_words(parse("谐音:事实"))
    assert len(word.phrases) == MOST_FORMS
    assert word.left_out > MOST_FORMS
    assert clauses(parse("谐音:(事实 OR 微信)")) == 2 * MOST_FORMS
    fits = MOST_CLAUSES // MOST_FORMS
    words = ["事实", "政府", "和谐", "微信", "支付宝", "世纪", "知识", "机器", "经济", "意义", "记忆"]
    parse(f"谐音:({' OR '.join(words[:fits])})")
    with pytest.raises(QueryError) as caught:
        parse(f"谐音:({' OR '.join(words[: fits + 1])})")
    assert caught.value.code == "too_many"


@pytest.mark.parametrize("query", ["谐音:site:x", "谐音:(站点:x)", "谐音:", "谐音:(a OR published:2026)", "标题:谐音:标题:a"])
def test_a_switch_is_refused_when_no_words_follow(query):
    with pytest.raises(QueryError):
        parse(query)


def test_an_explanation_has_one_condition_when_a_word_has_many_forms():
    query = "谐音:骗子 退款"
    found = explain(parse(query), Candidate({"title": "", "body": "骗紫不给退货"}))
    assert [(query[slice(*each.place)], each.met, each.blocking) for each in found] == [("骗子", True, False), ("退款", False, True)]
    assert found[0].spans["body"] == ((0, 2),)


def test_a_near_says_which_of_its_words_have_forms():
    tree = parse("拆字:骗子 NEAR/2 退款")
    assert isinstance(tree, Near)
    assert [as_written(phrase.tokens) for phrase in tree.left] == ["骗子", "马扁子"]
    assert [word.place for word in widened_words(tree)] == [(3, 5)]


def test_the_engine_is_asked_for_each_form_in_each_part():
    asked = compile_query(parse("拆字:死"))
    assert [next(iter(clause.values())) for clause in asked["bool"]["should"]][2:4] == [
        {"title_tokens": {"query": "歹 匕", "boost": 2.0}},
        {"body_tokens": {"query": "歹 匕", "boost": 1.0}},
    ]


WORDS = st.text(alphabet="骗子微信死爆炸检验a1手机", min_size=2, max_size=6).filter(token_strings)


@given(WORDS, st.sampled_from(SWITCHES), st.data())
def test_every_form_is_found_by_itself_and_by_the_set(word, switch, data):
    tree = parse(f'a AND ({switch}:"{word}" OR zz)') if len(token_strings(word)) > 1 else parse(f'a AND (拆字:"{word}" OR zz)')
    (found,) = widened_words(tree)
    assert found.phrases[0] == Phrase(tuple(token_strings(word)))
    assert len(set(found.phrases)) == len(found.phrases) <= MOST_FORMS
    form = as_written(data.draw(st.sampled_from(found.phrases)).tokens)
    text = Candidate({"title": f"a。{form}", "body": ""})
    assert Matcher(tree).match(text)
    assert set(MatcherSet({"t": tree}).match(text)) == {"t"}
    assert isinstance(found, Forms)
