"""A whole system without its world, with one of everything in it, and the people who ask."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from yuqing.access.v1 import access_pb2
from yuqing_embedded.processes import wait_until
from yuqing_gateway.rest.routes import public_routes
from yuqing_testkit.system import NotReady, System, begin, discard

PAGE = "http://page.test/1"
_LOGINS = {
    "admin": "admin",
    "monitor": "zhang.min",
    "it": "li.gang",
    "legal": "wang.fang",
    "head": "zhao.lei",
    "leader": "chen.jing",
    "auditor": "sun.hao",
    "employee": "liu.yang",
}
NOBODY = "nobody"
_ROUTES = {f"{route.method.descriptor.containing_service.name}_{route.method.name}": route for route in public_routes()}
# What the people of the demonstration are; everybody is an employee, and two are more than one thing.
_ALSO = {"admin": {access_pb2.ROLE_IT}, "monitor": {access_pb2.ROLE_PUBLICITY}, "head": {access_pb2.ROLE_HANDLER}}
_HAVE = {role: {access_pb2.Role.Value(f"ROLE_{role.upper()}"), access_pb2.ROLE_EMPLOYEE} | _ALSO.get(role, set()) for role in _LOGINS}
_READY_WITHIN_SECONDS = 240.0
_MANY = 8
"""Of what may be deleted there are several."""


class _Page(BaseHTTPRequestHandler):
    """A website of one page."""

    def do_GET(self) -> None:
        known = self.path == "/1"
        text = "<html><head><title>一家火锅店</title></head><body><article><p>" + "这家火锅真好吃，下次还来。" * 20 + "</p></article></body></html>"
        body = text.encode() if known else b""
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Says nothing."""


