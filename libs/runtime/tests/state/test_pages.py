"""A page token is valid for who got it, for the query it was given for, and for a time."""

import base64

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_runtime.errors import InvalidArgument
from yuqing_runtime.pages import InvalidPageToken, PageTokenExpired, PageTokens, page_size

KEY = b"k" * 32
TOKENS = PageTokens(KEY)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(position=json_values, query=st.binary(max_size=50), person=st.text(max_size=20))
def test_position_comes_back_when_query_and_person_are_the_same(position, query, person):
    token = TOKENS.issue(position, query=query, person=person)
    assert TOKENS.read(token, query=query, person=person) == position
    assert token.isascii()


def test_empty_token_means_the_first_page():
    assert TOKENS.read("", query=b"q", person="people/7") is None


@pytest.mark.parametrize(
    ("tokens", "query", "person"),
    [(TOKENS, b"q2", "people/7"), (TOKENS, b"q", "people/8"), (PageTokens(b"j" * 32), b"q", "people/7"), (TOKENS, b"qpeople/", "7")],
)
def test_token_is_refused_when_query_person_or_key_differ(tokens, query, person):
    token = TOKENS.issue([7], query=b"q", person="people/7")
    with pytest.raises(InvalidPageToken) as caught:
        tokens.read(token, query=query, person=person)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [violation.field for violation in caught.value.violations] == ["page_token"]


@given(data=st.data())
def test_token_is_refused_when_any_character_is_changed(data):
    token = TOKENS.issue([7], query=b"q", person="people/7")
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidPageToken):
        TOKENS.read(base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="), query=b"q", person="people/7")


@given(token=st.text(min_size=1))
def test_token_is_refused_when_it_is_made_up(token):
    with pytest.raises(InvalidPageToken):
        TOKENS.read(token, query=b"q", person="people/7")


def test_token_is_refused_by_its_own_name_when_its_time_is_over():
    now = 1_000_000.0
    token = PageTokens(KEY, clock=lambda: now).issue([7], query=b"q", person="people/7", lifetime_seconds=120)
    assert PageTokens(KEY, clock=lambda: now + 119).read(token, query=b"q", person="people/7") == [7]
    with pytest.raises(PageTokenExpired) as caught:
        PageTokens(KEY, clock=lambda: now + 121).read(token, query=b"q", person="people/7")
    assert caught.value.reason == "PAGE_TOKEN_EXPIRED"


@pytest.mark.parametrize(("requested", "given"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000), (2**31 - 1, 1000)])
def test_page_has_50_rows_unless_asked_and_never_more_than_1000(requested, given):
    assert page_size(requested) == given


def test_page_size_is_refused_when_negative():
    with pytest.raises(InvalidArgument, match="page_size"):
        page_size(-1)
