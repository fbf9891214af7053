"""Chapter 1: lawful and by the rules, and nothing hidden, exaggerated or distorted."""

import gzip
import hashlib
import os
import sqlite3
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from warcio.archiveiterator import ArchiveIterator

from yuqing_testkit.agreement import Agreement, Record, eventually, every_mention, ok
from yuqing_testkit.system import System

INTERNAL = "http://news.yuqing.test/neibu/"
"""The folder that the paper's robots.txt closes."""


def source(**fields: object) -> Record:
    """A source that may run, changed by `fields`."""
    lawful = {
        "legalBasis": "测试用自有页面",
        "owner": "departments/publicity",
        "minimumInterval": "5s",
        "maximumInterval": "60s",
        "requestsPerSecond": 20,
    }
    return {"kind": "list", "medium": "MEDIUM_NEWS", "displayName": "测试信源", **lawful, **fields}


def created(client: httpx.Client, **fields: object) -> str:
    """The name of a new source."""
    return ok(client.post("/v1/sources", json=source(**fields)))["name"]


def health(client: httpx.Client, name: str) -> Record:
    """How a source fares."""
    return ok(client.get(f"/v1/{name}"))["health"]


def published(system: System, **what: object) -> Record:
    """One new text of the world."""
    return system.world.control(publish={"place": "microblog", **what})[0]


def the_mention(client: httpx.Client, query: str) -> Record:
    """The one mention that a query finds, when it is there."""
    return eventually(lambda: every_mention(client, query), seconds=90, why=lambda: query)[0]


@pytest.mark.clause("1.3.3")
def test_a_closed_folder_is_never_fetched_when_robots_txt_says_so(monitor: httpx.Client, town: Agreement) -> None:
    preview = ok(monitor.post("/v1/sources:preview", json={"source": source(address=INTERNAL)}))
    assert [page["outcome"] for page in preview["pages"]] == ["robots"]
    assert preview["documents"] == []
    name = created(monitor, address=INTERNAL, displayName="内部通报")
    state = eventually(lambda: (health(monitor, name)["state"] == "HEALTH_STATE_REFUSED") and health(monitor, name), seconds=60)
    assert "robots" in state["detail"]
    assert not [mention for mention in town.found.values() if "/neibu/" in mention["document"]["url"]]


@pytest.mark.clause("1.3.3")
def test_a_source_does_not_run_when_its_legal_basis_is_missing(monitor: httpx.Client) -> None:
    column = "http://feed.yuqing.test/opml"
    name = created(monitor, kind="feed", address=column, legalBasis="", displayName="无依据")
    monitor.post(f"/v1/{name}:run", json={})
    blocked = health(monitor, name)
    assert blocked["state"] == "HEALTH_STATE_BLOCKED"
    assert not blocked.get("lastAttemptTime")
    change = {"legalBasis": "公开发布的订阅源", "address": "http://feed.yuqing.test/rss/laotao.xml"}
    params = {"updateMask": "legalBasis,address"}
    ok(monitor.patch(f"/v1/{name}", json={**source(kind="feed", displayName="无依据"), **change}, params=params))
    eventually(lambda: health(monitor, name)["state"] == "HEALTH_STATE_HEALTHY", seconds=60, why=lambda: health(monitor, name))


@pytest.mark.clause("1.3.3")
def test_a_mention_is_gone_for_good_when_the_law_demands_its_erasure(
    system: System, monitor: httpx.Client, legal: httpx.Client, town: Agreement
) -> None:
    text = published(system, text="请求删除的个人信息编号七七八一")
    mention = the_mention(monitor, '"编号七七八一"')
    page = mention["document"]["storedPage"]
    assert monitor.post(f"/v1/{mention['name']}:erase", json={"reason": "x"}).status_code == 403
    ok(legal.post(f"/v1/{mention['name']}:erase", json={"reason": "当事人依法要求删除"}))
    eventually(lambda: not every_mention(monitor, '"编号七七八一"'), seconds=20)
    assert monitor.get(f"/v1/{mention['name']}").status_code == 404
    eventually(lambda: legal.get(f"/v1/storedPages/{page}").status_code == 404, seconds=60)
    system.world.control(edit={"key": text["key"], "text": "请求删除的个人信息编号七七八一，又改了一次"})
    again = published(system, text="编号七七八二，之后发布")
    the_mention(monitor, '"编号七七八二"')  # the timeline was read again, the erased text with it
    assert again["key"] != text["key"]
    assert every_mention(monitor, '"编号七七八一"') == []
    system.world.control(delete={"key": text["key"]})  # for those who compare with the truth afterwards


