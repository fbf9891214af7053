import pytest

from yuqing.scoring.v1 import scoring_pb2
from yuqing.type.v1 import types_pb2
from yuqing_scoring.domain.explanation import Explanation, Span, Weights
from yuqing_scoring.domain.first_stage import Explained, Judged
from yuqing_scoring.domain.judgement import Judgement, Medium, Passage, Sentiment
from yuqing_scoring.domain.labels.text_labels import TextLabels
from yuqing_scoring.domain.names import FoundNames
from yuqing_scoring.wire import explanation_of, passage_of, score_of


def test_every_medium_of_the_contract_has_its_own_when_read():
    named = {name.removeprefix("MEDIUM_").lower(): number for name, number in types_pb2.Medium.items() if number}
    assert {name: passage_of(scoring_pb2.Text(text="好", medium=number)).medium.value for name, number in named.items()} == {
        medium.value: medium.value for medium in Medium
    }


@pytest.mark.parametrize("medium", [0, 99])
def test_a_medium_is_other_when_it_is_not_known(medium):
    assert passage_of(scoring_pb2.Text(text="好", medium=medium)) == Passage("好", Medium.OTHER)


def test_region_and_outlet_are_kept_when_they_are_told():
    passage = passage_of(scoring_pb2.Text(text="好", medium=types_pb2.MEDIUM_NEWS, region="山东", outlet="青岛日报"))
    assert passage == Passage("好", Medium.NEWS, region="山东", outlet="青岛日报")


def test_a_title_is_read_once_when_the_text_begins_with_it():
    assert passage_of(scoring_pb2.Text(title="起火", text="仓库昨夜起火")).text == "起火 仓库昨夜起火"
    assert passage_of(scoring_pb2.Text(title="起火", text="起火：仓库")).text == "起火：仓库"


def test_a_score_says_all_when_written():
    judged = Judged(Judgement(Sentiment.NEGATIVE, 0.7, 0.2, 0.1), TextLabels(offensive=0.5))
    score = score_of("m1", judged, language="zh", model=("m", "1"))
    assert (score.id, score.sentiment, score.language, score.model, score.model_version) == ("m1", types_pb2.SENTIMENT_NEGATIVE, "zh", "m", "1")
    assert (score.probabilities.negative, score.probabilities.neutral, score.probabilities.positive) == pytest.approx((0.7, 0.2, 0.1))
    assert score.labels.offensive == 0.5


def explained(title, text, *places):
    """What is told of these spans of title and text together, cut out of where they are said to be."""
    spans = [Span(start, end, Weights(start, end)) for start, end in places]
    none = Weights(0, 0)
    explanation = Explanation(Judgement(Sentiment.NEUTRAL, 0, 1, 0), spans, none, none, none, 0, 0)
    request = scoring_pb2.ExplainScoreRequest(title=title, text=text)
    reply = explanation_of(request, Explained(explanation, TextLabels(), FoundNames((), (), ())), scoring_pb2.Score())
    assert [weights.polarity for weights in (span.weights for span in (*reply.title_spans, *reply.text_spans))] == [place[0] for place in places]
    return [title[span.start : span.end] for span in reply.title_spans], [text[span.start : span.end] for span in reply.text_spans]


def test_spans_are_told_of_title_and_text_when_both_are_given():
    assert explained("起火", "仓库昨夜起火", (0, 2), (3, 5), (7, 9)) == (["起火"], ["仓库", "起火"])


def test_spans_are_of_the_text_when_it_begins_with_the_title():
    assert explained("起火", "起火：仓库", (0, 2), (3, 5)) == ([], ["起火", "仓库"])


def test_spans_are_of_the_title_when_there_is_no_text():
    assert explained("仓库起火", "", (2, 4)) == (["起火"], [])


def test_a_span_is_told_where_it_begins_when_it_goes_over_into_the_text():
    assert explained("转//", "@某人:好", (1, 8)) == (["//"], [])
