"""Sets that were left out of training are measured by stages that never saw them, and the card tells it."""

import shutil

import pytest

from yuqing_scoring.adapters.model_file import SHIPPED
from yuqing_scoring.adapters.second_stage_file import ENCODER, TOKENIZER, UNSEEN
from yuqing_scoring.domain.judgement import Judgement, Medium, Sentiment
from yuqing_scoring.training.corpus import Corpus, Row
from yuqing_scoring.training.figures import judged_rows, negative_or_not
from yuqing_scoring.training.second_card import unseen_lines
from yuqing_scoring.training.unseen import UnseenByStage, UnseenFigures, measure_unseen, read, write

FIGURES = {"shop": UnseenByStage(fast=UnseenFigures(80, 75.0, 70.5), both=UnseenFigures(80, 81.2, 77.5))}


@pytest.fixture
def corpus(own_sentences):
    """The own sentences thrice, so that each fold has some of each; two sets a medium."""
    return Corpus(
        [
            Row(f"own_{passage.medium}_{number % 2}", f"{number}-{time}", passage.text, passage.medium, wanted)
            for time in range(3)
            for number, (passage, wanted) in enumerate(own_sentences)
        ]
    )


def test_no_stage_sees_a_set_when_it_is_left_out(corpus, tmp_path):
    shown = []

    def train_encoder(rest, folder):
        shown.extend(rest.medium_of)
        for file in (ENCODER, TOKENIZER):
            shutil.copyfile(SHIPPED / file, folder / file)

    said = []
    unseen = measure_unseen(corpus, corpus, ["own_review_1"], folder=tmp_path, train_encoder=train_encoder, say=said.append)
    assert set(shown) == set(corpus.medium_of) - {"own_review_1"}
    assert list(unseen) == ["own_review_1"]
    assert unseen["own_review_1"].both.rows == len(corpus.only("own_review_1").rows)
    assert unseen["own_review_1"].both.accuracy > unseen["own_review_1"].fast.accuracy
    assert f"reading the n-grams of {len(corpus.without(['own_review_1']).rows)} texts" in said


def test_figures_are_those_that_were_kept_when_they_are_read(tmp_path):
    assert read(tmp_path) == {}
    write(tmp_path, FIGURES)
    assert (tmp_path / UNSEEN).exists()
    assert read(tmp_path) == FIGURES


def test_the_card_tells_what_was_measured_when_sets_were_left_out():
    assert "| shop | 80 | 75.0 | 81.2 | 70.5 | 77.5 |" in list(unseen_lines(FIGURES))
    assert any("Not measured" in line for line in unseen_lines({}))


def test_neutral_counts_as_not_negative_when_negative_is_told_from_all_else():
    class Always:
        name, version = "always", "1"

        def judge(self, passages):
            return [Judgement(Sentiment.NEGATIVE, 0.3, 0.4, 0.3) for _ in passages]

    labels = [Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE, Sentiment.POSITIVE]
    rows = [Row("set", str(number), "text", Medium.NEWS, label) for number, label in enumerate(labels)]
    assert negative_or_not(judged_rows(Always(), Corpus(rows))) == 75.0
