"""Fetching over real HTTP: guard, robots.txt, pace, limits, and one outcome for each fetch."""

import asyncio
import gzip
import signal
import time
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest

from yuqing_crawler.domain.outcomes import Outcome
from yuqing_crawler.engine.downloads import Ask, Downloads
from yuqing_crawler.settings import Settings
from yuqing_testkit.site import Page, Site

HTML = "<html><body>你好</body></html>"


@pytest.fixture
async def gentle(settings: Settings) -> AsyncIterator[Downloads]:
    """With small limits, and names that lead where they must not."""

    async def lookup(name: str):
        inside = {"inside.test": "10.0.0.7", "mapped.test": "::ffff:127.0.0.1", "cgnat.test": "100.64.1.1", "meta.test": "169.254.169.254"}
        if name in inside:
            return [ip_address(inside[name])]
        raise OSError(name)

    small = settings.model_copy(update={"page_bytes": 64 * 1024, "fetch_seconds": 0.5})
    opened = await Downloads.open(small, lookup)
    yield opened
    await opened.close()


async def test_a_page_is_read_when_nothing_speaks_against_it(gentle: Downloads, site: Site, settings: Settings) -> None:
    site.pages["/a"] = Page(HTML, headers={"X-Made-By": "test"})
    answer = await gentle.fetch(Ask("http://news.test/a"))
    assert answer.outcome is None
    assert answer.fetched is not None
    assert (answer.fetched.url, answer.fetched.status, answer.fetched.body) == ("http://news.test/a", 200, HTML.encode())
    assert answer.fetched.headers["x-made-by"] == "test"
    assert site.requests[-1]["user-agent"] == settings.user_agent
    assert site.requests[-1]["host"] == "news.test"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://inside.test/",
        "http://mapped.test/",
        "http://cgnat.test/",
        "http://meta.test/latest/meta-data/",
        "ftp://news.test/",
        "http://user:secret@news.test/",
    ],
)
async def test_the_guard_refuses_when_an_address_is_inside(gentle: Downloads, url: str) -> None:
    assert (await gentle.fetch(Ask(url))).outcome is Outcome.GUARD


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/", "http://inside.test/", "http://3232235777/", "//[::1]/"])
async def test_the_guard_refuses_when_a_redirect_leads_inside(gentle: Downloads, site: Site, target: str) -> None:
    site.pages["/away"] = Page(status=302, headers={"Location": target})
    assert (await gentle.fetch(Ask("http://news.test/away"))).outcome is Outcome.GUARD


async def test_the_checked_address_is_connected_to_when_dns_changes_between(site: Site, settings: Settings) -> None:
    answers = [ip_address("127.0.0.1"), ip_address("10.0.0.1")]
    asked: list[str] = []

    async def rebinding(name: str):
        asked.append(name)
        return [answers[len(asked) % 2]]

    opened = await Downloads.open(settings, rebinding)
    try:
        for _ in range(4):
            assert (await opened.fetch(Ask("http://rebind.test/"))).outcome is Outcome.GUARD
    finally:
        await opened.close()
    assert asked
    assert not site.requests


async def test_a_page_is_not_asked_for_when_robots_forbid_it(gentle: Downloads, site: Site) -> None:
    site.pages["/robots.txt"] = Page("User-agent: YuqingBot\nDisallow: /closed\n")
    site.pages["/open"] = Page(HTML)
    assert (await gentle.fetch(Ask("http://news.test/closed/a"))).outcome is Outcome.ROBOTS
    assert (await gentle.fetch(Ask("http://news.test/open"))).outcome is None
    assert site.asked == {"/robots.txt": 1, "/open": 1}


async def test_robots_count_again_when_a_redirect_leads_to_another_page(gentle: Downloads, site: Site) -> None:
    site.pages["other.test/robots.txt"] = Page("User-agent: *\nDisallow: /\n")
    site.pages["/away"] = Page(status=302, headers={"Location": "http://other.test/a"})
    assert (await gentle.fetch(Ask("http://news.test/away"))).outcome is Outcome.ROBOTS


async def test_nothing_is_fetched_when_robots_cannot_be_read(gentle: Downloads, site: Site) -> None:
    site.pages["/robots.txt"] = Page(status=500)
    site.pages["/a"] = Page(HTML)
    assert (await gentle.fetch(Ask("http://news.test/a"))).outcome is Outcome.HTTP_5XX
    assert "/a" not in site.asked


async def test_everything_is_allowed_when_there_is_no_robots_file(gentle: Downloads, site: Site) -> None:
    site.pages["/a"] = Page(HTML)
    assert (await gentle.fetch(Ask("http://news.test/a"))).outcome is None


async def test_requests_are_spaced_when_robots_ask_for_a_delay(gentle: Downloads, site: Site) -> None:
    site.pages["/robots.txt"] = Page("User-agent: *\nCrawl-delay: 0.3\n")
    site.pages["/a"] = Page(HTML)
    started = time.monotonic()
    await asyncio.gather(*(gentle.fetch(Ask("http://news.test/a")) for _ in range(4)))
    assert time.monotonic() - started >= 0.6  # a lower bound that the rule itself sets; how long it takes beyond is nobody's business
    assert site.most_at_once == 1


