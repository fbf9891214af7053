"""The corner of trouble, the town hall and the control switch over HTTP."""

import json
import subprocess
import sys
import time
import zlib
from datetime import datetime

import httpx
import pytest
from click.testing import CliRunner

from yuqing_testkit.world import RunningWorld
from yuqing_world.command import world as command
from yuqing_world.hosts import host_of, hosts
from yuqing_world.server import listening, town
from yuqing_world.settings import WorldSettings
from yuqing_world.sites.trouble import BOMB_BYTES
from yuqing_world.sources import suggested
from yuqing_world.story.vocabulary import HOSTS

TROUBLE = "http://trouble.yuqing.test"
TOWN = "http://world.yuqing.test"
LARGEST_PAGE_BYTES = 200_000


def test_redirects_go_in_circles_and_to_forbidden_places(told: RunningWorld):
    assert [told.get(f"{TROUBLE}/loop/{step}").headers["location"] for step in range(3)] == ["/loop/1", "/loop/2", "/loop/0"]
    assert told.get(f"{TROUBLE}/to/loopback?port=9200").headers["location"] == "http://127.0.0.1:9200/"
    assert told.get(f"{TROUBLE}/to/private").headers["location"] == "http://10.11.12.13/"
    assert told.get(f"{TROUBLE}/to/link-local").headers["location"].startswith("http://169.254.169.254/")


def test_the_calendar_never_ends(told: RunningWorld):
    page = told.get(f"{TROUBLE}/calendar/2031/12").text
    assert 'href="/calendar/2032/1"' in page
    assert 'href="/calendar/2031/11"' in page


def test_the_huge_page_is_as_large_as_asked(told: RunningWorld):
    page = told.get(f"{TROUBLE}/huge?mib=2")
    assert "content-length" not in page.headers
    assert 2 * 2**20 <= len(page.content) < 3 * 2**20


def test_the_bomb_is_small_and_valid_and_becomes_large(told: RunningWorld):
    with told.client("trouble.yuqing.test") as client, client.stream("GET", "/bomb") as response:
        body = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == "gzip"
    assert len(body) < 2 * 2**20
    unpacked = 0
    unpacker = zlib.decompressobj(31)
    data = body
    while data:
        unpacked += len(unpacker.decompress(data, 2**22))
        data = unpacker.unconsumed_tail
    assert unpacker.eof
    assert unpacked == BOMB_BYTES


def test_the_slow_page_trickles(told: RunningWorld):
    with told.client("trouble.yuqing.test") as client, client.stream("GET", "/slow?every_ms=20") as response:
        chunks = [chunk for chunk, _ in zip(response.iter_raw(), range(8), strict=False)]
    assert len(b"".join(chunks)) < 100


