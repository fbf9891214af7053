"""The normal form folds spellings and keeps every position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_text.normal import half_width, normalize, simplified_of, without_surrogates

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_length_is_kept_whatever_the_text_is(text: str) -> None:
    assert len(normalize(text)) == len(text)


@given(ANY_TEXT)
def test_normal_form_stays_when_it_is_normalised_again(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(ANY_TEXT, ANY_TEXT)
def test_each_code_point_is_normalised_alone_when_texts_are_joined(first: str, second: str) -> None:
    assert normalize(first + second) == normalize(first) + normalize(second)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("臺灣手機爆炸", "台湾手机爆炸"),
        ("乾燥的頭髮", "干燥的头发"),
        ("ＡＢＣ　１２３！", "abc 123!"),
        ("iPhone ÉCOLE ПРИВЕТ", "iphone école привет"),
        ("⼀⾒", "一见"),
        ("豈", "岂"),
        ("ΟΔΟΣ", "οδοσ"),
    ],
)
def test_spellings_fold_when_one_code_point_becomes_one(written: str, normal: str) -> None:
    assert normalize(written) == normal


@pytest.mark.parametrize("text", ["ß", "İ", "ﬁ", "①", "½", "ｶﾞ", "㎏", "😀", "\ud800"])
def test_text_stays_when_its_form_would_be_longer_or_another_sign(text: str) -> None:
    assert normalize(text) == text


def test_every_traditional_character_becomes_its_simplified_one_when_normalised() -> None:
    assert len(simplified_of()) > 4000
    assert [traditional for traditional in simplified_of() if normalize(traditional) == traditional] == []


def test_case_and_script_stay_when_only_width_is_folded() -> None:
    assert half_width("ＡＮＤ（臺灣）：Ａ") == "AND(臺灣):A"


@given(st.text(st.characters(exclude_categories=()), min_size=1))
def test_long_text_has_the_forms_of_its_parts_whatever_it_is(text: str) -> None:
    assert normalize(text * 100) == normalize(text) * 100


def test_a_lone_surrogate_becomes_one_writable_sign():
    assert without_surrogates("a\ud800b😀") == "a\ufffdb😀"
