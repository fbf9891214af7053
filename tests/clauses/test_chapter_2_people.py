"""Chapter 2: the monitoring group sorts what is found, says where the machine is wrong, and decides which model judges."""

import gzip
import io
import json
import uuid
import zipfile
from collections.abc import Iterator

import httpx
import pytest

from yuqing_testkit.agreement import Agreement, Record, eventually, every_mention, ok
from yuqing_testkit.system import System


@pytest.fixture
def colleague(system: System) -> Iterator[httpx.Client]:
    """Another one who may label: the head of a department."""
    with system.client("zhao.lei") as client:
        yield client


def search(client: httpx.Client, query: str, **fields: object) -> Record:
    return ok(client.post("/v1/mentions:search", json={"query": query, **fields}))


def corrected(client: httpx.Client, name: str, kind: str, *values: str) -> Record:
    body = {"label": {"kind": f"LABEL_KIND_{kind}", "values": values}, "pinned": True, "reason": "转述他人"}
    return ok(client.post(f"/v1/{name}:correct", json=body))


@pytest.mark.clause("2.2", "3.2.1")
def test_a_label_counts_as_a_person_corrects_it_and_shows_both_and_who(monitor: httpx.Client, auditor: httpx.Client, town: Agreement) -> None:
    mention = search(monitor, "sentiment:negative", pageSize=1)["hits"][0]["mention"]
    made = corrected(monitor, mention["name"], "SENTIMENT", "neutral")
    read = ok(auditor.get(f"/v1/{mention['name']}"))
    assert read["sentiment"] == "SENTIMENT_NEUTRAL"
    (correction,) = read["corrections"]
    assert (correction["author"], correction["judged"]["values"]) == ("people/zhang-min", ["negative"])
    eventually(lambda: [hit["mention"]["name"] for hit in search(monitor, "corrected:sentiment")["hits"]] == [mention["name"]], seconds=20)
    assert auditor.post(f"/v1/{mention['name']}:correct", json={"label": made["correction"]["label"], "reason": "x"}).status_code == 403
    ok(monitor.post(f"/v1/{made['correction']['name']}:undo", json={"reason": "看错了"}))
    read = ok(monitor.get(f"/v1/{mention['name']}"))
    assert (read["sentiment"], read["corrections"]) == (read["judgement"]["sentiment"], [])


@pytest.mark.clause("2.2")
def test_one_of_two_who_take_a_mention_has_it_and_its_tags_and_notes_are_found(
    monitor: httpx.Client, colleague: httpx.Client, town: Agreement
) -> None:
    name = search(monitor, "sentiment:negative", pageSize=2)["hits"][1]["mention"]["name"]
    ok(monitor.post(f"/v1/{name}:take", json={}))
    refused = colleague.post(f"/v1/{name}:take", json={})
    assert (refused.status_code, refused.json()["reason"]) == (409, "ALREADY_TAKEN")
    assert "people/zhang-min" in refused.text
    ok(monitor.post(f"/v1/{name}:tag", json={"add": ["晨会"]}))
    ok(monitor.post(f"/v1/{name}/notes", json={"text": "已联系门店"}))
    assert [note["text"] for note in ok(colleague.get(f"/v1/{name}/notes"))["notes"]] == ["已联系门店"]
    query = {"assignee": "people/zhang-min", "tag": "晨会"}
    eventually(lambda: [each["name"] for each in ok(colleague.get("/v1/triage", params=query))["mentions"]] == [name], seconds=20)
    assert ok(monitor.post(f"/v1/{name}:finish", json={}))["triage"]["state"] == "TRIAGE_STATE_DONE"


