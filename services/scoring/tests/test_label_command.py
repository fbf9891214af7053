import gzip
import json

import numpy as np
import pytest
from click.testing import CliRunner

from yuqing_scoring.adapters.label_file import LABELS, load_labeller, load_offence
from yuqing_scoring.commands.model import model as command
from yuqing_scoring.domain.labels.label_keys import KEYS
from yuqing_scoring.training.labels.figures import agreement, measure_labels
from yuqing_scoring.training.labels.sample import labelled, own_sample


def run(*arguments):
    result = CliRunner().invoke(command, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A set without any text that the sample knows, and a set of mild and rude sentences of our own."""
    folder = tmp_path_factory.mktemp("sets")
    (folder / "media.json").write_text('{"own": "review"}', encoding="utf-8")
    with gzip.open(folder / "own.jsonl.gz", "wt", encoding="utf-8") as out:
        for split in ("train", "dev"):
            for number in range(4):
                out.write(json.dumps({"text": f"很好{number}", "label": "pos", "source": "own", "split": split, "id": f"{split}{number}"}) + "\n")
    rude = tmp_path_factory.mktemp("offensive")
    with gzip.open(rude / "cold.jsonl.gz", "wt", encoding="utf-8") as out:
        for number in range(40):
            row = {"text": f"滚{number % 5}蠢货" if number % 2 else f"你好{number % 5}朋友", "label": number % 2, "topic": "race"}
            out.write(json.dumps({**row, "split": "dev" if number > 29 else "train"}) + "\n")
    return folder, rude


def test_the_sample_is_large_and_labelled_twice_when_read():
    sample = own_sample()
    assert len(sample.ids) == len(set(sample.ids)) > 400
    assert len({passage.medium for passage in sample.passages}) == 8
    assert sample.wanted[:, :8].any(axis=1).all()
    assert set(labelled("first_pass.tsv")) == set(labelled("second_pass.tsv")) == set(sample.ids)
    assert 0.4 < sample.fitted.mean() < 0.6


def test_what_both_passes_say_is_agreed_when_adjudicated():
    first, second, agreed = labelled("first_pass.tsv"), labelled("second_pass.tsv"), labelled("agreed.tsv")
    same = [each for each in agreed if (first[each] == second[each]).all()]
    assert len(same) > 300
    assert all((agreed[each] == first[each]).all() for each in same)


def test_agreement_is_told_of_every_label_when_measured():
    kappas = agreement()
    assert list(kappas) == list(KEYS)
    assert all(0.6 < kappa <= 1 for kappa in kappas.values())


def test_precision_and_recall_are_those_of_what_is_shown():
    wanted = np.zeros((4, len(KEYS)), np.bool_)
    wanted[:2, 0] = True
    probabilities = np.zeros((4, len(KEYS)))
    probabilities[:, 0] = [0.9, 0.1, 0.5, 0.1]
    figures = measure_labels(probabilities, wanted, 0.4)
    assert (figures.labels[KEYS[0]].texts, figures.labels[KEYS[0]].precision, figures.labels[KEYS[0]].recall) == (2, 50.0, 50.0)
    assert figures.labels[KEYS[1]].precision is None
    assert figures.f1_of_kinds == {"intent": 50.0, "aspect": 0.0, "focus_area": 0.0, "sensitivity": 0.0}


def test_the_shipped_labels_hold_on_the_half_that_was_not_fitted(data):
    told = json.loads(run("labels", "--data", data[0], "--json"))
    [figures] = told["labels"].values()
    assert figures["texts"] > 200
    assert all(figures["f1_of_kinds"][kind] > 70 for kind in figures["f1_of_kinds"])
    assert figures["calibration_error"] < 0.05


def test_figures_are_printed_when_offensive_language_is_asked_for(data):
    printed = run("labels", "--data", data[0], "--data-offensive", data[1])
    assert "Cohen's kappa of the two passes: median" in printed
    assert "| sensitivity.personal_data |" in printed
    assert "offensive: rows 10" in printed


def test_training_gives_files_that_judge_when_repeated(data, tmp_path):
    outs = [tmp_path / "one", tmp_path / "two"]
    for out in outs:
        run("train-labels", "--data", data[0], "--data-offensive", data[1], "--out", out)
    one, other = ((out / LABELS).read_bytes() for out in outs)
    assert one == other
    assert load_labeller(outs[0]).version == load_labeller(outs[1]).version
    assert load_offence(outs[0]).slope > 0


def test_a_missing_set_is_named_when_training(data, tmp_path):
    result = CliRunner().invoke(command, ["train-labels", "--data", str(data[0]), "--data-offensive", str(tmp_path), "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "cold.jsonl.gz" in result.stderr
