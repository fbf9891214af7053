import json
import shutil

import numpy as np
import pytest

from yuqing_scoring.adapters.label_file import LABELS, OFFENCE, OFFENCE_WEIGHTS, load_labeller, load_offence, save_labels, save_offence
from yuqing_scoring.adapters.model_file import SHIPPED, ModelProblem
from yuqing_scoring.adapters.rule_file import load_rules
from yuqing_scoring.domain.batch import Batch
from yuqing_scoring.domain.judgement import Medium, Passage
from yuqing_scoring.domain.labels.label_keys import KEYS
from yuqing_scoring.domain.labels.labeller import OFFENSIVE
from yuqing_scoring.domain.labels.offence import OffenceModel
from yuqing_scoring.domain.labels.text_labels import Aspect, FocusArea, Intent, Sensitivity
from yuqing_scoring.training.offence.balance import groups

COMPLAINT = Passage("客服态度恶劣，等了三个小时没人管，我要投诉，要求退款！", Medium.REVIEW)
ACCIDENT = Passage("本报讯 某化工厂昨夜发生爆炸，已致3人死亡，事故原因正在调查。", Medium.NEWS)
RUDE = Passage("你就是个垃圾，滚出去，一群不要脸的蠢货", Medium.MICROBLOG)


@pytest.fixture(scope="module")
def labels_of(labeller, model):
    def labels(*passages):
        batch = Batch.of(passages)
        return list(labeller.label(batch, list(model.judge_batch(batch))))

    return labels


def first(labelled):
    return labelled[0].label if labelled else None


def test_each_kind_is_labelled_when_texts_are_plain(labels_of):
    complaint, accident = labels_of(COMPLAINT, ACCIDENT)
    assert first(complaint.intents) is Intent.COMPLAINT
    assert first(complaint.aspects) is Aspect.SERVICE
    assert first(complaint.focus_areas) is FocusArea.SERVICE_LEVEL
    assert complaint.sensitivities == []
    assert first(accident.intents) is Intent.NEWS_REPORT
    assert first(accident.focus_areas) is FocusArea.SAFETY
    assert {each.label for each in accident.sensitivities} == {Sensitivity.SAFETY, Sensitivity.DEATH}


def test_a_text_is_labelled_the_same_when_it_is_judged_beside_others(labels_of):
    [alone] = labels_of(COMPLAINT)
    assert labels_of(ACCIDENT, COMPLAINT, RUDE)[1].intents == alone.intents


def test_labels_are_told_most_probable_first_and_only_when_probable(labels_of, labeller):
    for labels in labels_of(COMPLAINT, ACCIDENT, RUDE, Passage("")):
        for kind in (labels.intents, labels.aspects, labels.focus_areas, labels.sensitivities):
            probabilities = [each.probability for each in kind]
            assert probabilities == sorted(probabilities, reverse=True)
            assert all(labeller.model.shown_from <= each <= 1 for each in probabilities)


def test_insults_are_more_offensive_than_complaints(labels_of):
    rude, complaint = labels_of(RUDE, COMPLAINT)
    assert rude.offensive > 0.5 > complaint.offensive


def test_a_name_alone_does_not_offend_when_a_sentence_merely_names_a_group(labels_of):
    sentences = groups().report
    alarms = [labels.offensive >= 0.5 for labels in labels_of(*map(Passage, sentences))]
    assert sum(alarms) / len(alarms) < 0.08


def test_reasons_add_up_when_a_label_is_explained(labeller, model):
    [judgement] = model.judge([ACCIDENT])
    reasons = labeller.explain(ACCIDENT, judgement)
    assert {reason.label for reason in reasons} >= {Intent.NEWS_REPORT, FocusArea.SAFETY, Sensitivity.DEATH}
    for reason in reasons:
        assert sum(span.weight for span in reason.spans) + reason.rest == pytest.approx(reason.logit)
        assert reason.probability == pytest.approx(1 / (1 + np.exp(-reason.logit)))
    death = next(reason for reason in reasons if reason.label is Sensitivity.DEATH)
    told = [ACCIDENT.text[span.start : span.end] for span in death.spans]
    assert any("死亡" in words for words in told)
    assert {span.rule for span in death.spans} >= {"伤亡"}


def test_reasons_are_those_of_the_labels_when_a_text_is_judged_and_explained(labeller, model, labels_of):
    [labels], [judgement] = labels_of(COMPLAINT), model.judge([COMPLAINT])
    given = [*labels.intents, *labels.aspects, *labels.focus_areas, *labels.sensitivities]
    explained = {reason.label: reason.probability for reason in labeller.explain(COMPLAINT, judgement) if reason.label != OFFENSIVE}
    assert explained == pytest.approx({each.label: each.probability for each in given})


def test_offence_is_explained_by_its_words_when_there_is_any(labeller, model):
    [judgement] = model.judge([RUDE])
    reason = labeller.explain(RUDE, judgement)[-1]
    assert reason.label == OFFENSIVE
    assert sum(span.weight for span in reason.spans) + reason.rest == pytest.approx(reason.logit)
    assert reason.spans
    assert all(span.weight > 0 for span in reason.spans)


def test_words_are_told_where_they_stand_when_signs_replaced_others(labeller, model):
    passage = Passage("🙂 http://t.cn/Abc @小李 等了三个小时，我要投诉", Medium.REVIEW)
    [judgement] = model.judge([passage])
    complaint = next(reason for reason in labeller.explain(passage, judgement) if reason.label is Intent.COMPLAINT)
    assert "我要投诉" in [passage.text[span.start : span.end] for span in complaint.spans]


def test_fitted_weights_are_kept_when_they_are_written_and_read(labeller, tmp_path):
    book = load_rules()
    save_labels(tmp_path, book, labeller.model)
    for file in (OFFENCE, OFFENCE_WEIGHTS):
        shutil.copy(SHIPPED / file, tmp_path)
    again = load_labeller(tmp_path)
    assert np.allclose(again.model.rules, labeller.model.rules)
    assert np.allclose(again.model.context.media, labeller.model.context.media)
    assert again.version == labeller.version


def test_a_rule_has_its_analysts_weights_when_it_was_never_fitted(labeller, tmp_path):
    book = load_rules()
    save_labels(tmp_path, book, labeller.model)
    for file in (OFFENCE, OFFENCE_WEIGHTS):
        shutil.copy(SHIPPED / file, tmp_path)
    description = json.loads((tmp_path / LABELS).read_text(encoding="utf-8"))
    row = next(row for row, rule in enumerate(book.rules) if rule.weights)
    del description["rules"][book.rules[row].name]
    (tmp_path / LABELS).write_text(json.dumps(description), encoding="utf-8")
    assert load_labeller(tmp_path).model.rules[row].tolist() == [book.rules[row].weights.get(place, 0.0) for place in range(len(KEYS))]


def test_offence_weights_are_refused_when_they_are_not_those_described(tmp_path):
    save_offence(tmp_path, OffenceModel(np.ones(1 << 20, np.float16), 1.0, 0.0), {})
    assert load_offence(tmp_path).weights[0] == 1
    (tmp_path / OFFENCE_WEIGHTS).write_bytes(b"x")
    with pytest.raises(ModelProblem, match="not the file"):
        load_offence(tmp_path)


def test_the_shipped_files_are_small_when_committed():
    assert sum((SHIPPED / file).stat().st_size for file in (LABELS, OFFENCE, OFFENCE_WEIGHTS)) < 2_000_000
