"""Chapter 3, monitoring: every kind of place is watched, by software, by patrols and by employees, and what is found can be searched at once."""

import csv
import io
import json
import sqlite3
import threading
import uuid
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from yuqing_testkit.agreement import Agreement, Record, agreement, eventually, every_mention, ok
from yuqing_testkit.system import System

ORGANISATION = ZoneInfo("Asia/Shanghai")


def search(client: httpx.Client, query: str = "", **more: object) -> Record:
    """A page of results."""
    return ok(client.post("/v1/mentions:search", json={"query": query, **more}))


def texts(client: httpx.Client, query: str) -> list[str]:
    """What the mentions say that a query finds."""
    return sorted(mention["document"]["text"] for mention in every_mention(client, query))


def imported(client: httpx.Client, *rows: Record) -> None:
    """Brings mentions in by a file, and waits until they can be found."""
    content = "\n".join(json.dumps({"site": "archive.example", "native_id": uuid.uuid4().hex, **row}, ensure_ascii=False) for row in rows)
    body = {"format": "MENTION_LIST_FORMAT_JSONL", "content": content, "origin": "测试"}
    reply = ok(client.post("/v1/mentions:import", json=body))
    assert (int(reply["accepted"]), reply["refused"]) == (len(rows), [])
    for row in rows:
        eventually(lambda row=row: every_mention(client, f'"{row["text"]}" AND site:archive.example'), seconds=30, why=lambda row=row: row)


@pytest.mark.clause("3.1.1", "3.3.1")
def test_every_text_of_the_town_is_one_mention_when_it_has_been_crawled(system: System, monitor: httpx.Client, town: Agreement) -> None:
    found = agreement(system.world.truth(), every_mention(monitor))
    assert found.is_whole, found
    assert len(found.found) > 300


@pytest.mark.clause("3.1.1", "3.1.2")
def test_each_mention_has_its_place_of_publication_when_it_was_crawled(system: System, town: Agreement) -> None:
    wrong = [text["key"] for text in system.world.truth() if (m := town.found.get(text["key"])) and not _agrees(text, m["document"])]
    assert wrong == []
    media = Counter(mention["document"]["medium"] for mention in town.found.values())
    assert media.keys() == {"MEDIUM_NEWS", "MEDIUM_FORUM", "MEDIUM_REVIEW", "MEDIUM_MICROBLOG", "MEDIUM_WECHAT"}


def _agrees(text: Record, document: Record) -> bool:
    return document["medium"] == f"MEDIUM_{text['medium'].upper()}" and document["site"] == text["site"]


@pytest.mark.clause("3.1.1")
def test_author_time_and_relations_are_those_of_the_page_when_a_post_is_read(system: System, town: Agreement) -> None:
    statuses = [text for text in system.world.truth("microblog.yuqing.test") if text["key"] in town.found]
    assert any(text["repost_of"] for text in statuses)
    for text in statuses:
        document = town.found[text["key"]]["document"]
        assert document["author"]["displayName"] == text["author"]
        assert document.get("repostOf", "") == text["repost_of"]
        assert abs(datetime.fromisoformat(document["publishedTime"]) - datetime.fromisoformat(text["published_at"])) < timedelta(minutes=1)


@pytest.mark.clause("3.1.1")
def test_blogs_are_watched_when_a_feed_is_registered_as_one(monitor: httpx.Client) -> None:
    blog = {"kind": "feed", "medium": "MEDIUM_BLOG", "displayName": "博客", "address": "http://feed.yuqing.test/rss/jichuan.xml"}
    preview = ok(monitor.post("/v1/sources:preview", json={"source": blog}))
    assert {document["medium"] for document in preview["documents"]} == {"MEDIUM_BLOG"}
    proposal = ok(monitor.post("/v1/sources:propose", json={"address": "http://feed.yuqing.test/rss/jichuan.xml"}))
    assert proposal["source"]["kind"] == "feed"
    assert proposal["sample"]
    assert proposal["reasons"]


@pytest.mark.clause("3.1.2")
def test_reviews_carry_product_and_rating_when_a_shop_is_watched(system: System, monitor: httpx.Client, town: Agreement) -> None:
    reviews = [text for text in system.world.truth("shop.yuqing.test") if text["key"] in town.found]
    assert len(reviews) > 20
    for text in reviews:
        document = town.found[text["key"]]["document"]
        assert document["rating"] == text["rating"], text["key"]
        assert text["product"] in document["product"], text["key"]
    low = every_mention(monitor, "medium:review AND rating:[1 TO 2] AND site:shop.yuqing.test")
    assert len(low) == sum(text["rating"] <= 2 for text in reviews)


