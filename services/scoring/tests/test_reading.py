import pytest

from yuqing_scoring.domain.emoji import EMOTICON_OF_EMOJI
from yuqing_scoring.domain.reading import END, LINK, LONGEST_HEAD, LONGEST_TAIL, NAME, QUOTED, read


def signs(text):
    whole = read([text])
    assert whole[0] == whole[-1] == END
    return whole[1:-1]


def test_an_emoticon_is_one_sign_when_its_name_is_longer():
    angry, crying = signs("[怒]"), signs("[允悲]")
    assert len(angry) == len(crying) == 1
    assert angry != crying


def test_words_in_brackets_stay_when_they_are_no_emoticon():
    assert signs("[这是一段很长的说明文字]") == "[这是一段很长的说明文字]"


@pytest.mark.parametrize("link", ["http://t.cn/AbC12", "https://news.example.com/a?b=1", "www.example.com", "t.cn/abc"])
def test_a_link_is_one_sign_when_words_follow(link):
    assert signs(f"看{link} 好") == f"看{LINK} 好"


def test_quoted_parts_are_told_from_names_when_both_are_there():
    assert signs("太坑了//@小李:不是//@小周 :真恶心 @老王 你看") == f"太坑了{QUOTED}不是{QUOTED}真恶心 {NAME} 你看"


def test_a_full_width_repost_head_is_read_when_written_in_chinese():
    assert signs("转发 //@某人：好") == f"转发 {QUOTED}好"


def test_numbers_become_one_sign_when_they_have_decimals():
    assert signs("涨了12.5％，３天") == "涨了0%,0天"


def test_an_emoji_is_one_sign_when_it_has_a_skin_tone_and_a_selector():
    assert signs("🙏🏽") == signs("🙏") == "🙏"
    assert signs("✈️") == "✈"


def test_an_emoji_is_the_emoticon_when_both_mean_the_same():
    assert signs("👍🏽❤️😭") == signs("[赞][心][泪]")


def test_traditional_and_upper_case_read_the_same_when_normalised():
    assert signs("這家店很GOOD") == signs("这家店很good")


def test_beginning_and_end_are_kept_when_a_text_is_too_long():
    text = "头" * 5000 + "尾" * 5000
    assert signs(text) == "头" * LONGEST_HEAD + " " + "尾" * LONGEST_TAIL


def test_no_text_runs_into_the_next_when_it_holds_line_breaks():
    assert read(["甲\n乙", "", "丙\u2028丁"]) == f"{END}甲 乙{END}{END}丙 丁{END}"


@pytest.mark.parametrize("emoji", sorted(EMOTICON_OF_EMOJI))
def test_every_emoji_that_means_an_emoticon_becomes_its_sign(emoji):
    assert read([f"好{emoji}"]) == read([f"好[{EMOTICON_OF_EMOJI[emoji]}]"])
