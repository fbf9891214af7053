"""How gently a host is treated."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqing_crawler.domain.politeness import FIRST_HOLD_SECONDS, LONGEST_HOLD_SECONDS, Limits, eased, hold_seconds, pace, slowed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMITS = Limits(requests_per_second=2.0, concurrency=4)


def of(*, rate: float = 0.0, crawl_delay: float = 0.0, slowdown: float = 1.0, limits: Limits = LIMITS):
    return pace(limits, requests_per_second=rate, crawl_delay_seconds=crawl_delay, slowdown=slowdown)


def test_the_crawlers_own_rate_counts_when_the_source_has_none() -> None:
    assert of().delay_seconds == 0.5


def test_the_sources_rate_counts_when_it_has_one() -> None:
    assert of(rate=10).delay_seconds == 0.1


def test_there_is_no_pause_when_the_rate_is_unlimited() -> None:
    assert of(limits=Limits(0, 4)).delay_seconds == 0.0


def test_the_crawl_delay_wins_when_it_is_longer() -> None:
    slow = of(rate=10, crawl_delay=7)
    assert (slow.delay_seconds, slow.concurrency) == (7, 1)


def test_a_very_long_crawl_delay_is_obeyed_when_it_is_asked_for() -> None:
    assert of(crawl_delay=3600).delay_seconds == 3600


def test_a_host_is_asked_more_slowly_when_it_struggles_and_faster_when_it_is_well() -> None:
    slowdown = slowed(slowed(1.0))
    assert of(slowdown=slowdown).delay_seconds == 2.0
    for _ in range(10):
        slowdown = eased(slowdown)
    assert slowdown == 1.0


@given(st.integers(0, 100))
def test_a_host_is_never_given_up_when_it_struggles(times: int) -> None:
    slowdown = 1.0
    for _ in range(times):
        slowdown = slowed(slowdown)
    assert of(slowdown=slowdown).delay_seconds <= 600


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", FIRST_HOLD_SECONDS),
        ("7", 7),
        ("0", 1),
        ("-5", 1),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 1),
        ("soon", FIRST_HOLD_SECONDS),
        ("inf", FIRST_HOLD_SECONDS),
        ("99999999", LONGEST_HOLD_SECONDS),
    ],
)
def test_a_host_is_left_alone_as_long_as_it_says_when_it_says_so(header: str, seconds: float) -> None:
    assert hold_seconds(header, NOW) == seconds


@given(st.text(max_size=40))
def test_any_header_gives_a_bounded_time_when_it_is_nonsense(header: str) -> None:
    assert 1 <= hold_seconds(header, NOW) <= LONGEST_HOLD_SECONDS
