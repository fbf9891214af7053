"""Chapter 3 (and 2.4.4), topics: competitors, industry and policy are watched beside the organisation, each by a responsible department."""

import json
import uuid

import httpx
import pytest

from yuqing_testkit.agreement import Agreement, Record, eventually, every_mention, ok
from yuqing_testkit.system import System

OWN = "霁川"
SUBJECTS = {"OWN": OWN, "COMPETITOR": "澄光炸锅", "INDUSTRY": "小家电行业", "POLICY": '"产品质量法" NOT 招聘'}


def topic(client: httpx.Client, query: str, *, subject: str = "OWN", department: str = "departments/publicity", **more: object) -> Record:
    """A new topic, once its stored mentions have been looked through."""
    body = {"displayName": uuid.uuid4().hex, "subject": f"SUBJECT_{subject}", "department": department, "query": query, **more}
    made = ok(client.post("/v1/topics", json=body))
    eventually(lambda: _last_job(client, made).get("state") == "JOB_STATE_DONE", seconds=60, why=lambda: _last_job(client, made))
    return made


def _last_job(client: httpx.Client, made: Record) -> Record:
    jobs = ok(client.get("/v1/jobs", params={"topic": made["name"]})).get("jobs", [])
    return jobs[0] if jobs else {}


def said(client: httpx.Client, *texts: str) -> None:
    """Brings texts in by hand, and waits until they can be found."""
    rows = [{"site": "archive.example", "native_id": uuid.uuid4().hex, "text": text} for text in texts]
    content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    ok(client.post("/v1/mentions:import", json={"format": "MENTION_LIST_FORMAT_JSONL", "content": content, "origin": "测试"}))
    for text in texts:
        eventually(lambda text=text: every_mention(client, f'"{text}"'), seconds=60)


def names(mentions: list[Record]) -> set[str]:
    return {mention["name"] for mention in mentions}


@pytest.mark.clause("3.2.3")
def test_each_subject_has_its_share_of_voice_when_topics_watch_for_them(monitor: httpx.Client, town: Agreement) -> None:
    said(monitor, "澄光炸锅也降价了", "小家电行业今年看好", "新修订的产品质量法下月施行")
    topics = {subject: topic(monitor, query, subject=subject) for subject, query in SUBJECTS.items()}
    for subject, query in SUBJECTS.items():
        assert names(every_mention(monitor, f"topic:{topics[subject]['name']}")) == names(every_mention(monitor, query)) != set()
    listed = ok(monitor.get("/v1/topics", params={"subject": "SUBJECT_COMPETITOR", "pageSize": 1000}))["topics"]
    assert topics["COMPETITOR"]["name"] in {each["name"] for each in listed}
    page = ok(monitor.post("/v1/mentions:search", json={"query": "", "facets": ["FACET_TOPIC"], "pageSize": 1}))
    shares = {bucket["value"]: int(bucket["size"]) for bucket in page["facets"][0]["buckets"]}
    assert all(shares[made["name"]] == len(every_mention(monitor, f"topic:{made['name']}")) for made in topics.values())
    bars = ok(monitor.post("/v1/mentions:count", json={"query": f"topic:{topics['OWN']['name']}", "split": "FACET_SENTIMENT"}))
    assert int(bars["totalSize"]) == shares[topics["OWN"]["name"]]


@pytest.mark.clause("3.2.3")
def test_a_new_text_belongs_to_a_topic_when_it_comes_in(monitor: httpx.Client) -> None:
    word = f"话{uuid.uuid4().hex}"
    made = topic(monitor, f"{word} NOT 招聘", subject="POLICY")
    said(monitor, f"条例{word}征求意见", f"{word}招聘")
    (mention,) = every_mention(monitor, f"topic:{made['name']}")
    (match,) = [each for each in mention["topics"] if each["topic"] == made["name"]]
    (span,) = match["textSpans"]
    assert mention["document"]["text"][span["start"] : span["end"]] == word
    missed = next(each for each in every_mention(monitor, word) if each["name"] != mention["name"])
    why = ok(monitor.get(f"/v1/{missed['name']}:explainTopicMatch", params={"topic": made["name"]}))
    assert (why["matches"], why["assigned"]) == (False, False)
    assert [each["condition"]["text"] for each in why["conditions"] if each["blocking"]] == ["招聘"]


@pytest.mark.clause("3.2.3")
def test_topics_are_compared_when_they_watch_the_organisation_and_its_competitors(monitor: httpx.Client, town: Agreement) -> None:
    said(monitor, "澄光炸锅又涨价了")
    names_of = [topic(monitor, query, subject=subject)["name"] for subject, query in list(SUBJECTS.items())[:2]]
    compared = ok(monitor.post("/v1/topics:compare", json={"topics": names_of}))["topics"]
    sizes = [int(each["size"]) for each in compared]
    assert [each["topic"] for each in compared] == names_of
    assert all(sum(int(bar["size"]) for bar in each["days"]) == size > 0 for each, size in zip(compared, sizes, strict=True))
    assert [round(each["shareOfVoice"], 6) for each in compared] == [round(size / sum(sizes), 6) for size in sizes]
    for each in compared:
        page = ok(monitor.post("/v1/mentions:search", json={"query": f"topic:{each['topic']}", "facets": ["FACET_SENTIMENT", "FACET_MEDIUM"]}))
        assert abs(int(page["totalSize"]) - int(each["size"])) <= 5  # the town goes on talking


