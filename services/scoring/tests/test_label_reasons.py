import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yuqing_scoring.adapters.label_file import load_labeller
from yuqing_scoring.adapters.model_file import load
from yuqing_scoring.domain.batch import Batch
from yuqing_scoring.domain.judgement import Medium, Passage
from yuqing_scoring.domain.labels.labeller import OFFENSIVE

MODEL, LABELLER = load().model, load_labeller()
PIECES = [
    "投诉",
    "我要投訴",
    "客服",
    "没有爆炸",
    "爆炸",
    "希望…能",
    "希望商家能",
    "本报讯",
    "吗",
    "?",
    "感谢",
    "死亡",
    "身份证号",
    "垃圾",
    "滚",
    "[怒]",
    "👍🏽",
]
PIECES += ["http://t.cn/Ab?c=1", "//@小李:", "@老王 ", "12345", "１２.5", " ", "\n", "\u3000", "。", "\u200b", "\ud83d", "é", "GOOD"]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=25).map("".join)


@settings(deadline=None, max_examples=200)
@given(texts, st.sampled_from(list(Medium)))
@example("", Medium.NEWS)
@example("本报讯" + "投诉" * 1500 + "爆炸", Medium.REVIEW)
def test_reasons_add_up_and_lie_in_the_text_when_a_text_is_of_any_kind(text, medium):
    passage = Passage(text, medium)
    [judgement] = MODEL.judge([passage])
    [labels] = LABELLER.label(Batch.of([passage]), [judgement])
    reasons = LABELLER.explain(passage, judgement)
    given = [*labels.intents, *labels.aspects, *labels.focus_areas, *labels.sensitivities]
    assert {(type(each.label), each.label) for each in given} == {(type(each.label), each.label) for each in reasons if each.label != OFFENSIVE}
    for reason in reasons:
        assert sum(span.weight for span in reason.spans) + reason.rest == pytest.approx(reason.logit, abs=1e-6)
        assert reason.probability == pytest.approx(1 / (1 + np.exp(-reason.logit)), abs=1e-6)
        assert all(0 <= span.start < span.end <= len(text) for span in reason.spans)
        assert not any(text[span.start : span.end].isspace() for span in reason.spans)


@settings(deadline=None, max_examples=100)
@given(st.lists(texts, min_size=1, max_size=6))
def test_each_text_has_its_own_labels_when_several_are_judged_at_once(several):
    passages = [Passage(text, Medium.FORUM) for text in several]
    judgements = MODEL.judge(passages)
    together = list(LABELLER.label(Batch.of(passages), judgements))
    for passage, judgement, labels in zip(passages, judgements, together, strict=True):
        [alone] = LABELLER.label(Batch.of([passage]), [judgement])
        assert [each.label for each in alone.intents] == [each.label for each in labels.intents]
        assert alone.offensive == pytest.approx(labels.offensive, abs=1e-5)