@pytest.mark.clause("3.2.1")
def test_positive_negative_and_neutral_are_told_apart_when_texts_are_plain(monitor: httpx.Client) -> None:
    said = {
        "negative": "空气炸锅用了三天就冒烟，客服态度恶劣，质量太差，要求退货赔偿，再也不买了",
        "positive": "非常满意，做工精致，噪音很小，客服热情周到，强烈推荐，五星好评",
    }
    imported(monitor, *({"text": text, "medium": "review"} for text in said.values()))
    for sentiment, text in said.items():
        assert texts(monitor, f'sentiment:{sentiment} AND site:archive.example AND body:"{text[:8]}"') == [text]
    spread = {each["value"]: int(each["size"]) for each in search(monitor, facets=["FACET_SENTIMENT"])["facets"][0]["buckets"]}
    assert spread.keys() == {"negative", "neutral", "positive"}
    assert sum(spread.values()) == int(search(monitor)["totalSize"])


@pytest.mark.clause("3.2.1")
def test_most_judgements_are_those_meant_when_compared_with_the_truth(system: System, town: Agreement) -> None:
    judged = [(text["sentiment"], town.found[text["key"]]["judgement"]["sentiment"]) for text in system.world.truth() if text["key"] in town.found]
    opinions = [(meant, said) for meant, said in judged if meant != "neutral"]
    assert len(opinions) > 100
    right = sum(said == f"SENTIMENT_{meant.upper()}" for meant, said in opinions)
    turned = sum({said.removeprefix("SENTIMENT_").lower(), meant} == {"negative", "positive"} for meant, said in opinions)
    assert right > 2 * turned, (right, turned, len(opinions))


@pytest.mark.clause("3.3.1")
def test_a_new_text_is_searchable_when_its_source_has_been_read(system: System, monitor: httpx.Client, town: Agreement) -> None:
    system.world.control(publish={"place": "microblog", "text": "实时监测试验一二三"})
    mention = eventually(lambda: every_mention(monitor, '"实时监测试验一二三"'), seconds=60)[0]
    fetched, seen = (datetime.fromisoformat(mention[key] if key in mention else mention["document"][key]) for key in ("fetchedTime", "firstSeenTime"))
    assert seen >= fetched


@pytest.mark.clause("3.3.1")
def test_a_phrase_finds_only_itself_when_its_characters_stand_apart_elsewhere(monitor: httpx.Client) -> None:
    imported(monitor, {"text": "今晚去吃火锅"}, {"text": "火车锅炉检修"}, {"text": "锅里点火"})
    assert texts(monitor, "site:archive.example AND 火锅") == ["今晚去吃火锅"]
    assert texts(monitor, "site:archive.example AND (火 AND 锅)") == ["今晚去吃火锅", "火车锅炉检修", "锅里点火"]
    assert texts(monitor, "site:archive.example AND 火 NEAR/2 锅 NOT 火锅") == ["火车锅炉检修", "锅里点火"]


@pytest.mark.clause("3.3.1")
def test_one_spelling_finds_the_other_when_only_script_or_width_differ(monitor: httpx.Client) -> None:
    imported(monitor, {"text": "臺灣麵包機評測ＡＢＣ１２３"}, {"text": "台湾面包机评测abc123再来一次"})
    for query in ("台湾面包机", "臺灣麵包機", "abc123", "ＡＢＣ１２３"):
        assert len(every_mention(monitor, f"site:archive.example AND {query}")) == 2, query


@pytest.mark.clause("3.3.1")
def test_traditional_texts_of_the_town_are_found_when_asked_in_simplified(system: System, monitor: httpx.Client, town: Agreement) -> None:
    traditional = [text for text in system.world.truth() if "霽川" in text["title"] + text["text"] and text["key"] in town.found]
    assert traditional
    found = {mention["name"] for mention in every_mention(monitor, "霁川")}
    assert {town.found[text["key"]]["name"] for text in traditional} <= found


@pytest.mark.clause("3.3.1")
def test_the_mistake_is_shown_when_a_query_cannot_be_read(monitor: httpx.Client) -> None:
    reply = monitor.post("/v1/mentions:search", json={"query": "(火锅 AND"})
    assert reply.status_code == 400
    assert reply.json()["errors"][0]["field"] == "query"


