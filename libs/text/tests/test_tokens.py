"""Texts are cut into the same tokens everywhere, and each token knows where it stands."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_text.normal import normalize
from yuqing_text.tokens import LONGEST_TOKEN, Token, token_strings, token_text, tokens

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("买了iPhone15手機", "买 了 iphone15 手 机"),
        ("３.１４ v2.0", "3 14 v2 0"),
        ("火车锅炉", "火 车 锅 炉"),
        ("こんにちは世界", "こんにちは 世 界"),
        ("안녕하세요 Привет", "안녕하세요 привет"),
        ("café", "caf é"),
        ("二〇二六年，人々", "二 〇 二 六 年 人 々"),
        ("𠮷野家", "𠮷 野 家"),
        ("a_b—c…【快讯】😀👍🏻", "a b c 快 讯"),
        ("", ""),
    ],
)
def test_tokens_are_cut_by_script_when_a_text_mixes_them(text: str, expected: str) -> None:
    assert token_text(text) == expected


def test_span_points_into_the_original_when_forms_are_folded() -> None:
    assert list(tokens("（ＡＢ機）")) == [Token("ab", 1, 3), Token("机", 3, 4)]


def test_run_is_cut_when_it_is_longer_than_the_index_keeps_whole() -> None:
    assert [len(token) for token in token_strings("x" * (LONGEST_TOKEN + 5))] == [LONGEST_TOKEN, 5]


@given(ANY_TEXT)
def test_spans_lead_back_to_the_tokens_whatever_the_text_is(text: str) -> None:
    found = list(tokens(text))
    assert [normalize(text[token.start : token.end]) for token in found] == token_strings(text)
    assert all(first.end <= second.start for first, second in pairwise(found))


@given(ANY_TEXT)
def test_whitespace_gives_back_the_tokens_whatever_the_text_is(text: str) -> None:
    assert token_text(text).split() == token_strings(text)
    assert all(len(token.encode("utf-16-le")) <= 2 * 255 for token in token_strings(text))


@given(ANY_TEXT)
def test_every_letter_and_digit_is_in_a_token_whatever_the_text_is(text: str) -> None:
    joined = "".join(token_strings(text))
    assert [sign for sign in normalize(text) if sign.isalnum() and sign not in joined] == []


@given(st.text("ab1", min_size=1), st.text("手机。 "), st.text("ab1", min_size=1))
def test_latin_runs_stay_whole_when_han_stands_between(first: str, han: str, second: str) -> None:
    latin = [token for token in token_strings(f"{first}手{han}{second}") if re.fullmatch("[a-z0-9]+", token)]
    assert latin == [first, second]
