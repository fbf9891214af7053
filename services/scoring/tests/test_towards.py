import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_scoring.domain.judgement import Judgement, Medium, Passage, Sentiment
from yuqing_scoring.domain.names import NameFinder
from yuqing_scoring.domain.towards.attribution import Relation
from yuqing_scoring.domain.towards.evaluations import Evaluation
from yuqing_scoring.domain.towards.judging import SubjectJudge

NAMES = NameFinder.shipped()


@pytest.fixture(scope="session")
def subjects(model):
    return SubjectJudge(model, NAMES)


def spoken(subjects, text, *terms, heading=0):
    return [text[part.start : part.end] for part in subjects.towards(Passage(text), terms, heading=heading).parts]


REVIEW = "蓝鲸超市的菜一直很新鲜，包装也用心，给个赞。但是小熊快送太离谱了，送了两个小时，汤全洒了，打电话还骂人。"


def test_each_subject_has_its_own_sentiment_when_one_is_praised_and_one_is_blamed(subjects):
    passage = Passage(REVIEW, Medium.REVIEW)
    assert subjects.towards(passage, ["蓝鲸超市"]).judgement.sentiment is Sentiment.POSITIVE
    assert subjects.towards(passage, ["小熊快送"]).judgement.sentiment is Sentiment.NEGATIVE


def test_only_what_speaks_of_the_subject_is_read(subjects):
    assert spoken(subjects, REVIEW, "小熊快送") == ["但是小熊快送太离谱了，送了两个小时，汤全洒了，打电话还骂人。"]


def test_a_pronoun_carries_over_when_a_sentence_begins_with_it(subjects):
    text = "鼎盛物业收了钱不修电梯。该公司一直没有道歉。街道办得知后连夜派人到场。"
    found = subjects.towards(Passage(text), ["鼎盛物业"])
    assert [(text[part.start : part.end], part.relation) for part in found.parts] == [
        ("鼎盛物业收了钱不修电梯。", Relation.NAMED),
        ("该公司一直没有道歉。", Relation.CARRIED),
    ]


def test_another_name_ends_what_is_said_of_the_subject(subjects):
    assert spoken(subjects, "青禾乳业被责令召回，绿野食品没有问题，口碑很好。", "青禾乳业") == ["青禾乳业被责令召回，"]


def test_short_and_full_name_are_one_subject(subjects):
    text = "青岛海之蓝科技有限公司被罚。绿野食品没事。海之蓝说会改。"
    assert spoken(subjects, text, "青岛海之蓝科技有限公司") == ["青岛海之蓝科技有限公司被罚。", "海之蓝说会改。"]


def test_the_heading_is_a_passage_of_its_own(subjects):
    assert spoken(subjects, "鼎盛物业被罚 鼎盛物业表示接受", "鼎盛物业", heading=6) == ["鼎盛物业被罚", "鼎盛物业表示接受"]


def test_own_words_count_when_only_what_is_passed_on_names_the_subject(subjects):
    assert spoken(subjects, "太坑了//@甲:鼎盛物业乱收费", "鼎盛物业") == ["太坑了", "鼎盛物业乱收费"]


def test_the_whole_text_is_judged_when_it_does_not_name_the_subject(subjects, model):
    found = subjects.towards(Passage(REVIEW, Medium.REVIEW), ["鼎盛物业"])
    assert found.parts == ()
    assert found.judgement == model.judge([Passage(REVIEW, Medium.REVIEW)])[0]


def test_those_that_decided_are_marked(subjects):
    text = "鼎盛物业成立于二〇一〇年。鼎盛物业态度恶劣，太差了，垃圾！"
    found = subjects.towards(Passage(text, Medium.REVIEW), ["鼎盛物业"])
    assert [part.decisive for part in found.parts] == [False, True]
    assert found.judgement.sentiment is Sentiment.NEGATIVE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("获用户好评,主动退款", Evaluation(2, 0)),
        ("被罚款四十万元", Evaluation(0, 1)),
        ("市场监管局罚款四十万元", Evaluation(0, 0)),
        ("没拖欠工资,不违规", Evaluation(0, 0)),
        ("拖欠工资,虽然道歉及时", Evaluation(1, 1)),
    ],
)
def test_praise_and_blame_of_reports_are_counted(text, found):
    assert Evaluation.of(text) == found


def test_a_judgement_stays_when_praise_and_blame_are_even():
    judgement = Judgement(Sentiment.NEUTRAL, 0.2, 0.6, 0.2)
    assert Evaluation(1, 1).applied_to(judgement) is judgement


def test_a_judgement_moves_towards_what_a_report_tells():
    moved = Evaluation(0, 1).applied_to(Judgement(Sentiment.NEUTRAL, 0.2, 0.6, 0.2))
    assert moved.sentiment is Sentiment.NEGATIVE
    assert moved.negative > 0.5
    assert moved.negative + moved.neutral + moved.positive == pytest.approx(1)


@given(st.integers(0, 9), st.integers(0, 9), st.floats(0, 1), st.floats(0, 1))
def test_probabilities_stay_probabilities_whatever_moves_them(praise, blame, neutral, share):
    positive = (1 - neutral) * share
    moved = Evaluation(praise, blame).applied_to(Judgement(Sentiment.NEUTRAL, 1 - neutral - positive, neutral, positive))
    assert all(-1e-9 <= each <= 1 + 1e-9 for each in (moved.negative, moved.neutral, moved.positive))
    assert moved.negative + moved.neutral + moved.positive == pytest.approx(1)


@given(st.text(st.one_of(st.sampled_from("甲乙公司，。！但是//@:\n 他们其 差好"), st.characters()), max_size=80), st.integers(0, 90))
def test_passages_follow_one_another_in_any_text(subjects, text, heading):
    found = subjects.towards(Passage(text), ["甲", "公司"], heading=min(heading, len(text)))
    place = 0
    for part in found.parts:
        assert place <= part.start < part.end <= len(text)
        place = part.end
    judgement = found.judgement
    assert judgement.negative + judgement.neutral + judgement.positive == pytest.approx(1, abs=1e-4)
    if found.parts:
        assert sum(part.weight for part in found.parts) == pytest.approx(1)
        assert any(part.decisive for part in found.parts)
