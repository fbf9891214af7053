import numpy as np
import pytest

from yuqing_scoring.adapters.rule_file import load_rules
from yuqing_scoring.domain.batch import Batch
from yuqing_scoring.domain.judgement import Medium, Passage
from yuqing_scoring.domain.labels.finding import Finder
from yuqing_scoring.domain.labels.label_keys import PLACES
from yuqing_scoring.domain.labels.rules import RuleProblem, rule_book

CONTEXT = {
    "bias": {"intent": {"opinion": 0.5}},
    "medium": {"news": {"aspect": {"image": 1.0}}},
    "tone": {},
    "other_intents": {"intent": {"opinion": -4.0}},
}


def book(*rules):
    return rule_book([{"rule": list(rules)}], CONTEXT)


def found(rules, *texts):
    """The (text, rule, words) that the rules find."""
    made = book(*rules)
    signs = Batch.of([Passage(text) for text in texts]).signs
    hits = Finder(made.rules).hits(signs)
    return [
        (text, made.rules[rule].name, signs[start:end].strip("\n"))
        for text, rule, start, end in zip(hits.texts, hits.rules, hits.starts, hits.ends, strict=True)
    ]


def test_words_are_found_in_their_texts_when_several_are_read_at_once():
    rules = [{"name": "赔", "words": ["退款", "赔偿"]}, {"name": "谢", "words": ["感谢"]}]
    assert found(rules, "要求退款并賠償", "没有", "感谢") == [(0, "赔", "退款"), (0, "赔", "赔偿"), (2, "谢", "感谢")]


def test_a_word_inside_a_longer_one_does_not_count():
    rules = [{"name": "满意", "words": ["满意"]}, {"name": "不满意", "words": ["不满意"]}, {"name": "挡", "words": ["满意度调查"]}]
    assert found(rules, "不满意", "满意度调查", "满意") == [(0, "不满意", "不满意"), (1, "挡", "满意度调查"), (2, "满意", "满意")]


@pytest.mark.parametrize("text", ["没有爆炸", "未发生爆炸", "没有出现任何爆炸", "并非爆炸", "无爆炸"])
def test_a_negated_word_does_not_count_when_the_rule_can_be_negated(text):
    assert found([{"name": "事故", "words": ["爆炸"], "negatable": True}], text) == []
    assert len(found([{"name": "事故", "words": ["爆炸"]}], text)) == 1


def test_a_negation_of_something_else_changes_nothing():
    assert len(found([{"name": "事故", "words": ["爆炸"], "negatable": True}], "没有人知道为什么会爆炸")) == 1


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("希望商家改进", ["希望商家改"]),
        ("希望改", ["希望改"]),
        ("希望大家都好。请改", []),
        ("希望一二三四五六七八九改", []),
        ("改希望", []),
    ],
)
def test_a_pair_counts_when_it_stands_in_one_clause_in_order(text, wanted):
    assert [words for _, _, words in found([{"name": "建议", "words": ["希望…改", "希望…加"]}], text)] == wanted


def test_ends_of_a_text_are_kept_apart_when_words_ask_for_them():
    rules = [{"name": "电头", "words": ["^本报讯"]}, {"name": "问", "words": ["吗$"]}]
    assert found(rules, "好吗", "本报讯 好", "说本报讯 好吗?") == [(0, "问", "吗"), (1, "电头", "本报讯")]


def test_words_are_found_when_a_text_has_a_lone_surrogate():
    assert found([{"name": "谢", "words": ["感谢"]}], "\ud83d感谢") == [(0, "谢", "感谢")]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"name": "a", "words": ["12345"]}, "'12345' cannot be looked for"),
        ({"name": "a", "words": ["甲…乙…丙"]}, "cannot be looked for"),
        ({"name": "a", "words": ["…乙"]}, "cannot be looked for"),
        ({"name": "a", "words": ["甲"], "weights": {"intent": {"rage": 1.0}}}, "no label intent.rage"),
        ({"name": "a", "words": ["甲"], "weight": {}}, "has ['weight']"),
    ],
)
def test_a_rule_is_refused_when_it_cannot_be(rule, message):
    with pytest.raises(RuleProblem, match=message.replace("[", r"\[")):
        book(rule)


def test_two_rules_of_one_name_are_refused():
    with pytest.raises(RuleProblem, match="two rules"):
        book({"name": "a", "words": ["甲"]}, {"name": "a", "words": ["乙"]})


def test_context_is_read_for_each_label_and_medium():
    context = book().context
    assert context.bias[PLACES["intent.opinion"]] == 0.5
    assert context.media[list(Medium).index(Medium.NEWS), PLACES["aspect.image"]] == 1.0
    assert np.count_nonzero(context.media) == 1


def test_the_shipped_rules_speak_for_every_label():
    weights = load_rules().weights
    assert ((weights > 0).any(axis=0) | (np.arange(len(PLACES)) == PLACES["intent.opinion"])).all()


def test_the_folder_is_named_when_it_holds_no_rules(tmp_path):
    with pytest.raises(RuleProblem, match="cannot be read"):
        load_rules(tmp_path)
