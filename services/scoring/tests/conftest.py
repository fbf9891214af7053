from pathlib import Path

import pytest

from yuqing_scoring.adapters.label_file import load_labeller
from yuqing_scoring.adapters.model_file import load
from yuqing_scoring.domain.judgement import Medium, Passage, Sentiment

OWN_SENTENCES = Path(__file__).parent / "own_sentences.tsv"


@pytest.fixture(scope="session")
def stored():
    return load()


@pytest.fixture(scope="session")
def model(stored):
    return stored.model


@pytest.fixture(scope="session")
def labeller():
    return load_labeller()


@pytest.fixture(scope="session")
def own_sentences():
    """Sentences written for these tests, 19 or 20 for each class and medium: (passage, wanted sentiment)."""
    rows = [line.split("\t") for line in OWN_SENTENCES.read_text(encoding="utf-8").splitlines()]
    return [(Passage(text, Medium(medium)), Sentiment(sentiment)) for medium, sentiment, text in rows]
