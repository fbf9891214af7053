"""Chapter 2: who builds and runs the monitoring system keeps its data accurate and timely, and the system itself secure."""

import httpx
import pytest

from yuqing_testkit.agreement import Agreement, Record, eventually, ok
from yuqing_testkit.system import System


def sources(client: httpx.Client) -> dict[str, Record]:
    """All sources by display name."""
    return {each["displayName"]: each for each in ok(client.get("/v1/sources", params={"pageSize": 1000}))["sources"]}


@pytest.mark.clause("2.4.2")
def test_each_source_tells_how_it_fares_when_it_asks(it: httpx.Client, town: Agreement) -> None:
    told = sources(it)
    for kind in ("澜州新闻网", "微谈·最新", "澜州茶馆·家电数码", "集物铺·", "公众号·"):
        fares = next(each["health"] for name, each in sorted(told.items()) if name.startswith(kind))
        assert fares["state"] == "HEALTH_STATE_HEALTHY", kind
        assert fares["nextRunTime"] > fares["lastSuccessTime"]
        assert int(fares["itemsLastDay"]) > 0, kind
        assert float(fares["lag"].removesuffix("s")) > 0, kind


@pytest.mark.clause("2.4.2")
def test_nothing_waits_and_nothing_is_refused_when_the_first_crawl_is_done(it: httpx.Client, town: Agreement) -> None:
    spool = eventually(lambda: (s := ok(it.get("/v1/spool")))["waiting"] == "0" and s, seconds=30)
    assert spool["shipping"]
    assert spool["deadLetters"] == "0"
    assert int(spool["acknowledged"]) >= len(town.found)


@pytest.mark.clause("2.4.2")
def test_a_failing_source_shows_with_its_errors_when_its_host_is_out_of_order(system: System, it: httpx.Client, town: Agreement) -> None:
    name = sources(it)["南枝资讯"]["name"]

    def fares() -> Record:
        return ok(it.get(f"/v1/{name}"))["health"]

    def runs_into(state: str) -> bool:
        ok(it.post(f"/v1/{name}:run", json={}))
        return fares()["state"] == state

    system.world.control(fault={"host": "partner.yuqing.test", "status": 500})
    try:
        eventually(lambda: runs_into("HEALTH_STATE_FAILING"), seconds=90, why=fares)
        assert fares()["errors"]
        assert "500" in fares()["detail"]
    finally:
        system.world.control(fault={"host": "partner.yuqing.test"})
    eventually(lambda: runs_into("HEALTH_STATE_HEALTHY"), seconds=90, why=fares)
    events = ok(it.get("/v1/sourceEvents", params={"source": name}))["sourceEvents"]
    assert [(each["before"], each["after"]) for each in events[:2]] == [
        ("HEALTH_STATE_FAILING", "HEALTH_STATE_HEALTHY"),
        ("HEALTH_STATE_HEALTHY", "HEALTH_STATE_FAILING"),
    ]


@pytest.mark.clause("2.4.2")
def test_nobody_gets_more_than_the_role_allows_when_calling_the_platform(system: System, employee: httpx.Client, auditor: httpx.Client) -> None:
    assert httpx.post(f"{system.url}/v1/mentions:search", json={}, trust_env=False).status_code == 401
    assert employee.post("/v1/mentions:search", json={}).status_code == 403
    assert employee.get("/v1/sources").status_code == 403
    assert auditor.get("/v1/sources").status_code == 200
    refused = auditor.post("/v1/sources", json={"displayName": "x", "kind": "feed", "medium": "MEDIUM_NEWS", "address": "http://news.yuqing.test/"})
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("application/problem+json")


@pytest.mark.clause("2.4.2")
def test_the_machine_itself_stays_closed_when_a_source_points_at_it(it: httpx.Client) -> None:
    inside = {"kind": "list", "medium": "MEDIUM_NEWS", "displayName": "内网", "legalBasis": "x", "owner": "departments/it"}
    for address in ("http://127.0.0.1:9200/", "http://169.254.169.254/latest/", "http://10.0.0.1/"):
        refused = it.post("/v1/sources:preview", json={"source": {**inside, "address": address}})
        assert refused.status_code == 409, address
        assert "public Internet" in refused.json()["errors"][0]["description"]
