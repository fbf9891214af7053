import numpy as np

from yuqing_scoring.domain.calibration import Calibration, Calibrations

PLAIN = Calibration(neutral_slope=1, neutral_pull=0, neutral_offset=0, polarity_slope=1, polarity_offset=0)
LEANING = Calibration(neutral_slope=1, neutral_pull=-1, neutral_offset=0, polarity_slope=1, polarity_offset=0, neutral_lean=0.5, positive_lean=-0.5)
BOTH = Calibrations([PLAIN, LEANING])


def column(*values):
    return np.array(values, np.float32)


def test_probabilities_follow_the_formula_when_logits_are_given():
    found = BOTH.probabilities(column(1.0), column(-1.0), np.array([0]))
    neutral, positive = 1 / (1 + np.e), 1 / (1 + 1 / np.e)
    assert np.allclose(found, [[(1 - neutral) * (1 - positive), neutral, (1 - neutral) * positive]], atol=1e-6)


def test_strong_polarity_lowers_neutral_when_the_medium_pulls():
    found = BOTH.probabilities(column(0, 4, -4), column(0, 0, 0), np.array([1, 1, 1]))
    assert found[0, 1] > found[1, 1]
    assert np.isclose(found[1, 1], found[2, 1])


def test_probabilities_sum_to_one_when_logits_are_extreme():
    found = BOTH.probabilities(column(-1e9, 1e9, 0), column(1e9, -1e9, 0), np.array([0, 0, 1]))
    assert np.allclose(found.sum(axis=1), 1)
    assert np.isfinite(found).all()


def test_the_lean_decides_when_probabilities_are_near():
    near = np.array([[0.1, 0.4, 0.5]], np.float32)
    assert BOTH.decisions(near, np.array([0])).tolist() == [2]
    assert BOTH.decisions(near, np.array([1])).tolist() == [1]
