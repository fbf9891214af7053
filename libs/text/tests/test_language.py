"""The language of a text is told from its script, and by a model where the script leaves it open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_text.language import UNDECIDED, language, script


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("这个手机不错", "zh"),
        ("iPhone 15 Pro Max 很好用", "zh"),
        ("买iPhone15 Pro Max 512GB", "zh"),
        ("鲜の每日好喝", "zh"),
        ("#武汉加油#希望一切都好", "zh"),
        ("好饿(=ｘェｘ=)", "zh"),
        ("[good][good][good] 干净", "zh"),
        ("今日は天気がいい", "ja"),
        ("バナナ", "ja"),
        ("안녕하세요 반갑습니다", "ko"),
        ("The battery exploded at night and nobody answered", "en"),
        ("good product", "en"),
        ("la voiture est rouge", "fr"),
        ("Добрый день, очень плохой телефон", "ru"),
        ("བོད་སྐད་ཀྱི་ཚིག", "bo"),
        ("ياخشىمۇسىز", "ug"),
        ("สวัสดีครับ", "th"),
    ],
)
def test_language_is_told_when_a_text_has_words(text: str, code: str) -> None:
    assert language(text) == code


@pytest.mark.parametrize("text", ["", "😀😀", "123 456", "!!!", "https://example.test/a/b", "@someone #1", "[good][good]"])
def test_language_is_open_when_nothing_tells(text: str) -> None:
    assert language(text) == UNDECIDED


@given(st.text())
def test_language_is_a_short_code_whatever_the_text_is(text: str) -> None:
    assert 2 <= len(language(text)) <= 3


@pytest.mark.parametrize(("text", "name"), [("這個手機", "Hant"), ("这个手机", "Hans"), ("你好", "Hani"), ("这個", "Hani"), ("hello", "")])
def test_script_is_told_when_han_is_written_one_way(text: str, name: str) -> None:
    assert script(text) == name
