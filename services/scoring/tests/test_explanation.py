from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yuqing_scoring.adapters.model_file import load
from yuqing_scoring.domain.explanation import MOST_SPANS
from yuqing_scoring.domain.grams import grams, grams_in_place
from yuqing_scoring.domain.judgement import Medium, Passage, Sentiment
from yuqing_scoring.domain.reading import END, LONGEST_HEAD, LONGEST_TAIL, read, read_in_place

MODEL = load().model
PIECES = ["不", "太差了", "很好", "不滿意", "ＧＯＯＤ", "[怒]", "[", "]", "👍🏽", "❤️", "\u200b", "http://t.cn/Ab?c=1", "//@小李:", "// @a ", "@老王 "]
PIECES += [" ", "\n", "\u3000", "，", "！", "１２.5", "#话题#", "\ud83d", "\x1c", "é", "t.cn/", "哈"]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25).map("".join)


def told(explanation, text):
    """What the spans cover, strongest first."""
    return [text[span.start : span.end] for span in explanation.spans]


def total(explanation):
    parts = [explanation.bias, explanation.rest, *(span.weights for span in explanation.spans)]
    return sum(part.polarity for part in parts), sum(part.neutral for part in parts)


@settings(deadline=None, max_examples=200)
@given(texts, st.sampled_from(list(Medium)))
@example("", Medium.NEWS)
@example("太差了" * 900 + "，但是" * 300, Medium.REVIEW)
def test_all_parts_add_up_to_the_logits_when_a_text_is_of_any_kind(text, medium):
    explanation = MODEL.explain(Passage(text, medium))
    [judgement] = MODEL.judge([Passage(text, medium)])
    polarity, neutral = total(explanation)
    assert (polarity, neutral) == pytest.approx((explanation.logits.polarity, explanation.logits.neutral), abs=1e-3)
    # The probabilities follow from the sums, but for the model's single precision.
    p_neutral, p_positive = 1 / (1 + np.exp(-neutral)), 1 / (1 + np.exp(-polarity))
    wanted = ((1 - p_neutral) * (1 - p_positive), p_neutral, (1 - p_neutral) * p_positive)
    assert (judgement.negative, judgement.neutral, judgement.positive) == pytest.approx(wanted, abs=1e-4)
    assert explanation.judgement == judgement


@settings(deadline=None, max_examples=200)
@given(texts)
def test_spans_are_of_the_original_and_apart_when_a_text_is_of_any_kind(text):
    explanation = MODEL.explain(Passage(text, Medium.MICROBLOG))
    places = sorted((span.start, span.end) for span in explanation.spans)
    assert len(places) <= MOST_SPANS
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    assert not any(part.isspace() for part in told(explanation, text))


@settings(deadline=None, max_examples=300)
@given(texts)
def test_signs_stand_where_they_came_from_when_a_text_is_read_in_place(text):
    reading = read_in_place(text)
    assert reading.signs == read([text])
    assert len(reading.places) == len(reading.signs)
    flat = [edge for place in reading.places[1:-1] for edge in place]
    assert flat == sorted(flat)
    assert all(reading.stands(sign) for sign in range(1, len(reading.signs) - 1))


@settings(deadline=None)
@given(texts)
def test_grams_in_place_are_those_of_the_text_when_they_are_counted_once(text):
    found = np.concatenate([buckets for _, buckets in grams_in_place(read([text]))])
    assert np.unique(found).tolist() == grams([text]).buckets.tolist()


@pytest.mark.parametrize(
    ("text", "sign", "stands"),
    [
        ("太差[怒]了", 3, "[怒]"),
        ("看 https://t.cn/Ab?c=1 吧", 3, "https://t.cn/Ab?c=1"),
        ("坑//@小李:不", 2, "//@小李:"),
        ("坑 @小李 不", 3, "@小李"),
        ("ＧＯＯＤ這個", 5, "這"),
        ("好👍🏽！", 2, "👍🏽"),
        ("涨１２.5％", 2, "１２.5"),
        ("甲 \n\u3000乙", 2, " \n\u3000"),
        ("  甲", 1, "甲"),
    ],
)
def test_a_sign_stands_for_all_that_it_replaced_when_it_is_one_for_many(text, sign, stands):
    start, end = read_in_place(text).places[sign]
    assert text[start:end] == stands


def test_places_go_on_at_the_tail_when_a_long_text_was_cut():
    text = "头" * 5000 + " " + "尾" * 5000
    reading = read_in_place(text)
    assert reading.signs == END + "头" * LONGEST_HEAD + " " + "尾" * LONGEST_TAIL + END
    assert reading.places[LONGEST_HEAD] == (LONGEST_HEAD - 1, LONGEST_HEAD)
    assert not reading.stands(LONGEST_HEAD + 1)
    assert reading.places[LONGEST_HEAD + 2] == (len(text) - LONGEST_TAIL, len(text) - LONGEST_TAIL + 1)


@pytest.mark.parametrize(
    ("text", "medium", "sentiment", "strongest"),
    [
        ("这家店的面一点也不好吃", Medium.REVIEW, Sentiment.NEGATIVE, "不"),
        ("排了两个小时才上菜，服务太差了", Medium.REVIEW, Sentiment.NEGATIVE, "太差"),
        ("今天又加班到十二点[怒]", Medium.MICROBLOG, Sentiment.NEGATIVE, "[怒]"),
        ("這次退款很快，非常滿意", Medium.REVIEW, Sentiment.POSITIVE, "滿意"),
        ("化工厂爆炸致三人死亡 负责人已被控制", Medium.NEWS, Sentiment.NEGATIVE, "爆炸"),
    ],
)
def test_the_word_that_decides_is_among_the_first_when_it_is_plain(text, medium, sentiment, strongest):
    explanation = MODEL.explain(Passage(text, medium))
    assert explanation.judgement.sentiment is sentiment
    first = explanation.spans[:2]
    assert any(strongest in part for part in told(explanation, text)[:2]), told(explanation, text)
    assert all((span.weights.polarity > 0) is (sentiment is Sentiment.POSITIVE) for span in first)


def test_an_emoticon_is_a_span_of_its_own_when_words_beside_it_push_the_same_way():
    text = "太差了[怒]气死我了！"
    assert "[怒]" in told(MODEL.explain(Passage(text, Medium.MICROBLOG)), text)


def test_spans_are_ordered_by_what_decided_when_the_text_is_neutral():
    explanation = MODEL.explain(Passage("统计局公布上半年居民消费价格数据", Medium.NEWS))
    assert explanation.judgement.sentiment is Sentiment.NEUTRAL
    sizes = [abs(span.weights.neutral) for span in explanation.spans]
    assert len(sizes) > 1
    assert sizes == sorted(sizes, reverse=True)


def test_the_class_has_the_largest_log_probability_with_its_lean_when_it_is_decided(own_sentences):
    for passage, _ in own_sentences:
        explanation = MODEL.explain(passage)
        judgement = explanation.judgement
        leant = {
            Sentiment.NEGATIVE: np.log(judgement.negative),
            Sentiment.NEUTRAL: np.log(judgement.neutral) + explanation.neutral_lean,
            Sentiment.POSITIVE: np.log(judgement.positive) + explanation.positive_lean,
        }
        assert max(leant, key=leant.__getitem__) is judgement.sentiment
