"""Chapter 3, assessment: what a mention wants and how far it goes is told, counted and put in order, and each number can be checked."""

import uuid

import httpx
import pytest

from tests.clauses.test_chapter_3_topics import said
from yuqing_testkit.agreement import Record, eventually, ok

COMPLAINT = "我要投诉这家店：服务态度太差，等了两个小时没人理，必须给消费者一个说法，要求退款赔偿"
ALARM = "电热毯半夜冒烟起火，孩子的手被烫伤，厂家推卸责任，这样的产品质量怎么还在卖"
"""Said once, so that no other mention is in its story."""
PRAISE = "师傅上门很准时，态度特别好，修得又快又仔细，必须表扬一下"


def search(client: httpx.Client, query: str, **body: object) -> Record:
    return ok(client.post("/v1/mentions:search", json={"query": query, "pageSize": 100, **body}))


def adds_up(score: Record) -> bool:
    return sum(part["points"] for part in score["parts"]) == pytest.approx(score["score"], abs=1e-9)


@pytest.mark.clause("3.2.2")
def test_what_people_want_is_told_counted_and_searched_for(monitor: httpx.Client) -> None:
    word = uuid.uuid4().hex
    said(monitor, f"{word} {COMPLAINT}", f"{word} {PRAISE}")
    found = search(monitor, f"{word} 意图:投诉", facets=["FACET_INTENT"])
    (hit,) = found["hits"]
    assert COMPLAINT in hit["mention"]["document"]["text"]
    assert "INTENT_COMPLAINT" in [each["intent"] for each in hit["mention"]["labels"]["intents"]]
    counted = {bucket["value"]: int(bucket["size"]) for bucket in search(monitor, word, facets=["FACET_INTENT"])["facets"][0]["buckets"]}
    assert counted["complaint"] == 1
    for intent, size in counted.items():
        assert int(search(monitor, f"{word} intent:{intent}")["totalSize"]) == size


@pytest.mark.clause("3.4.1")
def test_risk_puts_mentions_in_order_and_is_a_sum_that_can_be_checked(monitor: httpx.Client) -> None:
    word = uuid.uuid4().hex
    said(monitor, f"{word} {PRAISE}", f"{word} {ALARM}")
    # The second look may change what is negative, and so the risk.
    eventually(lambda: all(hit["mention"]["judgement"]["stage"] == "STAGE_FULL" for hit in search(monitor, word)["hits"]))
    first, second = (hit["mention"] for hit in search(monitor, word, order="SEARCH_ORDER_RISK")["hits"])
    assert ALARM in first["document"]["text"]
    assert first["risk"]["score"] > second["risk"]["score"]
    for mention in (first, second):
        whole = ok(monitor.get(f"/v1/{mention['name']}"))
        assert adds_up(whole["risk"])
        assert adds_up(whole["influence"])
        assert whole["risk"]["score"] == mention["risk"]["score"]
        told = ok(monitor.get(f"/v1/{mention['name']}:influence"))
        assert (told["risk"], told["influence"]) == (whole["risk"], whole["influence"])
    assert int(search(monitor, f"{word} risk:>={first['risk']['score']}")["totalSize"]) == 1
    story = ok(monitor.get(f"/v1/{first['story']}:influence"))
    assert story["mostRisky"]["name"] == first["name"]
    ranked = ok(monitor.post("/v1/mentions:rankInfluence", json={"query": word, "by": "INFLUENCE_SUBJECT_SITE"}))
    assert [int(carrier["size"]) for carrier in ranked["carriers"]] == [2]
