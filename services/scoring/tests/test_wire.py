import pytest

from yuqing.scoring.v1 import scoring_pb2
from yuqing.type.v1 import types_pb2
from yuqing_scoring.domain.judgement import Judgement, Medium, Passage, Sentiment
from yuqing_scoring.wire import passage_of, score_of


def test_every_medium_of_the_contract_has_its_own_when_read():
    named = {name.removeprefix("MEDIUM_").lower(): number for name, number in types_pb2.Medium.items() if number}
    assert {name: passage_of(scoring_pb2.Text(text="好", medium=number)).medium.value for name, number in named.items()} == {
        medium.value: medium.value for medium in Medium
    }


@pytest.mark.parametrize("medium", [0, 99])
def test_a_medium_is_other_when_it_is_not_known(medium):
    assert passage_of(scoring_pb2.Text(text="好", medium=medium)) == Passage("好", Medium.OTHER)


def test_a_title_is_read_once_when_the_text_begins_with_it():
    assert passage_of(scoring_pb2.Text(title="起火", text="仓库昨夜起火")).text == "起火 仓库昨夜起火"
    assert passage_of(scoring_pb2.Text(title="起火", text="起火：仓库")).text == "起火：仓库"


def test_a_score_says_all_when_written():
    score = score_of("m1", Judgement(Sentiment.NEGATIVE, 0.7, 0.2, 0.1), language="zh", model=("m", "1"))
    assert (score.id, score.sentiment, score.language, score.model, score.model_version) == ("m1", types_pb2.SENTIMENT_NEGATIVE, "zh", "m", "1")
    assert (score.probabilities.negative, score.probabilities.neutral, score.probabilities.positive) == pytest.approx((0.7, 0.2, 0.1))