@pytest.mark.clause("3.3.1")
def test_counts_over_time_add_up_when_they_are_split(monitor: httpx.Client, town: Agreement) -> None:
    body = {"query": "霁川", "interval": "INTERVAL_HOUR", "split": "FACET_MEDIUM"}
    counted = ok(monitor.post("/v1/mentions:count", json=body))
    total = int(search(monitor, "霁川")["totalSize"])
    assert int(counted["totalSize"]) == total > 50
    assert sum(int(bar["size"]) for bar in counted["bars"]) == total
    for bar in counted["bars"]:
        assert sum(int(bucket["size"]) for bucket in bar["buckets"]) == int(bar["size"])
    terms = ok(monitor.post("/v1/mentions:topTerms", json={"query": "霁川", "method": "TERM_METHOD_SIGNIFICANT"}))["terms"]
    assert "霁川" in "".join(term["term"] for term in terms)
    assert all(int(term["size"]) <= int(term["backgroundSize"]) for term in terms)


@pytest.mark.clause("3.3.1")
def test_a_file_holds_all_that_was_found_when_it_is_exported(monitor: httpx.Client, town: Agreement) -> None:
    total = int(search(monitor, "霁川")["totalSize"])
    lines = [json.loads(line) for line in _exported(monitor, "JSONL").content.split(b"\n") if line]
    assert len(lines) == total
    rows = list(csv.reader(io.StringIO(_exported(monitor, "CSV").content.decode("utf-8-sig"))))
    assert len(rows) == total + 1
    with zipfile.ZipFile(io.BytesIO(_exported(monitor, "XLSX").content)) as workbook:
        assert workbook.read("xl/worksheets/sheet1.xml").count(b"<row ") == total + 1
    cut = _exported(monitor, "JSONL", limit=3)
    assert len(cut.content.strip().split(b"\n")) == 3
    assert cut.headers["x-yuqing-truncated"] == "true"


def _exported(client: httpx.Client, form: str, **more: object) -> httpx.Response:
    body = {"query": "霁川", "format": f"EXPORT_FORMAT_{form}", **more}
    return client.post("/v1/mentions:export", json=body).raise_for_status()


@pytest.mark.clause("3.3.1")
def test_new_mentions_come_by_themselves_when_a_query_is_watched(system: System, monitor: httpx.Client, town: Agreement) -> None:
    heard: list[Record] = []
    listening = threading.Event()

    def listen() -> None:
        for event in _events(system, "实时流测试", listening):
            heard.append(event)
            return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert listening.wait(30)
    imported(monitor, {"text": "与此无关的一条"}, {"text": "实时流测试第一条"})
    thread.join(30)
    assert [event["mention"]["document"]["text"] for event in heard] == ["实时流测试第一条"]
    assert int(heard[0]["sequence"]) > 0


def _events(system: System, query: str, listening: threading.Event) -> Iterator[Record]:
    with system.client("zhang.min") as client, client.stream("GET", "/v1/mentions:watch", params={"query": query}, timeout=60) as stream:
        stream.raise_for_status()
        listening.set()
        for line in stream.iter_lines():
            if line.startswith("data:"):
                yield json.loads(line.removeprefix("data:"))


@pytest.mark.clause("3.3.1")
def test_a_search_can_be_kept_when_it_will_be_asked_again(monitor: httpx.Client) -> None:
    made = ok(monitor.post("/v1/savedSearches", json={"displayName": "霁川负面", "query": "霁川 AND sentiment:negative"}))
    kept = ok(monitor.get(f"/v1/{made['name']}"))
    assert search(monitor, kept["query"])["totalSize"] == search(monitor, "霁川 AND 情感:负面")["totalSize"]


def patrol(client: httpx.Client, place: str) -> Record:
    """Today's only visit of a new patrol list."""
    today = datetime.now(ORGANISATION).isoweekday()
    body = {"displayName": place, "person": "people/zhang-min", "places": [{"displayName": place}], "weekdays": [today]}
    made = ok(client.post("/v1/patrolLists", json=body))
    visits = ok(client.get("/v1/patrolVisits"))["patrolVisits"]
    (visit,) = [each for each in visits if each["patrolList"] == made["name"]]
    return visit