@pytest.fixture(scope="session")
def page_address() -> Iterator[str]:
    """host:port of the website."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, elasticsearch_url: str, page_address: str) -> Iterator[System]:
    """All services, without the world."""
    prefix = f"c{secrets.token_hex(4)}-"
    settings = {
        "YUQING_ELASTICSEARCH_URL": elasticsearch_url,
        "YUQING_INDEXING_INDEX_PREFIX": prefix,
        "YUQING_GATEWAY_DEMONSTRATION": "true",
        "YUQING_GATEWAY_REQUESTS_PER_SECOND": "1000000",
        "YUQING_GATEWAY_REQUESTS_BURST": "1000000",
        "YUQING_CRAWLER_HOSTS": json.dumps({"page.test": page_address}),
    }
    running = begin(tmp_path_factory.mktemp("contract") / "var", settings, world=False)
    try:
        assert wait_until(lambda: _healthy(running), seconds=_READY_WITHIN_SECONDS)
        yield running
    finally:
        discard(running)
        names = ",".join(httpx.get(f"{elasticsearch_url}/{prefix}*?filter_path=*.aliases", trust_env=False).json())
        if names:
            httpx.delete(f"{elasticsearch_url}/{names}", trust_env=False).raise_for_status()


def _healthy(running: System) -> bool:
    assert running.process.poll() is None, running.said[-4000:]
    try:
        return all(httpx.get(f"{running.url}/healthz", trust_env=False).json()["peers"].values())
    except (NotReady, httpx.HTTPError):
        return False


@dataclass
class Api:
    """The API, asked as any role; `ids` are of what exists, by the names that paths have for them."""

    system: System
    ids: dict[str, list[str]]
    nobody: str = NOBODY
    roles: tuple[str, ...] = (*_LOGINS, NOBODY)

    def headers(self, role: str, *, fresh: bool = False) -> dict[str, str]:
        """Who asks. `fresh`: in a session of its own, which may then end."""
        if role == NOBODY:
            return {}
        return {"Authorization": f"Bearer {self.system.sign_in(_LOGINS[role]) if fresh else self.system.token(_LOGINS[role])}"}

    @staticmethod
    def allowed(operation_id: str) -> frozenset[str]:
        """The roles that may call an operation: those of the contract; for accounts, which are not in it, whoever is signed in."""
        if operation_id == "Account_SetPassword":
            return frozenset({"admin"})
        route = _ROUTES.get(operation_id)
        if route is None:
            return frozenset(_LOGINS)
        return frozenset(role for role, have in _HAVE.items() if have & set(route.method.rule.people.any_of))

    def password(self, role: str) -> str:
        return self.system.password(_LOGINS[role])

    def client(self, role: str) -> httpx.Client:
        return httpx.Client(base_url=self.system.url, headers=self.headers(role), timeout=60, trust_env=False)


@pytest.fixture(scope="session")
def api(system: System) -> Api:
    """With a few of each resource."""
    made = Api(system, {})
    with made.client("admin") as admin, made.client("monitor") as monitor, made.client("employee") as employee:

        def create(client: httpx.Client, path: str, body: dict[str, Any], count: int = _MANY) -> list[str]:
            replies = [client.post(f"/v1/{path}", json=body | named(body, number)) for number in range(count)]
            return [reply.raise_for_status().json()["name"].partition("/")[2] for reply in replies]

        made.ids["department"] = create(admin, "departments", {"displayName": "练习部"}, 1)
        made.ids["person"] = create(admin, "people", {"login": "target", "displayName": "练习者"}, 1)
        source = {"displayName": "练习信源", "kind": "feed", "medium": "MEDIUM_NEWS", "address": "http://page.test/feed"}
        made.ids["source"] = create(monitor, "sources", source)
        made.ids["runnableSource"] = create(monitor, "sources", source | {"legalBasis": "练习", "owner": "people/zhang-min"}, 1)
        made.ids["savedSearch"] = create(monitor, "savedSearches", {"displayName": "火锅", "query": "火锅"})
        made.ids["topic"] = create(monitor, "topics", topic())
        places = [{"displayName": "论坛"}]
        patrol = {"displayName": "早班", "person": "people/zhang-min", "weekdays": [1, 2, 3, 4, 5, 6, 7], "places": places * _MANY}
        made.ids["patrolList"] = create(monitor, "patrolLists", patrol, 1)
        made.ids["employeeReport"] = create(employee, "employeeReports", {"finding": {"url": PAGE}}, 1)
        made.ids["employeeReport"] += create(employee, "employeeReports", {"finding": {"text": "听说要涨价"}}, _MANY)
        token = {
            "displayName": "练习",
            "scopes": ["indexing.read"],
            "expireTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400)),
        }
        made.ids["api_token"] = create(monitor, "apiTokens", token)
        rows = "\n".join(json.dumps({"site": "练习", "native_id": str(number), "text": f"第{number}篇：火锅"}) for number in range(_MANY))
        imported = monitor.post("/v1/mentions:import", json={"format": "MENTION_LIST_FORMAT_JSONL", "content": rows})
        assert imported.raise_for_status().json()["accepted"] == str(_MANY), imported.text
        made.ids["patrolVisit"] = [visit["name"].partition("/")[2] for visit in monitor.get("/v1/patrolVisits").json()["patrolVisits"]]
        assert wait_until(lambda: len(_hits(monitor)) > 2 * _MANY, seconds=60)
        hits = _hits(monitor)
        made.ids["mention"] = [hit["mention"]["name"].partition("/")[2] for hit in hits]
        made.ids["note"] = create(monitor, f"mentions/{made.ids['mention'][0]}/notes", {"text": "已核实"})
        # Before the corrections: nobody is given a text to label that they corrected.
        made.ids["sample"] = [monitor.post("/v1/samples", json={"size": 2}).raise_for_status().json()["name"].partition("/")[2]]
        taken = monitor.post("/v1/sampleItems:take", json={}).raise_for_status().json()
        made.ids["sampleItem"] = [taken["name"].partition("/")[2]]
        made.ids["correction"] = [_corrected(monitor, mention)["correction"]["name"].partition("/")[2] for mention in made.ids["mention"][:3]]
        made.ids["job"] = [_corrected_by_query(monitor) for _ in range(2)]
        made.ids["model"] = ["shipped"]
        with made.client("legal") as legal:
            made.ids["legalHold"] = [_held(legal, made.ids["mention"][0]) for _ in range(_MANY)]
        made.ids["story"] = [hit["mention"]["story"].partition("/")[2] for hit in hits]
        made.ids["storedPage"] = [page for hit in hits if (page := hit["mention"]["document"]["storedPage"])]
    return made


def named(body: dict[str, Any], number: int) -> dict[str, Any]:
    """A name that no other has."""
    return {"displayName": f"{body['displayName']} {number}"} if "displayName" in body else {}


def topic() -> dict[str, Any]:
    """The least that a topic needs."""
    return {"displayName": "火锅店", "department": "departments/publicity", "query": "火锅", "subject": "SUBJECT_OWN"}


LABEL = {"kind": "LABEL_KIND_SENTIMENT", "values": ["neutral"]}


def _corrected(client: httpx.Client, mention: str) -> dict[str, Any]:
    body = {"label": LABEL, "reason": "练习"}
    return client.post(f"/v1/mentions/{mention}:correct", json=body).raise_for_status().json()


def _held(client: httpx.Client, mention: str) -> str:
    """A hold on a mention."""
    made = client.post(f"/v1/mentions/{mention}:hold", json={"reason": "练习"}).raise_for_status().json()
    return made["legalHold"]["name"].partition("/")[2]


def _corrected_by_query(client: httpx.Client) -> str:
    """A job that has ended."""
    started = client.post("/v1/mentions:correct", json={"query": "第3篇", "label": LABEL, "reason": "练习"}).raise_for_status().json()["job"]
    assert wait_until(lambda: client.get(f"/v1/{started}").raise_for_status().json()["state"] == "JOB_STATE_DONE", seconds=60)
    return started.partition("/")[2]


def _hits(client: httpx.Client) -> list[dict[str, Any]]:
    return client.post("/v1/mentions:search", json={"pageSize": 100}).raise_for_status().json()["hits"]
