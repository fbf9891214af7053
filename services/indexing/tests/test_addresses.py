import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_indexing.domain.addresses import address_identity, canonical_address, is_credible_canonical


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://News.Example.COM:80/A/?b=2&a=1#top", "http://news.example.com/A?a=1&b=2"),
        ("https://e.test:443/", "https://e.test"),
        ("https://e.test:8443/x", "https://e.test:8443/x"),
        ("https://e.test/x?utm_source=w&spm=1.2&from=timeline&id=7", "https://e.test/x?id=7"),
        ("https://e.test/x?from", "https://e.test/x"),
        ("https://e.test/x?fromage=1", "https://e.test/x?fromage=1"),
        ("https://e.test/%7euser/%e4%b8%ad", "https://e.test/~user/%E4%B8%AD"),
        ("https://e.test/中", "https://e.test/%E4%B8%AD"),
        ("https://新闻.test/", "https://xn--efvy88h.test"),
        ("https://user:secret@e.test/x", "https://e.test/x"),
        ("https://[2001:DB8::1]:80/x", "https://[2001:db8::1]:80/x"),
    ],
)
def test_one_page_has_one_spelling_when_it_is_linked_in_another_way(url, canonical):
    assert canonical_address(url) == canonical


@given(st.text(max_size=60) | st.from_regex(r"https?://[a-zA-Z0-9.:\[\]]{1,20}/[ -~]{0,30}", fullmatch=True))
def test_the_spelling_stays_when_it_is_made_canonical_again(url):
    once = canonical_address(url)
    assert canonical_address(once) == once


def test_schemes_share_an_identity_when_the_rest_is_the_same():
    assert address_identity("http://e.test/x") == address_identity("https://e.test/x/")
    assert address_identity("http://e.test/x") != address_identity("http://e.test/y")


@pytest.mark.parametrize(
    ("canonical", "url", "credible"),
    [
        ("https://www.e.test/a/1", "https://m.e.test/a/1?x=1", True),
        ("https://e.test/a/1", "https://copy.test/a/1", False),
        ("https://e.test/", "https://e.test/a/1", False),
        ("https://e.test/", "https://e.test", True),
        ("", "https://e.test/a", False),
        ("https://e.test/a", "", True),
        ("not an address", "https://e.test/a", False),
    ],
)
def test_a_canonical_link_is_believed_when_it_stays_on_the_site_and_names_a_page(canonical, url, credible):
    assert is_credible_canonical(canonical, url) is credible