def test_a_busy_host_says_when_to_come_back_and_then_answers(told: RunningWorld):
    answers = [told.get(f"{TROUBLE}/busy?key=a&times=2&seconds=7") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "7"
    assert told.get(f"{TROUBLE}/busy?key=b").status_code == 429


def test_failures_come_in_bursts(told: RunningWorld):
    statuses = [told.get(f"{TROUBLE}/burst?key=c").status_code for _ in range(12)]
    assert statuses == [503] * 5 + [200] * 5 + [503] * 2


def test_pages_that_lie_or_say_nothing(told: RunningWorld):
    wrong = told.get(f"{TROUBLE}/wrong-charset.html")
    assert wrong.headers["content-type"].endswith("utf-8")
    with pytest.raises(UnicodeDecodeError):
        wrong.content.decode("utf-8")
    assert "霁川K5" in wrong.content.decode("gbk")
    assert told.get(f"{TROUBLE}/empty.html").content == b""
    assert "<p>" not in told.get(f"{TROUBLE}/scripts.html").text
    assert "</p>" not in told.get(f"{TROUBLE}/broken.html").text.split("<script>")[0]
    assert [told.get(f"{TROUBLE}/{page}.html").status_code for page in ("login", "gone")] == [403, 410]
    assert "Disallow: /forbidden/" in told.get(f"{TROUBLE}/robots.txt").text


def test_the_truth_is_what_the_model_says(told: RunningWorld):
    lines = told.get(f"{TOWN}/truth.jsonl?at=now").text.splitlines()
    assert [json.loads(line)["key"] for line in lines] == [truth["key"] for truth in told.truth()]
    assert len(lines) == 1_000
    before = told.get(f"{TOWN}/truth.jsonl?at=%2B120").text.splitlines()
    assert 0 < len(before) < 1_000
    only = told.get(f"{TOWN}/truth.jsonl?at=now&site=shop.yuqing.test").text.splitlines()
    assert {json.loads(line)["site"] for line in only} == {"shop.yuqing.test"}
    assert told.get(f"{TOWN}/truth.jsonl?at=yesterday").status_code == 400


def test_the_clock_tells_where_the_story_stands(told: RunningWorld):
    clock = told.get(f"{TOWN}/clock").json()
    passed = datetime.fromisoformat(clock["now"]) - datetime.fromisoformat(clock["start"])
    assert clock["hour"] == pytest.approx(passed.total_seconds() / 3600 * 60)
    assert clock["phase"] == "恢复平静"


async def test_pages_of_a_large_world_stay_small():
    application = town(WorldSettings(posts=60_000, start=datetime.fromisoformat("2026-01-01T00:00:00+08:00")))
    longest = max(application.world.sketches, key=lambda sketch: application.world.floors(sketch).published(1e9))
    article = max(application.world.sketches, key=lambda sketch: application.world.comments(sketch).published(1e9))
    pages = {
        "news.yuqing.test": ["/", "/sitemap-news.xml", application.world.item(article).url.removeprefix("http://news.yuqing.test")],
        "forum.yuqing.test": ["/", "/board/jiadian?page=9", application.world.item(longest).url.removeprefix("http://forum.yuqing.test")],
        "shop.yuqing.test": ["/product/k5/reviews?page=20"],
        "microblog.yuqing.test": ["/", "/api/v1/timeline", "/api/v1/search?q=K5&count=100", "/api/v1/public?offset=9000&limit=100"],
        "feed.yuqing.test": ["/rss/laotao.xml"],
        "partner.yuqing.test": ["/?p=50"],
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application)) as client:
        for host, paths in pages.items():
            for path in paths:
                page = await client.get(f"http://{host}{path}")
                assert page.status_code == 200, path
                assert len(page.content) < LARGEST_PAGE_BYTES, path


def test_published_items_are_at_once_on_their_page(calm: RunningWorld):
    items = calm.control(publish={"count": 50, "text": "延迟测量 {n} 号"})
    assert [item["text"] for item in items] == [f"延迟测量 {n} 号" for n in range(1, 51)]
    shown = calm.get("http://microblog.yuqing.test/api/v1/timeline").json()["statuses"]
    assert [status["id"] for status in shown] == [item["native_id"] for item in reversed(items)][:20]
    assert {str(item["key"]) for item in items} <= {truth["key"] for truth in calm.truth()}


def test_items_can_be_spread_over_the_time_to_come(calm: RunningWorld):
    items = calm.control(publish={"count": 4, "over_seconds": 3_600, "text": "稍后 {n}"})
    shown = calm.get("http://microblog.yuqing.test/api/v1/timeline").json()["statuses"]
    assert [status["text"] for status in shown[:1]] == ["稍后 1"]
    assert items[3]["published_at"] > items[0]["published_at"]


def test_an_edit_is_shown_and_counted_as_one(calm: RunningWorld):
    status = calm.control(publish={"text": "第一版"})[0]
    edited = calm.control(edit={"key": status["key"], "text": "第二版"})[0]
    assert edited["text"] == "第二版"
    assert [edit["text"] for edit in edited["edits"]] == ["第二版"]
    shown = calm.get(f"http://microblog.yuqing.test/api/v1/statuses/{status['native_id']}").json()
    assert (shown["text"], shown["edited"]) == ("第二版", True)


