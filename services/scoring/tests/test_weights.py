import numpy as np

from yuqing_scoring.domain.grams import BUCKETS, grams
from yuqing_scoring.domain.judgement import Medium
from yuqing_scoring.domain.weights import HEADS, LENGTH_EXPONENT, TRAINED_MEDIA, Tables, quantized, restored, rows_of


def test_weights_come_back_within_a_level_when_quantised():
    weights = np.random.default_rng(7).normal(size=10_000).astype(np.float32)
    largest = float(np.abs(weights).max())
    error = np.abs(restored(quantized(weights, largest), largest) - weights)
    # A level's width is 2·√(|w|·largest)/127 at |w|; half of it is the most that rounding moves.
    assert np.all(error <= np.sqrt(np.abs(weights) * largest) / 127 + largest / (4 * 127**2) + 1e-6)


def test_a_medium_adds_its_change_when_it_was_trained():
    found = grams(["好"])
    shared = np.zeros((HEADS, BUCKETS), np.float32)
    changes = np.zeros((HEADS, len(TRAINED_MEDIA), BUCKETS), np.float32)
    shared[:, found.buckets[0]] = 1.0
    changes[0, 1, found.buckets[0]] = 0.5
    tables = Tables.of(shared, changes)
    polarity, neutral = (
        values.tolist() for values in tables.logits(grams(["好"] * 4), rows_of([Medium.NEWS, Medium.FORUM, Medium.OTHER, Medium.VIDEO]))
    )
    factor = len(found.buckets) ** -LENGTH_EXPONENT
    assert np.allclose(polarity, [factor, 1.5 * factor, 1.125 * factor, 1.125 * factor], rtol=1e-3)
    assert np.allclose(neutral, [factor] * 4, rtol=1e-3)