@pytest.mark.clause("3.2.3")
def test_words_that_widen_or_narrow_a_topic_are_suggested_with_what_they_bring(monitor: httpx.Client, town: Agreement) -> None:
    words = ok(monitor.post("/v1/topics:suggestTerms", json={"query": OWN}))
    assert int(words["totalSize"]) > 0
    assert words["narrowing"]
    best = words["narrowing"][0]
    left = ok(monitor.post("/v1/mentions:search", json={"query": f'{OWN} NOT "{best["term"]}"'}))
    assert abs(int(left["totalSize"]) - (int(words["totalSize"]) - int(best["size"]))) <= 5  # the town goes on talking


@pytest.mark.clause("3.2.3")
def test_disguised_words_and_synonyms_are_found_when_the_query_asks_for_them(monitor: httpx.Client) -> None:
    word = f"话{uuid.uuid4().hex}"
    said(monitor, f"{word}都是骗紫", f"{word}马扁子要举报", f"{word}看片子")
    made = topic(monitor, f"{word} 变形:骗子 同义:投诉", synonyms=[{"terms": ["投诉", "举报"]}])
    (mention,) = every_mention(monitor, f"topic:{made['name']}")
    assert mention["document"]["text"] == f"{word}马扁子要举报"
    page = ok(monitor.post("/v1/mentions:search", json={"query": f"{word} 变形:骗子"}))
    assert {hit["mention"]["document"]["text"] for hit in page["hits"]} == {f"{word}都是骗紫", f"{word}马扁子要举报"}
    assert "片子" in page["wordForms"][0]["ordinaryWords"]
    wrong = monitor.post("/v1/mentions:search", json={"query": f"{word} 谐音:死"})
    assert (wrong.status_code, wrong.json()["metadata"]["code"]) == (400, "one_character")


@pytest.mark.clause("3.2.3")
def test_what_a_topic_would_find_is_known_before_it_is_kept(monitor: httpx.Client, town: Agreement) -> None:
    before = ok(monitor.post("/v1/topics:dryRun", json={"query": OWN}))
    made = topic(monitor, OWN)
    assert int(before["totalSize"]) == sum(int(bar["size"]) for bar in before["bars"]) == int(before["conditions"][0]["hitSize"])
    assert abs(len(every_mention(monitor, f"topic:{made['name']}")) - int(before["totalSize"])) <= 5  # the town goes on talking
    wrong = monitor.post("/v1/topics:dryRun", json={"query": f"{OWN} (起火"})
    assert (wrong.status_code, wrong.json()["reason"], wrong.json()["metadata"]["start"]) == (400, "QUERY_ERROR", "3")


@pytest.mark.clause("2.4.4")
def test_a_department_answers_for_its_own_topics_when_others_watch_theirs(system: System, monitor: httpx.Client, employee: httpx.Client) -> None:
    own = topic(monitor, "客服热线", department="departments/service")
    others = topic(monitor, "品牌形象", department="departments/publicity", sharedWith=["departments/service"])
    hidden = topic(monitor, "法务事项", department="departments/legal")
    with system.client("zhao.lei") as head:
        changed = ok(head.patch(f"/v1/{own['name']}", params={"updateMask": "query"}, json={**own, "query": "客服 热线"}))
        assert (changed["query"], changed["department"]) == ("客服 热线", "departments/service")
        assert head.patch(f"/v1/{others['name']}", params={"updateMask": "query"}, json={**others, "query": "别的"}).status_code == 403
        assert head.get(f"/v1/{hidden['name']}").status_code == 404
        late = head.patch(f"/v1/{own['name']}", params={"updateMask": "query"}, json={**own, "query": "晚了"})
        assert (late.status_code, late.json()["reason"]) == (409, "ETAG_MISMATCH")
    assert employee.get("/v1/topics").status_code == 403


@pytest.mark.clause("2.4.4")
def test_mentions_show_a_department_only_the_topics_that_it_may_see(system: System, monitor: httpx.Client) -> None:
    word = f"话{uuid.uuid4().hex}"
    said(monitor, word)
    own = topic(monitor, word, department="departments/service")["name"]
    hidden = topic(monitor, word, department="departments/legal")["name"]
    (mention,) = every_mention(monitor, word)
    assert {own, hidden} <= {match["topic"] for match in mention["topics"]}
    with system.client("zhao.lei") as head:
        (seen,) = every_mention(head, word)
        assert own in {match["topic"] for match in seen["topics"]}
        assert hidden not in {match["topic"] for match in seen["topics"]}
        assert every_mention(head, f"topic:{hidden}") == []
        assert len(every_mention(head, f"topic:{own}")) == 1
        assert head.post("/v1/topics:compare", json={"topics": [own, hidden]}).status_code == 404
        facets = ok(head.post("/v1/mentions:search", json={"query": word, "facets": ["FACET_TOPIC"]}))["facets"]
        assert hidden not in {bucket["value"] for bucket in facets[0]["buckets"]}