def test_a_text_of_the_plan_can_be_edited_too(calm: RunningWorld):
    known = next(truth for truth in calm.truth("shop.yuqing.test") if not truth["deleted_at"])
    edited = calm.control(edit={"key": known["key"], "text": "全改了"})[0]
    assert edited["text"] == "全改了"
    assert "全改了" in calm.get(str(known["url"])).text


def test_a_host_fails_as_told_until_it_is_well_again(calm: RunningWorld):
    url = "http://shop.yuqing.test/"
    calm.control(fault={"host": "shop.yuqing.test", "status": 503, "retry_after_seconds": 9})
    failed = calm.get(url)
    assert (failed.status_code, failed.headers["retry-after"]) == (503, "9")
    assert calm.get("http://news.yuqing.test/").status_code == 200
    calm.control(fault={"host": "shop.yuqing.test", "delay_seconds": 0.2})
    before = time.monotonic()
    assert calm.get(url).status_code == 200
    assert time.monotonic() - before >= 0.2
    calm.control(fault={"host": "shop.yuqing.test"})
    assert calm.get(url).status_code == 200


@pytest.mark.parametrize(
    "request_body",
    [
        {"publish": {"count": 0}},
        {"delete": {"key": "no/such"}},
        {"fault": {"host": "example.org"}},
        {"explode": {}},
        {"publish": {"place": "review", "sku": "x"}},
    ],
)
def test_a_senseless_request_is_refused_with_a_reason(calm: RunningWorld, request_body: dict[str, object]):
    with calm.client() as client:
        answer = client.post("/control", json=request_body)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_without_its_switch_nothing_can_be_changed():
    application = town(WorldSettings(posts=200))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application)) as client:
        assert (await client.post(f"{TOWN}/control", json={"publish": {}})).status_code == 403


def test_every_host_has_an_address_and_other_names_are_not_served(told: RunningWorld):
    assert told.hosts == hosts(told.port) == dict.fromkeys(HOSTS, f"127.0.0.1:{told.port}")
    assert all(told.get(f"http://{host}/").status_code == 200 for host in HOSTS)
    assert told.get("http://example.org/").status_code == 404


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("news.yuqing.test:8790", "news.yuqing.test"),
        ("NEWS.yuqing.test.", "news.yuqing.test"),
        ("forum.localhost:8790", "forum.yuqing.test"),
        ("127.0.0.1:8790", "world.yuqing.test"),
        ("[::1]:8790", "world.yuqing.test"),
        ("nosuch.localhost", None),
        ("example.org", None),
    ],
)
def test_the_host_header_names_the_site(header: str, host: str | None):
    assert host_of(header) == host


def test_suggested_sources_are_complete_and_lead_into_the_town(told: RunningWorld):
    sources = suggested("people/wang")
    assert {source["kind"] for source in sources} == {"feed", "list", "forum", "review", "api"}
    assert len({source["displayName"] for source in sources}) == len(sources)
    assert all(source["owner"] == "people/wang" and source["legalBasis"] for source in sources)
    for source in sources:
        status = told.get(source["address"]).status_code
        # The search wants its word and the list behind the token its header, which their parameters hold.
        expected = 401 if source["secrets"] else 400 if "query" in source["parameters"] else 200
        assert status == expected, source["address"]
    assert json.loads(told.get(f"{TOWN}/sources.json").text) == suggested()


def test_a_port_in_use_is_named():
    with listening(0) as listener:
        port = listener.getsockname()[1]
        done = CliRunner().invoke(command, ["--port", str(port), "--posts", "200"])
    assert done.exit_code == 1
    assert str(port) in done.output


def test_the_module_serves_until_it_is_told_to_stop():
    arguments = [sys.executable, "-m", "yuqing_world", "--port", "0", "--posts", "200", "--speed", "60", "--seed", "3"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().partition("http://")[2].strip()
            assert httpx.get(f"http://{address}clock", trust_env=False).json()["seed"] == 3
        finally:
            process.terminate()
        assert process.wait(20) in (0, -15)
