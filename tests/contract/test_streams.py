"""What is endless or no JSON, by hand: watching, exports, stored pages."""

import gzip
import io
import json
import secrets
import zipfile
from typing import Any

import httpx
import pytest


def imported(client: httpx.Client, *texts: str) -> None:
    rows = "\n".join(json.dumps({"site": "直播", "native_id": secrets.token_hex(8), "text": text}) for text in texts)
    reply = client.post("/v1/mentions:import", json={"format": "MENTION_LIST_FORMAT_JSONL", "content": rows})
    assert reply.json()["accepted"] == str(len(texts)), reply.text


def watched(reply: httpx.Response, count: int) -> list[dict[str, str]]:
    """The next events of a stream."""
    events: list[dict[str, str]] = [{}]
    for line in reply.iter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            events[-1][name] = value
        elif not line and events[-1]:
            if len(events) == count:
                return events
            events.append({})
    raise AssertionError("the stream ended")


def test_new_mentions_come_by_themselves_and_from_where_a_watch_was_cut(api: Any) -> None:
    word = f"号{secrets.token_hex(4)}"
    with api.client("monitor") as watcher, api.client("monitor") as writer:
        with watcher.stream("GET", "/v1/mentions:watch", params={"query": f'"{word}"'}) as reply:
            assert reply.headers["content-type"].startswith("text/event-stream")
            imported(writer, f"第一条 {word}", "无关的一条")
            (first,) = watched(reply, 1)
        imported(writer, f"第二条 {word}")
        with watcher.stream("GET", "/v1/mentions:watch", params={"query": f'"{word}"'}, headers={"last-event-id": first["id"]}) as reply:
            (second,) = watched(reply, 1)
    texts = [json.loads(event["data"])["mention"]["document"]["text"] for event in (first, second)]
    assert texts == [f"第一条 {word}", f"第二条 {word}"]
    assert int(second["id"]) > int(first["id"])


def test_a_watch_is_refused_in_the_ordinary_way_when_it_cannot_begin(api: Any) -> None:
    with api.client("monitor") as monitor:
        beyond = monitor.get("/v1/mentions:watch", params={"afterSequence": "123456789"}, headers={"accept": "application/x-ndjson"})
        assert json.loads(beyond.text)["error"]["status"] == 400
    with api.client("employee") as employee:
        assert employee.get("/v1/mentions:watch").status_code == 403
    with api.client("nobody") as nobody:
        assert nobody.get("/v1/mentions:watch").status_code == 401


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("CSV", "text/csv"),
        ("JSONL", "application/x-ndjson"),
        ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_an_export_is_a_file_of_its_form_and_says_its_limit(api: Any, form: str, media_type: str) -> None:
    with api.client("leader") as leader:
        reply = leader.post("/v1/mentions:export", json={"format": f"EXPORT_FORMAT_{form}", "query": "火锅", "limit": 3})
    assert reply.headers["content-type"].partition(";")[0] == media_type
    assert reply.headers["content-disposition"].startswith("attachment; ")
    assert reply.headers["x-yuqing-rows"] == "3"
    assert reply.headers["x-yuqing-truncated"] == "true"
    assert _rows(form, reply.content) == 3


def _rows(form: str, content: bytes) -> int:
    if form == "XLSX":
        return zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").count(b"<row ") - 1
    lines = content.decode("utf-8-sig").strip().splitlines()
    return len(lines) - (form == "CSV")


@pytest.mark.parametrize(("body", "status"), [({"format": "EXPORT_FORMAT_CSV", "query": "(火锅"}, 400), ({}, 400)])
def test_an_export_is_refused_in_the_ordinary_way_when_it_cannot_begin(api: Any, body: dict[str, str], status: int) -> None:
    with api.client("monitor") as monitor:
        reply = monitor.post("/v1/mentions:export", json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")


def test_a_stored_page_is_downloaded_as_it_was_stored(api: Any) -> None:
    page = api.ids["storedPage"][0]
    with api.client("legal") as legal:
        reply = legal.get(f"/v1/storedPages/{page}:download")
        assert reply.headers["content-type"] == "application/warc"
        assert "这家火锅真好吃".encode() in gzip.decompress(reply.content)
        missing = legal.get(f"/v1/storedPages/{'0' * 64}:download")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    with api.client("employee") as employee:
        assert employee.get(f"/v1/storedPages/{page}:download").status_code == 403
