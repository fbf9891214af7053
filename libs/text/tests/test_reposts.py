import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_text.reposts import repost_in, says_nothing
from yuqing_text.tokens import token_text


def test_own_words_and_those_passed_on_are_told_apart_when_marks_stand_between():
    repost = repost_in("同意//@乙: 这下麻烦了 //@甲:新炸锅又冒烟")
    assert repost is not None
    assert repost.own == "同意"
    assert [(name, words.strip()) for name, words in repost.passed_on] == [("乙", "这下麻烦了"), ("甲", "新炸锅又冒烟")]


def test_marks_are_read_when_they_are_full_width():
    repost = repost_in("／／＠甲：冒烟了")
    assert repost is not None
    assert (repost.own, repost.passed_on) == ("", (("甲", "冒烟了"),))


@pytest.mark.parametrize("text", ["", "见 https://user@example.com/x", "@甲 你看", "写信到 a@b.test：急", "一半//一半"])
def test_a_text_is_no_repost_when_it_has_no_mark(text):
    assert repost_in(text) is None


@given(st.text(max_size=40))
def test_nothing_is_lost_when_a_text_is_cut_at_its_marks(own):
    repost = repost_in(f"{own}//@甲:冒烟了")
    assert repost is not None
    assert repost.passed_on[-1] == ("甲", "冒烟了")
    if "@" not in own and "＠" not in own and not own.endswith(("/", "／")):
        assert repost.own == own


@pytest.mark.parametrize("text", ["", "转发微博", "轉發微博。", "Repost", "🙏🙏", "。"])
def test_a_repost_says_nothing_when_its_words_are_the_platforms(text):
    assert says_nothing(token_text(text))


def test_a_repost_says_something_when_it_has_a_word_of_its_own():
    assert not says_nothing(token_text("转发微博，太过分了"))