@pytest.mark.clause("1.3.4")
def test_the_stored_page_holds_what_the_mention_says_when_it_is_downloaded(legal: httpx.Client, town: Agreement) -> None:
    mention = next(m for m in town.found.values() if m["document"]["sourceKind"] == "forum")
    name = f"storedPages/{mention['document']['storedPage']}"
    about = ok(legal.get(f"/v1/{name}"))
    assert about["name"] == name
    reply = legal.get(f"/v1/{name}:download").raise_for_status()
    assert hashlib.sha256(reply.content).hexdigest() == mention["document"]["storedPage"]
    records = list(_records(reply.content))
    assert len(records) == 1
    (address, payload) = records[0]
    assert address == about["url"]
    assert hashlib.sha256(payload).hexdigest() == about["payloadSha256"]
    first_words = mention["document"]["text"].split("\n")[0][:10]
    assert first_words in payload.decode("utf-8", "replace").replace("&#39;", "'").replace("&#34;", '"')


def _records(warc: bytes) -> list[tuple[str, bytes]]:
    assert gzip.decompress(warc)  # one compressed member, to the end
    return [(record.rec_headers["WARC-Target-URI"], record.content_stream().read()) for record in ArchiveIterator(BytesIO(warc))]


@pytest.mark.clause("1.3.4")
def test_edits_and_takedowns_show_when_a_text_was_changed_afterwards(system: System, monitor: httpx.Client, town: Agreement) -> None:
    kept = published(system, text="改动测试甲：原来的说法")
    gone = published(system, text="改动测试乙：随后删除")
    before = the_mention(monitor, '"改动测试甲"')
    the_mention(monitor, '"改动测试乙"')
    system.world.control(edit={"key": kept["key"], "text": "改动测试甲：后来的说法"})
    system.world.control(delete={"key": gone["key"]})
    edited = the_mention(monitor, '"改动测试甲" AND state:edited')
    assert edited["edited"]
    assert edited["document"]["text"] == "改动测试甲：后来的说法"
    vanished = the_mention(monitor, '"改动测试乙" AND state:vanished')
    assert vanished["vanished"]
    assert vanished["document"]["text"] == "改动测试乙：随后删除"  # what was said stays known
    seen = ok(monitor.get(f"/v1/{edited['name']}/observations"))["observations"]
    assert {each["contentHash"] for each in seen} == {before["contentHash"], edited["contentHash"]}
    assert [each["time"] for each in seen] == sorted((each["time"] for each in seen), reverse=True)


@pytest.mark.clause("1.3.4")
def test_scores_come_with_their_model_and_probabilities_when_a_mention_is_read(town: Agreement) -> None:
    likeliest = 0
    for mention in town.found.values():
        judgement = mention["judgement"]
        probabilities = {name: judgement.get(name, 0.0) for name in ("negative", "neutral", "positive")}
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-3)
        decided = judgement["sentiment"].removeprefix("SENTIMENT_").lower()
        assert probabilities[decided] > 0.05, mention["name"]  # it leans towards rare classes, but not against all odds
        likeliest += decided == max(probabilities, key=probabilities.__getitem__)
        assert judgement["model"]
        assert judgement["modelVersion"]
    assert likeliest > 0.6 * len(town.found)


@pytest.mark.clause("1.3.4")
def test_the_audit_chain_tells_of_tampering_when_a_record_was_changed(system: System, monitor: httpx.Client, tmp_path: Path) -> None:
    created(monitor, address="http://partner.yuqing.test/", paused=True, displayName="留痕")
    for file in system.var.glob("*.sqlite"):
        _copy(file, tmp_path / file.name)
    honest = _verify(tmp_path)
    assert honest.returncode == 0, honest.stdout + honest.stderr
    assert "crawler: 完整" in honest.stdout
    with sqlite3.connect(tmp_path / "crawler.sqlite") as database:
        first, last = database.execute("SELECT min(sequence), max(sequence) FROM audit").fetchone()
        assert last - first > 3
        database.execute("UPDATE audit SET actor = 'people/nobody' WHERE sequence = ?", (first + 2,))
    forged = _verify(tmp_path)
    assert forged.returncode == 1
    assert f"crawler: 第 {first + 2} 条起损坏" in forged.stdout
    assert "gateway: 完整" in forged.stdout


def _copy(file: Path, target: Path) -> None:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as source_file, sqlite3.connect(target) as copy:
        source_file.backup(copy)


def _verify(var: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).parent / "yuqing"), "audit", "verify"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YUQING_")} | {"YUQING_VAR": str(var)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