@pytest.mark.clause("3.3.2")
def test_a_finding_becomes_a_mention_when_a_patrol_visit_is_checked_off(monitor: httpx.Client) -> None:
    visit = patrol(monitor, "业主群")
    assert visit["state"] == "PATROL_STATE_OPEN"
    finding = {"text": "巡查发现：业主群里有人说炸锅烧了插座", "site": "业主群", "medium": "MEDIUM_OTHER", "author": "三栋老李"}
    done = ok(monitor.post(f"/v1/{visit['name']}:complete", json={"note": "已截图", "findings": [finding]}))
    assert (done["state"], done["findings"]) == ("PATROL_STATE_DONE", 1)
    mention = eventually(lambda: every_mention(monitor, '"业主群里有人说"'), seconds=30)[0]
    assert mention["document"]["origin"] == visit["name"]
    assert mention["document"]["sourceKind"] == "patrol"
    assert mention["judgement"]["sentiment"] != "SENTIMENT_UNSPECIFIED"
    assert monitor.post(f"/v1/{visit['name']}:complete", json={}).status_code == 409


@pytest.mark.clause("3.3.2")
def test_a_missed_patrol_shows_when_its_day_is_over(system: System, monitor: httpx.Client) -> None:
    visit = patrol(monitor, "贴吧")
    yesterday = date.fromisoformat(visit["day"]) - timedelta(days=1)
    _let_a_day_pass(system, visit, yesterday)
    span = {"firstDay": yesterday.isoformat(), "lastDay": yesterday.isoformat(), "state": "PATROL_STATE_MISSED"}
    missed = ok(monitor.get("/v1/patrolVisits", params=span))["patrolVisits"]
    assert [(each["name"], each["person"]) for each in missed] == [(visit["name"], "people/zhang-min")]
    assert monitor.post(f"/v1/{visit['name']}:complete", json={}).status_code == 409


def _let_a_day_pass(system: System, visit: Record, day: date) -> None:
    """No test can wait for midnight: the visit's day is moved instead."""
    with sqlite3.connect(system.var / "crawler.sqlite", timeout=20) as database:
        moved = database.execute("UPDATE patrol_visit SET day = ? WHERE id = ?", (day.isoformat(), visit["name"].partition("/")[2]))
    assert moved.rowcount == 1


@pytest.mark.clause("3.3.3")
def test_a_reporter_sees_what_became_of_it_when_the_report_was_useful(monitor: httpx.Client, employee: httpx.Client) -> None:
    finding = {"text": "员工上报：小区电梯广告里把我们的炸锅说成会爆炸", "site": "小区电梯", "medium": "MEDIUM_OTHER"}
    report = ok(employee.post("/v1/employeeReports", json={"finding": finding, "note": "好多人在看"}))
    assert report["receipt"].startswith(datetime.now(UTC).astimezone(ORGANISATION).strftime("%Y%m%d-"))
    mine = eventually(lambda: (r := _report(employee, report))["state"] == "REPORT_STATE_INDEXED" and r, seconds=30)
    mention = ok(monitor.get(f"/v1/{mine['mention']}"))
    assert mention["document"]["text"] == finding["text"]
    assert mention["document"]["origin"] == report["name"]
    ok(monitor.post(f"/v1/{report['name']}:resolve", json={"useful": True, "answer": "已联系物业撤下，谢谢"}))
    answered = _report(employee, report)
    assert (answered["state"], answered["credited"], answered["answer"]) == ("REPORT_STATE_USEFUL", True, "已联系物业撤下，谢谢")
    eventually(lambda: every_mention(monitor, '"小区电梯广告里"'), seconds=10)


@pytest.mark.clause("3.3.3")
def test_a_report_is_said_to_be_known_when_the_link_was_crawled_before(
    system: System, monitor: httpx.Client, employee: httpx.Client, town: Agreement
) -> None:
    article = next(text for text in system.world.truth("news.yuqing.test") if text["kind"] == "news" and text["key"] in town.found)
    report = ok(employee.post("/v1/employeeReports", json={"finding": {"url": article["url"]}}))
    known = eventually(
        lambda: (r := _report(employee, report))["state"] == "REPORT_STATE_KNOWN" and r, seconds=60, why=lambda: _report(employee, report)
    )
    assert known["mention"] == town.found[article["key"]]["name"]


def _report(client: httpx.Client, report: Record) -> Record:
    return ok(client.get(f"/v1/{report['name']}"))
