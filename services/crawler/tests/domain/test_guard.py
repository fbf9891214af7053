"""Which addresses the crawler may connect to."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_crawler.domain.guard import GuardRefused, Opening, check_url, is_public, literal, openings

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_is_refused_when_it_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::"])
def test_an_address_is_allowed_when_it_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_as_the_one_inside_when_it_is_ipv6(address) -> None:
    assert is_public(ip_address(f"::ffff:{address}")) == is_public(address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "127.0.0.1"])
def test_a_number_is_an_address_when_the_system_would_read_it_as_one(host: str) -> None:
    address = literal(host)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize("host", ["news.test", "", "a.b", "127.0.0.1.example"])
def test_a_name_is_no_address_when_it_is_a_name(host: str) -> None:
    assert literal(host) is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://news.test/",
        "file:///etc/passwd",
        "http://",
        "http://user:secret@news.test/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "http://[broken/",
        "http://news.test:0/",
        "http://news.test:99999/",
    ],
)
def test_a_url_is_refused_when_it_is_not_of_the_web(url: str) -> None:
    with pytest.raises(GuardRefused):
        check_url(url, {})


def test_a_name_passes_when_the_setting_opens_it() -> None:
    allowed = openings({"News.test": "127.0.0.1:8790", "six.test": "[::1]:80"})
    check_url("http://news.test/a", allowed)
    assert allowed == {"news.test": Opening("127.0.0.1", 8790), "six.test": Opening("::1", 80)}


@pytest.mark.parametrize("target", ["localhost:80", "127.0.0.1", "127.0.0.1:x"])
def test_an_opening_is_refused_when_it_is_no_address_and_port(target: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        openings({"news.test": target})
