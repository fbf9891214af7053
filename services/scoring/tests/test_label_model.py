import numpy as np
import pytest

from yuqing_scoring.domain.batch import Batch
from yuqing_scoring.domain.judgement import Judgement, Medium, Passage, Sentiment
from yuqing_scoring.domain.labels.finding import Finder
from yuqing_scoring.domain.labels.label_keys import KEYS, OPINION, PLACES
from yuqing_scoring.domain.labels.label_model import LabelModel, evidence_of
from yuqing_scoring.domain.labels.rules import rule_book

BOOK = rule_book(
    [{"rule": [{"name": "赔", "words": ["退款"], "weights": {"intent": {"complaint": 2.0}}}]}],
    {
        "bias": {"intent": {"complaint": -1.0}},
        "medium": {"review": {"intent": {"complaint": 0.5}}},
        "tone": {"negative": {"intent": {"complaint": 1.0}}},
        "other_intents": {"intent": {"opinion": -4.0}},
    },
)
COMPLAINT = PLACES["intent.complaint"]
ANGRY = Judgement(Sentiment.NEGATIVE, 1.0, 0.0, 0.0)


def logits(*passages):
    hits = Finder(BOOK.rules).hits(Batch.of(passages).signs)
    return LabelModel(BOOK.weights, BOOK.context, 0.4).logits(evidence_of(passages, hits, [ANGRY] * len(passages)))


def test_bias_medium_tone_and_words_add_up_to_the_logit():
    strength = 1 / (1 + 0.25 * (0.5 + 0.5 * 4 / 100))
    found = logits(Passage("我要退款", Medium.REVIEW), Passage("我要", Medium.REVIEW), Passage("我要", Medium.NEWS))[:, COMPLAINT]
    assert found == pytest.approx([-1 + 0.5 + 1 + 2 * strength, -1 + 0.5 + 1, -1 + 1])


def test_a_word_says_more_when_repeated_and_less_in_a_longer_text():
    once, twice, long = logits(Passage("退款" + "啊" * 60), Passage("退款退款" + "啊" * 58), Passage("退款" + "啊" * 600))[:, COMPLAINT]
    assert long < once < twice


def test_opinion_is_less_probable_when_there_is_another_intent():
    with_it, without = logits(Passage("退款"), Passage("啊"))[:, OPINION]
    assert with_it < without


def test_a_batch_without_any_word_gets_the_context_alone():
    assert logits(Passage(""), Passage("啊")).shape == (2, len(KEYS))
    assert np.isfinite(logits(Passage(""))).all()
