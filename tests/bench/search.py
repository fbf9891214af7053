"""Searches through the gateway (sign-in, field rules, telemetry on) beside the same queries asked straight of Elasticsearch."""

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.bench.figures import Row, percentile, say
from tests.bench.ingest import FIRST_STAGE_ALONE
from tests.bench.spooling import MENTIONS, documents, entries, searchable, ship
from yuqing.indexing.v1 import mention_pb2
from yuqing_indexing.adapters.elasticsearch.questions import facet_question, query_of, sort_of
from yuqing_indexing.adapters.elasticsearch.records import DERIVED
from yuqing_indexing.servicers.asking import order_of, selection_of
from yuqing_testkit.agreement import ok
from yuqing_testkit.system import System, begin, discard, wait_ready

WANTED = 2.0
BATCH = 20_000
WARM_UP = 3
ROUNDS = 5
"""The p95 of a round is decided by one or two of its searches: one outlier moves it by a fifth."""
PAGE_SIZE = 20
_STILL_SECONDS = 5.0
DEFAULT_PAGE_SIZE = 50
Body = dict[str, Any]
QUERIES: tuple[Body, ...] = (
    {"query": "霁川"},
    {"query": "霁川 AND 冒烟"},
    {"query": "霁川 AND (冒烟 OR 起火 OR 爆炸)"},
    {"query": "霁川 NEAR/8 冒烟"},
    {"query": '"空气炸锅"'},
    {"query": "空气炸锅 NOT 霁川"},
    {"query": "sentiment:negative AND medium:microblog"},
    {"query": "medium:review AND rating:[1 TO 2]"},
    {"query": "site:news.yuqing.test AND 霁川", "order": "SEARCH_ORDER_NEWEST"},
    {"query": "region:浙江 AND 地铁"},
    {"query": "天气 OR 降温 OR 冷空气", "order": "SEARCH_ORDER_NEWEST"},
    {"query": "客服 AND (态度 OR 退货 OR 退款)", "order": "SEARCH_ORDER_REACH"},
    {"query": "title:霁川"},
    {"query": "k5"},
    {"query": "霁川 AND published:[2020-01-01 TO 2099-01-01]"},
    {"query": "", "order": "SEARCH_ORDER_NEWEST"},
    {"query": "霁川", "facets": ["FACET_SENTIMENT", "FACET_MEDIUM", "FACET_SITE"]},
    {"query": "", "facets": ["FACET_SENTIMENT", "FACET_MEDIUM"], "pageSize": PAGE_SIZE},
    {"query": "一个", "pageSize": 200},
    {"query": "霽川電器", "order": "SEARCH_ORDER_OLDEST"},
)
"""The fixed mix: words, phrases, nearness, fields, orders, facets, short and long pages."""


def measure(var: Path, *, quick: bool) -> list[Row]:
    """One row."""
    settings = {"YUQING_ELASTICSEARCH_HEAP_MIB": "1024", "YUQING_GATEWAY_REQUESTS_BURST": "1000000"}
    system = begin(var, settings | FIRST_STAGE_ALONE, world=False)  # nothing changes between a query and its reference
    try:
        wait_ready(system)
        _load(system, 10_000 if quick else 300_000)
        return [_measured(system, repetitions=5 if quick else 15)]
    finally:
        discard(system)


def _load(system: System, count: int) -> None:
    texts = documents(min(count, BATCH))
    for number in range(count // len(texts)):
        ship(system, entries(texts, f"load{number}"))
    _stand_still(system)
    httpx.post(f"{system.note.elasticsearch}/_refresh", trust_env=False, timeout=120)
    say(f"{searchable(system.note.elasticsearch)} mentions")


def _stand_still(system: System) -> None:
    """Waits until nothing is written any more: mentions are written again when their story has grown."""
    before, now = -1, _written(system)
    while now != before:
        time.sleep(_STILL_SECONDS)
        before, now = now, _written(system)


def _written(system: System) -> int:
    reply = httpx.get(f"{system.note.elasticsearch}/{MENTIONS}/_stats/indexing", trust_env=False, timeout=60)
    return reply.raise_for_status().json()["_all"]["total"]["indexing"]["index_total"]


def _measured(system: System, *, repetitions: int) -> Row:
    with system.client("admin") as gateway, httpx.Client(base_url=system.note.elasticsearch, trust_env=False, timeout=60) as engine:
        _round(gateway, engine, WARM_UP)
        rounds = sorted((_round(gateway, engine, repetitions) for _ in range(ROUNDS)), key=lambda each: each[0] / each[1])
    ours, reference = rounds[ROUNDS // 2]
    note = f"the middle one of {ROUNDS} rounds of {len(QUERIES)} queries × {repetitions}"
    return Row("search p95 through the gateway ÷ straight", "ms", ours, WANTED, reference, note=note)


def _round(gateway: httpx.Client, engine: httpx.Client, repetitions: int) -> tuple[float, float]:
    """The p95 of searches and of their references, by turns, in milliseconds."""
    through: list[float] = []
    straight: list[float] = []
    for _ in range(repetitions):
        for body in QUERIES:
            mine, found = _timed(gateway, "/v1/mentions:search", body)
            theirs, reference = _timed(engine, "/mentions-*/_search", straight_body(body))
            assert int(found["totalSize"]) == reference["hits"]["total"]["value"], body
            through.append(mine * 1000)
            straight.append(theirs * 1000)
    p95 = percentile(through, 0.95), percentile(straight, 0.95)
    say(f"  p95 {p95[0]:.1f} | {p95[1]:.1f}, medians {statistics.median(through):.1f} | {statistics.median(straight):.1f} ms")
    return p95


def _timed(client: httpx.Client, path: str, body: Mapping[str, Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    reply = client.post(path, json=body)
    seconds = time.perf_counter() - begun
    return seconds, ok(reply)


def straight_body(body: Body) -> Body:
    """The request that indexing makes of it."""
    selection = selection_of(body["query"], (), mention_pb2.TimeRange(), zone="Asia/Shanghai")
    order = order_of(mention_pb2.SearchOrder.Value(body.get("order", "SEARCH_ORDER_UNSPECIFIED")), selection)
    asked: Body = {
        "query": query_of(selection),
        "sort": sort_of(order),
        "track_total_hits": True,
        "size": body.get("pageSize", DEFAULT_PAGE_SIZE) + 1,
        "_source": {"excludes": list(DERIVED)},
    }
    if "facets" in body:
        asked["aggs"] = {name: facet_question(name) for name in (facet.removeprefix("FACET_").lower() for facet in body["facets"])}
    return asked
