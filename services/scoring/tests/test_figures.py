import numpy as np
import pytest

from yuqing_scoring.domain.judgement import SENTIMENTS, Judgement, Medium, Sentiment
from yuqing_scoring.training.corpus import Row
from yuqing_scoring.training.figures import calibration_error, figures_of, macro_f1

NEGATIVE, NEUTRAL, POSITIVE = SENTIMENTS


def pair(source, wanted, got, *probabilities):
    return Row(source, "id", "text", Medium.NEWS, wanted), Judgement(got, *probabilities)


def test_macro_f1_is_the_mean_of_the_classes_when_one_is_never_right():
    # negative: P 1/2 R 1 → 66.7; neutral: never hit → 0; positive: P 1 R 1/2 → 66.7
    assert macro_f1(np.array([0, 1, 2, 2]), np.array([0, 0, 2, 1])) == pytest.approx((200 / 3 + 0 + 200 / 3) / 3)


def test_a_two_class_set_is_decided_by_probability_when_the_model_says_neutral():
    judged = {"two": [pair("two", NEGATIVE, NEUTRAL, 0.3, 0.5, 0.2), pair("two", POSITIVE, NEUTRAL, 0.3, 0.5, 0.2)]}
    figures = figures_of(judged)
    assert (figures.two_class_accuracy, figures.three_class_macro_f1) == (50.0, None)
    assert figures.two_class_calibration_error == pytest.approx(0.1)


def test_a_three_class_set_is_decided_by_the_decision_when_it_leans():
    rows = [pair("three", NEUTRAL, NEGATIVE, 0.3, 0.4, 0.3), pair("three", NEGATIVE, NEGATIVE, 0.8, 0.1, 0.1)]
    assert figures_of({"three": rows}).sets["three"].accuracy == 50.0


def test_emoticon_sets_are_in_no_mean_when_measured():
    name = "weibo_senti_100k_part"
    figures = figures_of({name: [pair(name, POSITIVE, POSITIVE, 0.0, 0.0, 1.0)]})
    assert figures.sets[name].accuracy == 100.0
    assert (figures.two_class_accuracy, figures.two_class_calibration_error) == (None, None)


def test_calibration_error_is_the_gap_when_all_are_equally_sure():
    assert calibration_error([(0.9, True)] * 6 + [(0.9, False)] * 4) == pytest.approx(0.3)
    assert calibration_error([]) is None


def test_negative_has_its_own_figures_when_measured():
    rows = [pair("x", NEGATIVE, NEGATIVE, 1, 0, 0), pair("x", NEGATIVE, POSITIVE, 0, 0, 1), pair("x", POSITIVE, NEGATIVE, 1, 0, 0)]
    each = figures_of({"x": rows}).sets["x"]
    assert (each.negative_precision, each.negative_recall) == (50.0, 50.0)
    assert Sentiment.NEUTRAL not in {row.sentiment for row, _ in rows}
