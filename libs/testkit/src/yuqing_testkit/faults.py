"""Kills parts of a running system while it crawls, and shows that nothing was lost and nothing done twice."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from yuqing_testkit.agreement import Agreement, Record, agreement, eventually, every_mention, ok
from yuqing_testkit.system import System

KILLED = ("elasticsearch", "indexing", "scoring", "crawler", "gateway")
"""Elasticsearch first: the first crawl, with its largest batches, is then under way."""
BURST = {"microblog": 150, "article": 15, "thread": 10, "review": 25}
"""How many texts of each kind are published before each kill."""
WELL_WITHIN_SECONDS = 120.0
_DONE = 1


@dataclass(frozen=True)
class Account:
    """What the spool says of all that went through it, beside what is in the index."""

    settled: int
    """Documents with an answer."""
    acknowledged: int
    """Answers that were counted."""
    waiting: int
    refused: int
    unknown: Sequence[str]
    """Mentions that were acknowledged and that the index does not hold."""
    unacknowledged: Sequence[str]
    """Mentions in the index that no acknowledgement names."""

    @property
    def balances(self) -> bool:
        """Whether each document was answered for exactly once, and truly."""
        return self.settled == self.acknowledged and not (self.waiting or self.refused or self.unknown or self.unacknowledged)


def told_story() -> dict[str, str]:
    """Settings of a world at speed 7 whose story is told when the crawl begins: what comes later is published by the test, and seen by all."""
    return {"YUQING_WORLD_START": (datetime.now(UTC) - timedelta(hours=6)).isoformat(), "YUQING_GATEWAY_REQUESTS_BURST": "5000"}


def kill_while_crawling(system: System, name: str, client: httpx.Client) -> None:
    """Publishes a burst, kills the part while its documents are on their way, and waits until all is well again by itself."""
    before = {process.pid for process in system.processes(name)}
    for place, count in BURST.items():
        system.world.control(publish={"place": place, "count": count})
    _run_sources(client)
    eventually(lambda: int(_spool(client)["waiting"]) > 0 or None, seconds=30, why=lambda: "nothing is on its way")
    system.kill(name)
    eventually(lambda: _is_another(system, name, before), seconds=WELL_WITHIN_SECONDS, why=lambda: system.said[-2000:])
    eventually(lambda: _is_well(client), seconds=WELL_WITHIN_SECONDS, why=lambda: system.said[-2000:])


def settled_agreement(system: System, client: httpx.Client, *, within_seconds: float = 180) -> Agreement:
    """The world beside the mentions once both stand still; AssertionError when they do not come to agree."""

    def look() -> Agreement:
        return agreement(system.world.truth(), every_mention(client))

    def whole() -> Agreement | None:
        if not _is_well(client):
            return None
        found = look()
        if found.missing:
            _run_sources(client)
        return found if found.is_whole else None

    return eventually(whole, seconds=within_seconds, why=look)


def account_at_rest(system: System, client: httpx.Client) -> Account:
    """The spool's books, once all sources are paused and nothing waits; as they are where they do not come to balance."""
    for source in _sources(client):
        ok(client.post(f"/v1/{source['name']}:pause", json={}))
    last = _account(system, client)
    deadline = time.monotonic() + WELL_WITHIN_SECONDS
    while not last.balances and time.monotonic() < deadline:
        time.sleep(1)
        last = _account(system, client)
    return last


def _account(system: System, client: httpx.Client) -> Account:
    names = {mention["name"] for mention in every_mention(client)}
    spool = _spool(client)
    with closing(sqlite3.connect(f"file:{system.var / 'crawler.sqlite'}?mode=ro", uri=True)) as books:
        settled = [name for (name,) in books.execute("SELECT mention FROM spool WHERE state = ?", (_DONE,))]
    return Account(
        settled=len(settled),
        acknowledged=int(spool["acknowledged"]),
        waiting=int(spool["waiting"]),
        refused=int(spool["deadLetters"]),
        unknown=sorted(set(settled) - names),
        unacknowledged=sorted(names - set(settled)),
    )


def told_once(system: System) -> bool:
    """Whether the feed of changes told of each new mention exactly once."""
    with closing(sqlite3.connect(f"file:{system.var / 'indexing.sqlite'}?mode=ro", uri=True)) as books:
        ((told, different),) = books.execute("SELECT count(*), count(DISTINCT key) FROM change WHERE kind = 'STORED'")
        ((known,),) = books.execute("SELECT count(*) FROM mention")
    return told == different == known


def _spool(client: httpx.Client) -> Record:
    return ok(client.get("/v1/spool"))


def _run_sources(client: httpx.Client) -> None:
    for source in _sources(client):
        ok(client.post(f"/v1/{source['name']}:run", json={}))


def _sources(client: httpx.Client) -> list[Record]:
    return ok(client.get("/v1/sources", params={"pageSize": 1000}))["sources"]


def _is_another(system: System, name: str, before: set[int]) -> bool:
    now = {process.pid for process in system.processes(name)}
    return bool(now) and not now & before


def _is_well(client: httpx.Client) -> bool:
    spool = _spool(client)
    return spool["shipping"] and spool["waiting"] == "0" and ok(client.post("/v1/mentions:search", json={"pageSize": 1})) is not None
