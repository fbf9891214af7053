import json

import jsonschema_rs
import pytest

from yuqing_gateway.rest.limits import SECURITY_HEADERS, RateLimits
from yuqing_gateway.rest.routes import public_routes
from yuqing_protos.contract import methods


async def test_an_rpc_is_a_route_when_it_is_for_people(gateway):
    client = await gateway.signed_in("zhang.min")
    reply = await client.post("/v1/mentions:search", json={"query": "电器", "order": "SEARCH_ORDER_NEWEST", "pageSize": 5})
    hit = reply.json()["hits"][0]
    assert hit["mention"]["contentHash"] == "people/zhang-min"
    assert hit["mention"]["document"]["counts"]["likes"] == str(2**40)
    assert reply.json()["totalSize"] == "1"


async def test_a_whole_number_is_an_integer_however_it_is_written(gateway):
    client = await gateway.signed_in("zhang.min")
    for size, status in (("5.0", 200), ("5", 200), ("5.5", 400), ("true", 400)):
        reply = await client.post("/v1/mentions:search", content=f'{{"pageSize": {size}}}', headers={"content-type": "application/json"})
        assert reply.status_code == status, size


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": 7}, "query"),
        ({"order": "SEARCH_ORDER_BEST"}, "order"),
        ({"pageSize": "5"}, "pageSize"),
        ({"pageSize": 1001}, "pageSize"),
        ({"unknown": 1}, "unknown"),
        ({"query": "字" * 4097}, "query"),
        ({"filters": [{"facet": "FACET_SITE", "values": []}]}, "filters.0.values"),
        ({"published": {"startTime": "yesterday"}}, "published.startTime"),
        ({"published": {"startTime": "0001-01-01T00:00:00+08:00"}}, "published.startTime"),
        ({"query": "a\0b"}, "query"),
    ],
)
async def test_the_field_is_named_when_the_body_breaks_the_contract(gateway, body, field):
    client = await gateway.signed_in("zhang.min")
    reply = await client.post("/v1/mentions:search", json=body)
    assert reply.status_code == 400
    assert [error["field"] for error in reply.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("PUT", "/v1/people", 405),
        ("GET", "/admin", 404),
        ("POST", "/v1/mentions:none", 404),
    ],
)
async def test_everything_else_is_refused_with_a_problem(gateway, method, path, status):
    reply = await (await gateway.signed_in("admin")).request(method, path)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "/v1/people", "GET, POST"), ("GET", "/v1/sources/x:run", "POST"), ("OPTIONS", "/v1/sources/x", "DELETE, GET, PATCH")],
)
async def test_every_method_of_a_path_is_named_when_another_is_used(gateway, method, path, allowed):
    reply = await gateway.client().request(method, path)
    assert (reply.status_code, reply.headers["allow"]) == (405, allowed)


async def test_no_internal_rpc_has_a_route(gateway):
    paths = {route.method.path for route in public_routes()}
    internal = {method.path for method in methods() if method.internal}
    assert internal
    assert not paths & internal


async def test_a_trace_id_and_nothing_more_is_said_when_a_service_fails(gateway):
    client = await gateway.signed_in("zhang.min")
    reply = await client.post("/v1/mentions:search", json={"query": "broken"})
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert reply.json()["traceId"] in reply.json()["detail"]


@pytest.mark.parametrize("day", ["2026-03-31", "2024-02-29", "2000-02-29", ""])
async def test_a_day_is_taken_when_the_calendar_has_it(gateway, day):
    reply = await (await gateway.signed_in("zhang.min")).get("/v1/patrolVisits", params={"firstDay": day})
    assert reply.status_code == 503  # it went through to the crawler, which this gateway has not


@pytest.mark.parametrize("day", ["2026-02-29", "2026-04-31", "2026-3-1", "tomorrow"])
async def test_a_day_is_refused_when_the_calendar_has_it_not(gateway, day):
    reply = await (await gateway.signed_in("zhang.min")).get("/v1/patrolVisits", params={"firstDay": day})
    assert reply.status_code == 400


