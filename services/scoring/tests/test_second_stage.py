"""The second stage as it is shipped: what it reads, what it says, and why."""

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqing_scoring.adapters.model_file import SHIPPED, ModelProblem
from yuqing_scoring.adapters.second_stage_file import DESCRIPTION, ENCODER, TOKENIZER, has_second_stage
from yuqing_scoring.adapters.second_stage_file import load as load_second_stage
from yuqing_scoring.domain.encoder_text import LONGEST_TOKENS, encoder_text, shortened
from yuqing_scoring.domain.judgement import Medium, Passage, Sentiment
from yuqing_scoring.training.figures import macro_f1

NEGATED = Passage("不是说它不好，相反，用过的人没有一个后悔", Medium.REVIEW)


@pytest.fixture(scope="session")
def stage(stored):
    return load_second_stage(SHIPPED, stored)


@pytest.fixture
def copied(tmp_path):
    for file in (DESCRIPTION, ENCODER, TOKENIZER):
        shutil.copyfile(SHIPPED / file, tmp_path / file)
    return tmp_path


@pytest.mark.parametrize(
    ("passage", "read"),
    [
        (Passage("手機壞了", Medium.NEWS), "新闻:手机坏了"),
        (Passage("手机坏了", Medium.VIDEO), "手机坏了"),
        (Passage("看 https://e.test/a?b=1 这里 @张三 //@李四: 气死了😡"), "看 这里 @ // 气死了[怒]"),
        (Passage("好\n\n的　ＯＫ"), "好 的 ok"),
    ],
)
def test_a_passage_is_written_as_plain_text_when_the_encoder_reads_it(passage, read):
    assert " ".join(encoder_text(passage).split()) == read


def test_both_ends_are_read_when_a_text_is_long():
    assert shortened(list(range(200))) == [*range(56), *range(176, 200)]
    assert len(shortened(list(range(200)))) == LONGEST_TOKENS
    text = encoder_text(Passage("甲" * 5_000 + "乙"))
    assert len(text) < 1_000
    assert text.endswith("乙")


def test_more_own_sentences_are_judged_right_when_both_stages_judge(stage, model, own_sentences):
    passages = [passage for passage, _ in own_sentences]
    order = list(Sentiment)
    wanted = [order.index(sentiment) for _, sentiment in own_sentences]

    def quality(judge):
        return macro_f1(np.array(wanted), np.array([order.index(each.sentiment) for each in judge.judge(passages)]))

    assert quality(stage) > quality(model)


def test_probabilities_are_whole_when_a_batch_is_judged(stage, own_sentences):
    judgements = stage.judge([passage for passage, _ in own_sentences])
    assert len(judgements) == len(own_sentences)
    for judgement in judgements:
        assert judgement.negative + judgement.neutral + judgement.positive == pytest.approx(1, abs=1e-5)


def test_a_text_gets_nearly_the_same_answer_when_it_stands_beside_others(stage, own_sentences):
    passages = [passage for passage, _ in own_sentences[:40]]
    for alone, together in zip((stage.judge([passage])[0] for passage in passages), stage.judge(passages), strict=True):
        assert alone.negative == pytest.approx(together.negative, abs=0.1)


def added_up(explanation, name):
    parts = [explanation.bias, explanation.rest, *(span.weights for span in explanation.spans)]
    return sum(getattr(part, name) for part in parts)


@pytest.mark.parametrize("passage", [NEGATED, Passage("服务态度太差，退货！", Medium.REVIEW), Passage("", Medium.NEWS), Passage("很好。" * 400)])
def test_an_explanation_adds_up_when_the_encoder_takes_part(stage, passage):
    explanation = stage.explain(passage)
    for name in ("polarity", "neutral"):
        assert added_up(explanation, name) == pytest.approx(getattr(explanation.logits, name), abs=1e-3)
    for span in explanation.spans:
        assert 0 <= span.start < span.end <= len(passage.text)


def test_the_words_that_weigh_are_named_when_a_text_is_negative(stage):
    passage = Passage("服务态度太差，退货还不理人", Medium.REVIEW)
    explanation = stage.explain(passage)
    assert explanation.judgement.sentiment is Sentiment.NEGATIVE
    assert any("差" in passage.text[span.start : span.end] and span.weights.polarity < 0 for span in explanation.spans)


@settings(max_examples=30)
@given(text=st.text(max_size=300), medium=st.sampled_from(Medium))
def test_any_text_is_judged(stage, text, medium):
    [judgement] = stage.judge([Passage(text, medium)])
    assert judgement.sentiment in Sentiment


def test_a_damaged_encoder_is_named_when_the_model_is_loaded(copied, stored):
    assert has_second_stage(copied)
    content = bytearray((copied / ENCODER).read_bytes())
    content[-1] ^= 1
    (copied / ENCODER).write_bytes(content)
    with pytest.raises(ModelProblem, match=ENCODER):
        load_second_stage(copied, stored)


def test_the_second_stage_is_refused_when_its_fast_model_is_another(copied, stored):
    text = (copied / DESCRIPTION).read_text(encoding="utf-8")
    (copied / DESCRIPTION).write_text(text.replace(stored.sha256, "0" * 64), encoding="utf-8")
    with pytest.raises(ModelProblem, match="another fast model"):
        load_second_stage(copied, stored)


def test_there_is_no_second_stage_when_a_folder_holds_the_fast_one_alone(tmp_path):
    assert not has_second_stage(tmp_path)
