"""Pages are read in the charset their bytes are in, whatever they claim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_crawler.domain.charset import decode, family

SIMPLIFIED = "这个国家的人们都在说，我们已经看到了新的产品发布。这是一个很好的开始，大家不要着急。"
TRADITIONAL = "這個國家的人們都在說，我們已經看到了新的產品發佈。這是一個很好的開始，大家不要著急。"


@pytest.mark.parametrize("declared", ["", "text/html; charset=gbk", "text/html; charset=big5", "text/html; charset=iso-8859-1"])
def test_utf_8_proves_itself_when_header_says_otherwise(declared: str) -> None:
    decoded = decode(SIMPLIFIED.encode(), declared)
    assert (decoded.text, decoded.charset) == (SIMPLIFIED, "utf-8")


@pytest.mark.parametrize("declared", ["", "text/html; charset=gb2312", "text/html; charset=utf-8", "text/html; charset=iso-8859-1"])
def test_gb18030_is_read_when_header_is_missing_vague_or_wrong(declared: str) -> None:
    assert decode(SIMPLIFIED.encode("gbk"), declared).text == SIMPLIFIED


@pytest.mark.parametrize("declared", ["", "text/html; charset=big5", "text/html; charset=gbk", "text/html; charset=nonsense"])
def test_big5_is_read_when_header_is_missing_right_or_wrong(declared: str) -> None:
    assert decode(TRADITIONAL.encode("big5hkscs"), declared).text == TRADITIONAL


def test_meta_is_believed_when_header_is_silent() -> None:
    page = '<html><head><meta charset="gb2312"></head><body>联通</body></html>'
    assert "联通" in decode(page.encode("gbk")).text


def test_characters_beyond_gb2312_are_read_when_page_declares_gb2312() -> None:
    text = SIMPLIFIED + "朱镕基、€、㐀"
    assert decode(text.encode("gb18030"), "text/html; charset=gb2312").text == text


def test_last_character_is_dropped_when_page_was_cut() -> None:
    assert decode(SIMPLIFIED.encode("gbk")[:-1], "text/html; charset=gbk").text == SIMPLIFIED[:-1]


def test_few_bad_bytes_do_not_change_the_charset_when_declared() -> None:
    decoded = decode(SIMPLIFIED.encode() * 3 + b"\xff" + SIMPLIFIED.encode(), "text/html; charset=utf-8")
    assert decoded.charset == "utf-8"
    assert decoded.text.replace("\ufffd", "") == SIMPLIFIED * 4


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_mark_wins_when_present(charset: str) -> None:
    assert decode(SIMPLIFIED.encode(charset), "text/html; charset=gbk").text == SIMPLIFIED


def test_western_text_stays_western_when_declared() -> None:
    assert decode("café à la crème".encode("latin-1"), "text/html; charset=iso-8859-1").text == "café à la crème"


@pytest.mark.parametrize(("name", "read_as"), [("GB2312", "gb18030"), ("gbk", "gb18030"), ("Big5", "big5hkscs"), ("no-such", "utf-8")])
def test_family_widens_when_name_is_narrow(name: str, read_as: str) -> None:
    assert family(name) == read_as


@given(st.binary(max_size=400), st.sampled_from(["", "text/html; charset=gbk", "text/html; charset=hz", "text/html; charset=utf-7", "x; charset="]))
def test_decoding_never_fails_when_bytes_are_anything(body: bytes, content_type: str) -> None:
    assert isinstance(decode(body, content_type).text, str)


@given(st.text(alphabet="的一是不了在人有我他这大来上国个到说们为子和你地出道", min_size=12), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_text_survives_when_encoded_and_not_declared(text: str, charset: str) -> None:
    assert decode(text.encode(charset)).text == text