@pytest.mark.parametrize("address", ["http://a.example:65535/?q=1", "https://新闻.中国/页?标题=一#二", "http://a.example"])
async def test_an_address_is_taken_when_a_browser_would_take_it(gateway, address):
    reply = await (await gateway.signed_in("zhang.min")).post("/v1/sources:propose", json={"address": address})
    assert reply.status_code == 503


async def test_it_is_said_when_a_service_is_away(gateway):
    client = await gateway.signed_in("zhang.min")
    reply = await client.get("/v1/spool")
    assert (reply.status_code, reply.json()["reason"]) == (503, "UNAVAILABLE")


async def test_a_stream_is_events_that_resume_where_they_stopped(gateway):
    client = await gateway.signed_in("zhang.min")
    reply = await client.get("/v1/mentions:watch", headers={"last-event-id": "41"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = [dict(line.split(": ", 1) for line in event.splitlines()) for event in reply.text.replace("\r\n", "\n").strip().split("\n\n")]
    assert [event.get("id") for event in events] == ["42", "43", "44", None]
    assert json.loads(events[0]["data"])["mention"]["name"] == "mentions/42"
    assert events[-1]["event"] == "error"
    assert json.loads(events[-1]["data"])["status"] == 404


async def test_a_stream_is_lines_of_json_when_asked_for(gateway):
    client = await gateway.signed_in("zhang.min")
    reply = await client.get("/v1/mentions:watch", params={"afterSequence": "7"}, headers={"accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in reply.text.splitlines()]
    assert [line.get("sequence") for line in lines] == ["8", "9", "10", None]
    assert lines[-1]["error"]["status"] == 404


async def test_an_export_is_a_file_that_says_its_limit(gateway):
    client = await gateway.signed_in("zhang.min")
    reply = await client.post("/v1/mentions:export", json={"format": "EXPORT_FORMAT_CSV"})
    assert reply.text == "标题\nx\n"
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert "%E8%88%86%E6%83%85.csv" in reply.headers["content-disposition"]
    assert (reply.headers["x-yuqing-rows"], reply.headers["x-yuqing-total"], reply.headers["x-yuqing-truncated"]) == ("1", "2", "true")


async def test_an_export_that_fails_at_once_is_a_problem(gateway):
    client = await gateway.signed_in("zhang.min")
    reply = await client.post("/v1/mentions:export", json={"format": "EXPORT_FORMAT_CSV", "query": "none"})
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


async def test_a_request_is_refused_when_it_is_too_large(gateway):
    client = await gateway.signed_in("zhang.min")
    reply = await client.post("/v1/mentions:search", content=b"x" * (9 * 1024 * 1024))
    assert (reply.status_code, reply.json()["reason"]) == (413, "REQUEST_TOO_LARGE")

    async def endless():
        for _ in range(100):
            yield b"x" * 200_000

    streamed = await client.post("/v1/mentions:search", content=endless(), headers={"content-type": "application/json"})
    assert (streamed.status_code, streamed.json()["reason"]) == (413, "REQUEST_TOO_LARGE")


async def test_every_answer_carries_the_security_headers(gateway):
    for path in ("/docs", "/openapi.json", "/v1/nothing", "/pages/own/api.js"):
        reply = await gateway.client().get(path)
        assert {name: reply.headers.get(name) for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
        assert "access-control-allow-origin" not in reply.headers


async def test_the_openapi_document_is_valid_and_whole(gateway):
    document = (await gateway.client().get("/openapi.json")).json()
    operations = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    assert {f"{route.method.descriptor.containing_service.name}_{route.method.name}" for route in public_routes()} <= operations
    assert document["components"]["schemas"]["SearchMentionsRequest"]["properties"]["pageSize"]["maximum"] == 1000
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    assert {"/v1/people/{person}", "/v1/stories/{story}", "/v1/savedSearches/{savedSearch}"} <= document["paths"].keys()
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["description"]
            assert "422" not in operation["responses"]


def test_the_rate_binds_when_the_burst_is_used_up():
    now = [0.0]
    rates = RateLimits(per_second=2, burst=3, clock=lambda: now[0])
    assert [rates.wait_seconds("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert rates.wait_seconds("b") == 0
    now[0] = 0.5
    assert rates.wait_seconds("a") == 0
