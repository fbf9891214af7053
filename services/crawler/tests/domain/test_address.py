"""Addresses are compared by what they lead to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_crawler.domain.address import absolute, canonical_address, is_page, same_site, site_of


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://News.Example.test:443/a?b=2&a=1#top", "https://news.example.test/a?a=1&b=2"),
        ("https://x.test/a?utm_source=q&spm=1&id=3", "https://x.test/a?id=3"),
        ("https://x.test/#!/topic/3", "https://x.test/#!/topic/3"),
        ("https://x.test", "https://x.test/"),
    ],
)
def test_address_is_one_when_only_tracking_or_order_differ(url: str, canonical: str) -> None:
    assert canonical_address(url) == canonical


@given(st.text(max_size=60) | st.text(alphabet="htps:/.x?&=#%[]@中 ", max_size=40))
def test_canonical_address_never_fails_and_is_stable_when_text_is_anything(text: str) -> None:
    once = canonical_address(text)
    assert isinstance(absolute("https://x.test/", text), str)
    assert canonical_address(once) == once


@pytest.mark.parametrize("reference", ["", " ", "mailto:a@x.test", "javascript:void(0)", "http://[", "data:text/html,x"])
def test_reference_means_nothing_when_it_is_no_page(reference: str) -> None:
    assert absolute("https://x.test/a", reference) == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://news.example.com/a", "https://www.example.com/", True),
        ("https://a.com.cn/", "https://b.com.cn/", False),
        ("https://bbs.a.com.cn/", "https://a.com.cn/", True),
        ("https://example.com/", "https://example.net/", False),
        ("nowhere", "nowhere", False),
    ],
)
def test_sites_are_one_when_their_owner_registered_one_name(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same


def test_site_is_the_host_without_www() -> None:
    assert site_of("https://www.News.test:8080/a") == "news.test"


@pytest.mark.parametrize(("url", "page"), [("https://x.test/a.PDF", False), ("https://x.test/a.pdf.html", True), ("https://x.test/a?f=b.jpg", True)])
def test_file_is_no_page_when_its_ending_says_so(url: str, page: bool) -> None:
    assert is_page(url) is page
