import gzip
import hashlib
import json

import pytest
from click.testing import CliRunner

from yuqing_scoring.adapters.model_file import CARD, DESCRIPTION, SHIPPED, WEIGHTS, load, recalibrate
from yuqing_scoring.commands.model import model as command
from yuqing_scoring.domain.calibration import Calibration, Calibrations
from yuqing_scoring.domain.judgement import Passage

LABELS = {"negative": "neg", "neutral": "neu", "positive": "pos"}


def run(*arguments):
    result = CliRunner().invoke(command, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.stdout


def machine_part(card):
    return json.loads(card.split("```json\n")[1].split("\n```", maxsplit=1)[0])


@pytest.fixture(scope="module")
def data(tmp_path_factory, own_sentences):
    """A folder of labelled sets made of the own sentences: one set a medium, every fifth row for measuring."""
    folder = tmp_path_factory.mktemp("sets")
    rows = {}
    for number, (passage, wanted) in enumerate(own_sentences):
        row_id = hashlib.sha256(passage.text.encode()).hexdigest()[:12]
        split = "train" if number % 5 else "dev"
        row = {"text": passage.text, "label": LABELS[wanted], "source": f"own_{passage.medium}", "split": split, "id": row_id}
        rows.setdefault(passage.medium, []).append(row)
    for medium, of_medium in rows.items():
        with gzip.open(folder / f"own_{medium}.jsonl.gz", "wt", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in of_medium)
    (folder / "media.json").write_text(json.dumps({f"own_{medium}": medium for medium in rows}), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """A model trained by the command on the own sentences, and what the command printed."""
    folder = tmp_path_factory.mktemp("model")
    return folder, run("train", "--no-written", "--data", data, "--out", folder)


def test_the_card_holds_the_figures_that_evaluate_prints_when_trained(data, trained):
    folder, printed = trained
    card = run("card", "--model", folder)
    assert machine_part(card)["figures"] == json.loads(run("evaluate", "--data", data, "--model", folder, "--json"))
    evaluated = run("evaluate", "--data", data, "--model", folder)
    figures = [line for line in evaluated.splitlines() if line.startswith(("| own_", "mean", "calibration"))]
    assert len(figures) == 6
    assert set(figures) <= set(card.splitlines())
    assert set(figures) <= set(printed.splitlines())


def test_the_card_names_sets_rows_licence_and_weights_when_trained(trained):
    folder, _ = trained
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "| own_news | news | 16 | 16 | 16 |" in card
    assert "licence of the training texts is unstated" in card
    part = machine_part(card)
    assert part["weights_sha256"] == hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    assert part["version"] == load(folder).model.version
    assert set(part["unseen"]) == {"own_forum", "own_microblog", "own_news", "own_review"}


def test_training_gives_the_same_files_when_repeated(data, trained, tmp_path):
    run("train", "--no-written", "--data", data, "--out", tmp_path)
    for file in (DESCRIPTION, WEIGHTS):
        assert (tmp_path / file).read_bytes() == (trained[0] / file).read_bytes()


def test_calibrating_gives_what_training_gave_and_keeps_the_weights(data, trained, tmp_path):
    for file in (DESCRIPTION, WEIGHTS):
        (tmp_path / file).write_bytes((trained[0] / file).read_bytes())
    recalibrate(tmp_path, Calibrations([Calibration(1, 0, 0, 1, 0)] * len(load(tmp_path).model.calibrations.rows)))
    assert (tmp_path / DESCRIPTION).read_bytes() != (trained[0] / DESCRIPTION).read_bytes()
    run("calibrate", "--no-written", "--data", data, "--model", tmp_path)
    for file in (DESCRIPTION, WEIGHTS):
        assert (tmp_path / file).read_bytes() == (trained[0] / file).read_bytes()
    assert machine_part((tmp_path / CARD).read_text(encoding="utf-8"))["version"] == load(tmp_path).model.version


def test_training_learns_when_the_texts_are_few(trained, own_sentences):
    seen = [(passage, wanted) for number, (passage, wanted) in enumerate(own_sentences) if number % 5]
    judgements = load(trained[0]).model.judge([passage for passage, _ in seen])
    assert sum(judgement.sentiment is wanted for judgement, (_, wanted) in zip(judgements, seen, strict=True)) > 0.9 * len(seen)


def test_the_shipped_card_is_of_the_shipped_model_when_read(stored):
    part = machine_part((SHIPPED / CARD).read_text(encoding="utf-8"))
    assert (part["name"], part["version"], part["weights_sha256"]) == (stored.model.name, stored.model.version, stored.sha256)
    figures = part["figures"]
    assert figures["three_class_macro_f1"] >= 66
    assert figures["two_class_accuracy"] >= 88.5


def test_the_shipped_model_is_small_when_committed():
    assert (SHIPPED / WEIGHTS).stat().st_size < 5_000_000


def test_a_folder_without_sets_is_named_when_training(tmp_path):
    result = CliRunner().invoke(command, ["train", "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "media.json" in result.stderr


def test_a_broken_row_is_named_when_evaluating(data, tmp_path):
    (tmp_path / "media.json").write_text('{"x": "news"}', encoding="utf-8")
    with gzip.open(tmp_path / "x.jsonl.gz", "wt", encoding="utf-8") as out:
        out.write(json.dumps({"text": "好", "label": "great", "source": "x", "split": "dev", "id": "1"}) + "\n")
    result = CliRunner().invoke(command, ["evaluate", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "'great'" in result.stderr


def test_a_text_with_neither_class_is_judged_when_trained_on_few(trained):
    [judgement] = load(trained[0]).model.judge([Passage("")])
    assert judgement.negative + judgement.neutral + judgement.positive == pytest.approx(1, abs=1e-5)
