"""Influence and risk are sums that can be checked by hand, whatever is known of a mention; formulas are those that were published."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_indexing.domain.assessing import assess, explain
from yuqing_indexing.domain.by_hand import ByHand, Correction, Judged, LabelKind
from yuqing_indexing.domain.document import NO_COUNTS, Author, Counts, Document, Judgement, Membership, Mention
from yuqing_indexing.domain.indexes import bci, wci, wci_of_one
from yuqing_indexing.domain.labels import NO_LABELS, Label, Labels
from yuqing_indexing.domain.ranking import Carrier, Total, days_of, ranked
from yuqing_indexing.domain.searching import Selection
from yuqing_indexing.domain.weights import RISK_FACTORS, SHIPPED, BadWeights, Scale, weights_of
from yuqing_text.query.tree import Everything

START = datetime(2024, 5, 1, tzinfo=UTC)


def mention(labels=NO_LABELS, *, negative=0.9, story_size=1, judged=True, placed=True, **fields):
    document = Document(**({"source": "sources/a", "site": "e.test", "fetched": START + timedelta(hours=2), "text": "很差"} | fields))
    judgement = Judgement("h", "negative", negative, 0.0, 1 - negative, "zh", "fake", "1", START, labels) if judged else None
    membership = Membership("s", size=story_size) if placed else None
    return Mention("a" * 32, document, "h", START, START, judgement=judgement, membership=membership)


def points(parts):
    return {part.factor: part.points for part in parts}


COUNT = st.none() | st.integers(0, 10**9)
LABEL = st.builds(Label, st.sampled_from(["complaint", "praise", "safety", "law"]), st.floats(0, 1))
MENTIONS = st.builds(
    mention,
    st.builds(Labels, *(st.lists(LABEL, max_size=3).map(tuple) for _ in range(4)), st.floats(0, 1)),
    negative=st.floats(0, 1),
    story_size=st.integers(1, 10**6),
    judged=st.booleans(),
    placed=st.booleans(),
    medium=st.sampled_from(["", "news", "microblog", "forum"]),
    counts=st.builds(Counts, COUNT, COUNT, COUNT, COUNT),
    author=st.none() | st.builds(Author, followers=COUNT, verified=st.booleans()),
    published=st.none() | st.just(START),
)


@given(MENTIONS)
def test_parts_add_up_to_the_whole_when_anything_is_known_or_not(given_mention):
    explained = explain(given_mention, SHIPPED)
    assert explained.assessment == assess(given_mention, SHIPPED)
    for parts, score in ((explained.influence, explained.assessment.influence), (explained.risk, explained.assessment.risk)):
        assert math.isclose(sum(part.points for part in parts), score, abs_tol=1e-9)
        assert 0 <= score <= 100
        known = [part for part in parts if part.value is not None]
        assert math.isclose(sum(part.weight for part in parts), 100 if known else 0, abs_tol=1e-9)
        for part in parts:
            assert part.points == pytest.approx(part.weight * (part.value or 0), abs=0.00501)
            assert part.points == round(part.points, 2)
            assert (part.value is None) <= (part.weight == 0)
            assert part.value is None or 0 <= part.value <= 1


@given(MENTIONS, st.sampled_from(["likes", "comments", "reposts", "views"]), st.integers(0, 10**6), st.integers(0, 10**6))
def test_influence_does_not_fall_when_a_known_count_grows(given_mention, kind, count, more):
    fields = {name: getattr(given_mention.document, name) for name in ("medium", "author")}
    less, larger = (
        mention(**fields, counts=Counts(**({"likes": 5, "comments": 5, "reposts": 5, "views": 5} | {kind: value}))) for value in (count, count + more)
    )
    assert assess(less, SHIPPED).influence <= assess(larger, SHIPPED).influence


def test_influence_is_what_is_computed_by_hand():
    """A verified account with a million followers; 200 likes, 80 comments, 50 reposts: README has the same example."""
    post = mention(
        medium="microblog",
        author=Author("甲", followers=1_000_000, verified=True),
        counts=Counts(likes=200, comments=80, reposts=50),
        published=START,
    )
    author, interactions, reach = explain(post, SHIPPED).influence
    assert (author.weight, author.value, author.points, author.measured) == (40, 0.75, 30.0, 1_000_000)
    index = (0.2 * math.log(2) + 0.8 * (0.4 * math.log(51) + 0.4 * math.log(81) + 0.2 * math.log(201))) * 160
    assert interactions.measured == pytest.approx(index) == pytest.approx(584.26, abs=0.01)
    assert (interactions.weight, interactions.value, interactions.points) == (35, 0.2921, 10.22)
    assert (reach.measured, reach.value, reach.points) == (50_000, 0.6713, 16.78)
    assert assess(post, SHIPPED).influence == 57.0


def test_risk_is_what_is_computed_by_hand():
    labels = Labels(
        intents=(Label("question", 0.95), Label("complaint", 0.8)),
        focus_areas=(Label("product_quality", 0.7),),
        sensitivities=(Label("minors", 0.5),),
        offensive=0.2,
    )
    post = mention(
        labels,
        story_size=10,
        medium="microblog",
        author=Author("甲", followers=1_000_000, verified=True),
        counts=Counts(likes=200, comments=80, reposts=50),
        published=START,
    )
    explained = explain(post, SHIPPED)
    assert points(explained.risk) == {
        "negative": 27.0,  # 30 × 0.9
        "intent": 8.0,  # 10 × 0.8: a question is no complaint
        "sensitivity": 6.0,
        "focus_area": 5.6,
        "offensive": 1.0,
        "influence": 8.55,  # 15 × 0.57
        "speed": 4.44,  # 330 interactions in two hours: 8 × lg(166) ÷ 4
        "spread": 2.67,  # 8 × lg(10) ÷ 3
        "unverified": 0.0,
    }
    assert explained.assessment.risk == 63.26


def test_what_a_person_says_counts_when_the_model_said_otherwise():
    told = Correction("c", LabelKind.SENTIMENT, ("positive",), Judged(("negative",), "h", "fake 1"), True, "看错了", "people/a", START)
    corrected = replace(mention(), by_hand=ByHand("e", (told,)))
    assert (explain(mention(), SHIPPED).risk[0].value, explain(corrected, SHIPPED).risk[0].value) == (0.9, 0.0)


def test_what_is_not_known_leaves_its_weight_to_the_others():
    unknown = mention(medium="forum", counts=NO_COUNTS)
    author, interactions, reach = explain(unknown, SHIPPED).influence
    assert (author.weight, author.points) == (100, 20.0)
    assert (interactions.value, interactions.weight, reach.value, reach.weight) == (None, 0, None, 0)
    zero = mention(medium="forum", counts=Counts(likes=0, comments=0, reposts=0))
    assert explain(zero, SHIPPED).influence[1].value == pytest.approx(0.0111)
    assert explain(zero, SHIPPED).influence[1].weight == 35


@pytest.mark.parametrize(
    ("author", "medium", "value"),
    [
        (Author(followers=99_999_999), "forum", 1.0),
        (Author(followers=0), "news", 0.0),
        (Author(followers=9, verified=True), "forum", 0.6),
        (Author(verified=True), "", 0.6),
        (None, "news", 0.6),
        (None, "", None),
    ],
)
def test_an_account_weighs_by_its_followers_or_else_by_its_medium(author, medium, value):
    assert explain(mention(author=author, medium=medium), SHIPPED).influence[0].value == value


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ({"medium": "news"}, 0.0),
        ({"medium": "forum"}, 1.0),
        ({"medium": "forum", "author": Author(verified=True)}, 0.0),
        ({"medium": "", "author": Author()}, 1.0),
        ({"medium": ""}, None),
    ],
)
def test_a_source_is_unverified_when_neither_outlet_nor_account_vouches_for_it(document, value):
    assert explain(mention(**document), SHIPPED).risk[RISK_FACTORS.index("unverified")].value == value


def test_wci_is_that_of_the_published_formula_when_all_it_needs_is_the_same():
    """With 在看 and headlines as all the rest the formula is {0.70 ln(r+1) + …}² × 12; leaving them out shares out 0.09 and 0.1."""
    read = (0.70 * math.log(29_397) + 0.06 * math.log(10 * 72 + 1) + 0.15 * math.log(10 * 5 + 1)) / 0.91
    assert wci_of_one(29_396, 72, 5) == pytest.approx(read**2 * 12)
    assert wci([29_396, 72, 5], [29_396, 72, 5], [29_396, 72, 5]) == pytest.approx(wci_of_one(29_396, 72, 5))
    per_day, per_article, largest = (math.log(value + 1) for value in (700, 350, 600))
    mean = (0.6 * per_day + 0.2 * per_article + 0.1 * largest) / 0.9
    assert wci([700, None, None], [350, None, None], [600, None, None]) == pytest.approx(mean**2 * 12)


def test_bci_is_that_of_the_published_formula():
    expected = (0.2 * math.log(11) + 0.8 * (0.4 * math.log(1001) + 0.4 * math.log(501) + 0.2 * math.log(2001))) * 160
    assert bci(10, 1000, 500, 2000) == pytest.approx(expected)
    assert bci(10, 1000, None, None) == pytest.approx((0.2 * math.log(11) + 0.8 * math.log(1001)) * 160)


def test_who_publishes_is_ranked_by_the_larger_index_and_last_where_none_is_known():
    reads = Total(2, 1400, 1000)
    paper = Carrier("报", 4, 7, reads=reads)
    blogger = Carrier("博主", 10, 7, reposts=Total(10, 1000, 500), comments=Total(10, 500, 90), likes=Total(10, 2000, 700))
    silent = Carrier("无", 3, 7, reach=10**6)
    mean = (0.6 * math.log(1400 / 7 + 1) + 0.2 * math.log(1400 / 2 + 1) + 0.1 * math.log(1001)) / 0.9
    assert paper.wci == pytest.approx(mean**2 * 12, abs=0.005)
    assert (paper.bci, blogger.wci, silent.influence) == (None, None, None)
    assert blogger.influence == pytest.approx(blogger.bci / 20, abs=0.006)
    assert [carrier.value for carrier in ranked([silent, paper, blogger])] == ["博主", "报", "无"]


def test_days_are_those_asked_for_or_those_that_have_mentions():
    week = Selection(Everything(), start=START, end=START + timedelta(days=7))
    assert days_of(week, START, START) == 7
    assert days_of(Selection(Everything()), START, START + timedelta(days=2, hours=1)) == 3
    assert days_of(Selection(Everything()), START, START) == 1


SHIPPED_JSON = {
    "version": "9",
    "influence": {"author": 50, "interactions": 25, "reach": 25},
    "risk": dict(SHIPPED.risk.weights),
    "media": {"news": 1},
}


def test_an_organisations_own_weights_count_when_it_has_some():
    weights = weights_of(orjson.dumps(SHIPPED_JSON))
    assessed = assess(mention(medium="news"), weights)
    assert (assessed.version, assessed.influence) == ("9", 100.0)


@pytest.mark.parametrize(
    "change",
    [
        {"influence": {"author": 50, "interactions": 25, "reach": 24}},
        {"influence": {"author": 150, "interactions": -25, "reach": -25}},
        {"influence": {"author": 100}},
        {"risk": {}},
        {"media": {"news": 2}},
        {"version": ""},
        {"media": None},
    ],
)
def test_weights_are_refused_when_they_are_not_100_of_all_parts(change):
    with pytest.raises(BadWeights):
        weights_of(orjson.dumps(SHIPPED_JSON | change))
    with pytest.raises(BadWeights):
        weights_of(b"{")


def test_a_score_is_0_when_nothing_is_known_at_all():
    scale = Scale({"a": 60, "b": 40})
    unknown = [(None, None, "not known")] * 2
    assert (scale.score(unknown), [part.weight for part in scale.parts(unknown)]) == (0.0, [0.0, 0.0])
