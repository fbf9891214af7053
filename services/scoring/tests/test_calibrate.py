"""How the neutral numbers of a medium are found from sets with and without neutral texts."""

import numpy as np
import pytest

from yuqing_scoring.domain.judgement import Medium, Sentiment
from yuqing_scoring.domain.weights import ROWS, TRAINED_MEDIA, row_of
from yuqing_scoring.training.calibrate import Logits, calibrations
from yuqing_scoring.training.corpus import Corpus, Row

NEWS = row_of(Medium.NEWS)


def made(*, sets):
    """A corpus with its logits. `sets` are of news: of each text label, polarity and neutral logit. Each other medium has a set as well."""
    rows, polarity, neutral = [], [], []
    others = [(medium, medium.value, THREE) for medium in TRAINED_MEDIA if medium is not Medium.NEWS]
    for medium, name, texts in [*((Medium.NEWS, name, texts) for name, texts in sets.items()), *others]:
        for number, (label, one, other) in enumerate(texts):
            rows.append(Row(name, str(number), f"{name} {number}", medium, label))
            polarity.append(one)
            neutral.append(other)
    return Corpus(rows), Logits(*(np.repeat(np.array(each, np.float32)[:, None], ROWS, axis=1) for each in (polarity, neutral)))


def spread(label, polarity, neutral, count=100):
    random = np.random.default_rng(0)
    return [(label, polarity + one, neutral + other) for one, other in random.normal(0, 1, (count, 2))]


THREE = spread(Sentiment.NEUTRAL, 0, 1) + spread(Sentiment.NEGATIVE, -2, -1) + spread(Sentiment.POSITIVE, 2, -1)
ELSEWHERE = spread(Sentiment.NEGATIVE, -4, 2) + spread(Sentiment.POSITIVE, 4, 2)
"""Texts of another style, which the neutral head takes for neutral."""


def neutral_of(found, polarity, neutral):
    return float(found.probabilities(np.array([polarity], np.float32), np.array([neutral], np.float32), np.array([NEWS]))[0, 1])


def test_strongly_negative_texts_of_another_style_are_less_neutral_when_a_two_class_set_has_them():
    alone = calibrations(*made(sets={"three": THREE}))
    beside = calibrations(*made(sets={"three": THREE, "two": ELSEWHERE}))
    assert neutral_of(beside, -4, 2) < neutral_of(alone, -4, 2)
    assert neutral_of(beside, 0, 1) == pytest.approx(neutral_of(alone, 0, 1), abs=0.1)


def test_a_large_two_class_set_says_no_more_than_a_small_one():
    small = calibrations(*made(sets={"three": THREE, "two": ELSEWHERE}))
    large = calibrations(*made(sets={"three": THREE, "two": ELSEWHERE * 20}))
    assert neutral_of(large, -4, 2) == pytest.approx(neutral_of(small, -4, 2), abs=0.01)
    assert neutral_of(large, 0, 1) == pytest.approx(neutral_of(small, 0, 1), abs=0.01)


def test_more_negative_news_is_found_when_so_much_is_to_be_found():
    corpus, logits = made(
        sets={"three": spread(Sentiment.NEUTRAL, 0, 0.3) + spread(Sentiment.NEGATIVE, -0.6, -0.3) + spread(Sentiment.POSITIVE, 1, -0.3)}
    )

    def found(least):
        calibration = calibrations(corpus, logits, {Medium.NEWS: least})
        rows = np.full(len(corpus.rows), NEWS)
        probabilities = calibration.probabilities(logits.polarity[:, NEWS], logits.neutral[:, NEWS], rows)
        return np.mean((calibration.decisions(probabilities, rows) == 0)[(corpus.sentiments == Sentiment.NEGATIVE) & (corpus.sources == "three")])

    assert found(0.7) > found(0.0)
    assert found(0.7) >= 0.7