@pytest.mark.clause("2.2", "1.3.4")
def test_what_two_people_label_blind_becomes_figures_and_a_set_to_train_with(monitor: httpx.Client, colleague: httpx.Client, town: Agreement) -> None:
    sample = ok(monitor.post("/v1/samples", json={"query": "", "size": 6}))
    for client in (monitor, colleague):
        for _ in range(sample["size"]):
            item = ok(client.post("/v1/sampleItems:take", json={}))
            assert "judgement" not in item
            labels = [{"kind": "LABEL_KIND_SENTIMENT", "values": ["neutral"]}]
            ok(client.post(f"/v1/{item['name']}:label", json={"labels": labels}))
    figures = ok(monitor.get("/v1/labelFigures"))
    assert (figures["overall"]["size"], figures["overall"]["agreement"]) == (6, 1)
    assert 0 <= figures["overall"]["accuracy"] <= 1
    assert sum(each["size"] for each in figures["media"]) == 6
    exported = monitor.post("/v1/labels:export", json={}).raise_for_status()
    archive = zipfile.ZipFile(io.BytesIO(exported.content))
    sets = [name for name in archive.namelist() if name.endswith(".jsonl.gz")]
    rows = [json.loads(line) for name in sets for line in gzip.decompress(archive.read(name)).splitlines()]
    assert [row["label"] for row in rows] == ["neu"] * 6


@pytest.mark.clause("2.2")
def test_a_model_is_put_to_work_by_a_person_alone(monitor: httpx.Client, employee: httpx.Client) -> None:
    (shipped,) = ok(monitor.get("/v1/models"))["models"]
    assert shipped["active"]
    text = {"text": "质量太差，退货！", "medium": "MEDIUM_REVIEW", "sentiment": "SENTIMENT_NEGATIVE"}
    compared = ok(monitor.post("/v1/models:compare", json={"models": ["models/shipped", "models/shipped"], "texts": [text]}))
    assert [each["accuracy"] for each in compared["figures"]] == [1, 1]
    assert employee.post("/v1/models/shipped:activate", json={"reason": "x"}).status_code == 403
    assert monitor.post("/v1/models/shipped:activate", json={"reason": "x"}).json()["reason"] == "ACTIVE_ALREADY"


@pytest.mark.clause("2.4.3")
def test_what_legal_holds_cannot_be_erased_until_it_is_released(
    system: System, monitor: httpx.Client, legal: httpx.Client, auditor: httpx.Client, town: Agreement
) -> None:
    text = system.world.control(publish={"place": "microblog", "text": "诉讼证据编号九九零一"})[0]
    (mention,) = eventually(lambda: every_mention(monitor, '"编号九九零一"'), seconds=90)
    name, request_id = mention["name"], str(uuid.uuid4())
    page = f"/v1/storedPages/{mention['document']['storedPage']}"
    assert not mention["held"]
    assert ok(legal.get(page))["expireTime"]
    body = {"query": '"编号九九零一"', "reason": "名誉权纠纷", "requestId": request_id}
    assert monitor.post("/v1/mentions:hold", json=body).status_code == 403
    hold = ok(legal.post("/v1/mentions:hold", json=body))["legalHold"]
    assert ok(legal.post("/v1/mentions:hold", json=body))["legalHold"]["name"] == hold["name"]
    eventually(lambda: ok(monitor.get(f"/v1/{name}"))["held"], seconds=60)
    second = ok(legal.post(f"/v1/{name}:hold", json={"reason": "商业诋毁"}))["legalHold"]
    eventually(lambda: [hit["mention"]["name"] for hit in search(monitor, "held:true")["hits"]] == [name], seconds=20)
    eventually(lambda: not ok(legal.get(page)).get("expireTime"), seconds=60)
    listed = ok(auditor.get("/v1/legalHolds", params={"mention": name}))["legalHolds"]
    assert [(each["name"], each["reason"], each["mentionSize"]) for each in listed] == [
        (second["name"], "商业诋毁", "1"),
        (hold["name"], "名誉权纠纷", "1"),
    ]
    for each in listed:
        refused = legal.post(f"/v1/{name}:erase", json={"reason": "当事人要求删除"})
        assert (refused.status_code, refused.json()["reason"]) == (409, "LEGAL_HOLD")
        assert each["name"] in refused.text
        ok(legal.post(f"/v1/{each['name']}:release", json={"reason": "判决已生效"}))
    eventually(lambda: not ok(monitor.get(f"/v1/{name}"))["held"], seconds=60)
    eventually(lambda: ok(legal.get(page)).get("expireTime"), seconds=60)
    ok(legal.post(f"/v1/{name}:erase", json={"reason": "当事人要求删除"}))
    eventually(lambda: legal.get(page).status_code == 404, seconds=60)
    assert monitor.get(f"/v1/{name}").status_code == 404
    system.world.control(delete={"key": text["key"]})  # for those who compare with the truth afterwards
