import json

import numpy as np
import pytest

from yuqing_scoring.adapters.model_file import DESCRIPTION, SHIPPED, WEIGHTS, ModelProblem, load, save
from yuqing_scoring.domain.calibration import Calibration, Calibrations
from yuqing_scoring.domain.grams import BUCKETS, grams
from yuqing_scoring.domain.judgement import Passage
from yuqing_scoring.domain.weights import HEADS, ROWS, TRAINED_MEDIA, Tables, rows_of

CALIBRATIONS = Calibrations([Calibration(1.0, 0.0, 0.0, 1.0, 0.0)] * ROWS)


@pytest.fixture
def weights(own_sentences):
    """Weights of the size a fit gives, where the own sentences have n-grams."""
    used = np.unique(grams([passage.text for passage, _ in own_sentences]).buckets)
    random = np.random.default_rng(3)
    shared = np.zeros((HEADS, BUCKETS), np.float32)
    changes = np.zeros((HEADS, len(TRAINED_MEDIA), BUCKETS), np.float32)
    shared[:, used] = random.laplace(scale=0.4, size=(HEADS, len(used)))
    changes[:, :, used] = random.laplace(scale=0.2, size=(HEADS, len(TRAINED_MEDIA), len(used)))
    return shared, changes


def test_decisions_are_those_of_the_fit_when_weights_have_eight_bits(tmp_path, weights, own_sentences):
    shared, changes = weights
    stored = save(tmp_path, shared=shared, changes=changes, calibrations=CALIBRATIONS)
    texts, rows = [passage.text for passage, _ in own_sentences], rows_of([passage.medium for passage, _ in own_sentences])
    exact, kept = Tables.of(shared, changes).logits(grams(texts), rows), stored.model.logits(texts, rows)
    assert max(float(np.abs(one - other).max()) for one, other in zip(exact, kept, strict=True)) < 0.05
    decided = [CALIBRATIONS.decisions(CALIBRATIONS.probabilities(*logits, rows), rows) for logits in (exact, kept)]
    assert np.mean(decided[0] == decided[1]) >= 0.98


def test_files_are_equal_when_the_same_model_is_saved_twice(tmp_path, weights):
    for name in ("one", "two"):
        save(tmp_path / name, shared=weights[0], changes=weights[1], calibrations=CALIBRATIONS)
    for file in (DESCRIPTION, WEIGHTS):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_the_version_changes_when_only_the_calibration_does(tmp_path, weights):
    other = Calibrations([Calibration(1.0, 0.0, 0.1, 1.0, 0.0)] * ROWS)
    versions = {
        save(tmp_path, shared=weights[0], changes=weights[1], calibrations=calibrations).model.version for calibrations in (CALIBRATIONS, other)
    }
    assert len(versions) == 2


def shipped_copy(folder, **changes):
    description = json.loads((SHIPPED / DESCRIPTION).read_text(encoding="utf-8"))
    (folder / DESCRIPTION).write_text(json.dumps({**description, **changes}), encoding="utf-8")
    (folder / WEIGHTS).write_bytes((SHIPPED / WEIGHTS).read_bytes())
    return folder


def test_the_weights_are_refused_when_a_byte_differs(tmp_path):
    folder = shipped_copy(tmp_path)
    packed = bytearray((folder / WEIGHTS).read_bytes())
    packed[1000] ^= 1
    (folder / WEIGHTS).write_bytes(packed)
    with pytest.raises(ModelProblem, match="SHA-256"):
        load(folder)


@pytest.mark.parametrize("change", [{"version": "0.abc"}, {"calibration": {}}, {"largest": None}])
def test_a_model_is_refused_when_its_description_is_of_another_release(tmp_path, change):
    with pytest.raises(ModelProblem, match="another release"):
        load(shipped_copy(tmp_path, **change))


def test_a_missing_model_is_named_when_the_folder_is_empty(tmp_path):
    with pytest.raises(ModelProblem, match="no model in"):
        load(tmp_path)


def test_a_copy_judges_the_same_when_loaded_from_elsewhere(tmp_path, model):
    passages = [Passage("服务很差，再也不来了")]
    assert load(shipped_copy(tmp_path)).model.judge(passages) == model.judge(passages)