async def test_a_host_is_asked_a_few_at_once_when_it_is_not_slow(gentle: Downloads, site: Site, settings: Settings) -> None:
    site.pages["/a"] = Page(HTML, delay_seconds=0.05)
    await asyncio.gather(*(gentle.fetch(Ask("http://news.test/a")) for _ in range(20)))
    assert 1 < site.most_at_once <= settings.host_concurrency


async def test_a_host_is_left_alone_when_it_says_retry_after(gentle: Downloads, site: Site) -> None:
    site.pages["/a"] = Page(status=429, headers={"Retry-After": "120"})
    site.pages["/b"] = Page(HTML)
    first = await gentle.fetch(Ask("http://news.test/a"))
    second = await gentle.fetch(Ask("http://news.test/b"))
    elsewhere = await gentle.fetch(Ask("http://other.test/b"))
    assert (first.outcome, second.outcome, elsewhere.outcome) == (Outcome.RATE_LIMITED, Outcome.HELD, None)
    assert 100 < first.hold_seconds <= 120
    assert site.asked["/a"] == 1


async def test_a_page_is_not_sent_again_when_its_version_is_known(gentle: Downloads, site: Site) -> None:
    site.pages["/a"] = Page(HTML, etag='"v1"')
    first = await gentle.fetch(Ask("http://news.test/a"))
    assert first.fetched is not None
    again = await gentle.fetch(Ask("http://news.test/a", etag=first.fetched.headers["etag"]))
    assert again.outcome is Outcome.NOT_MODIFIED


@pytest.mark.parametrize(
    ("page", "outcome"),
    [
        (Page(b"x" * 100_000), Outcome.TOO_LARGE),
        (Page(gzip.compress(b"x" * 5_000_000), headers={"Content-Encoding": "gzip"}), Outcome.TOO_LARGE),
        (Page(HTML, delay_seconds=2), Outcome.TIMEOUT),
        (Page(status=302, headers={"Location": "/a"}), Outcome.REDIRECTS),
        (Page(status=302), Outcome.REDIRECTS),
        (Page(status=404), Outcome.HTTP_4XX),
        (Page(status=403), Outcome.LOGIN),
        (Page(status=500), Outcome.HTTP_5XX),
        (Page(b"not gzip at all", headers={"Content-Encoding": "gzip"}), Outcome.BROKEN),
    ],
    ids=["large", "bomb", "slow", "loop", "nowhere", "missing", "closed", "broken-host", "broken-body"],
)
async def test_a_fetch_has_its_outcome_when_it_ends_badly(gentle: Downloads, site: Site, page: Page, outcome: Outcome) -> None:
    site.pages["/a"] = page
    assert (await gentle.fetch(Ask("http://news.test/a"))).outcome is outcome


async def test_a_host_is_asked_again_when_it_failed_in_passing(gentle: Downloads, site: Site) -> None:
    site.pages["/a"] = lambda _headers: Page(status=502) if site.asked["/a"] == 1 else Page(HTML)
    assert (await gentle.fetch(Ask("http://news.test/a"))).outcome is None
    assert site.asked["/a"] == 2


async def test_an_unknown_name_is_said_when_it_is_unknown(gentle: Downloads) -> None:
    assert (await gentle.fetch(Ask("http://nowhere.test/"))).outcome is Outcome.DNS


async def test_a_secret_header_stays_with_its_host_when_redirected(gentle: Downloads, site: Site) -> None:
    site.pages["news.test/a"] = Page(status=302, headers={"Location": "/b"})
    site.pages["news.test/b"] = Page(status=302, headers={"Location": "http://other.test/c"})
    site.pages["other.test/c"] = Page(HTML)
    answer = await gentle.fetch(Ask("http://news.test/a", headers={"X-Token": "geheim"}))
    sent = {request["path"]: request.get("x-token") for request in site.requests if request["path"] != "/robots.txt"}
    assert answer.outcome is None
    assert sent == {"/a": "geheim", "/b": "geheim", "/c": None}


async def test_the_services_signal_handlers_stay_when_scrapy_runs(gentle: Downloads) -> None:
    before = signal.getsignal(signal.SIGTERM)
    await gentle.fetch(Ask("http://news.test/a"))
    assert signal.getsignal(signal.SIGTERM) is before
    assert "twisted" not in str(before).lower()


async def test_two_downloaders_do_not_share_limits_when_one_is_closed(settings: Settings, site: Site) -> None:
    site.pages["/a"] = Page(HTML)
    for _ in range(2):
        opened = await Downloads.open(replace_limit(settings), None)
        assert (await opened.fetch(Ask("http://news.test/a"))).outcome is None
        await opened.close()


def replace_limit(settings: Settings) -> Settings:
    return settings.model_copy(update={"concurrency": 1})
