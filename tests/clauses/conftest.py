"""One system for all clauses: its world's story is told when it starts, so that what is found can be compared with the truth at once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from yuqing_testkit.agreement import Agreement, agreement, eventually, every_mention
from yuqing_testkit.system import System, running_system

STORY_BEGAN = timedelta(hours=6)
SPEED = 7.0
"""Hour 36 of the story, after which nothing new is written, is past when the world starts."""


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    environment = {
        "YUQING_WORLD_START": (datetime.now(UTC) - STORY_BEGAN).isoformat(),
        "YUQING_CRAWLER_REVISIT_AFTER_SECONDS": "[15, 45]",
        "YUQING_CRAWLER_REVISITS_PER_HOST_HOUR": "100000",
        "YUQING_GATEWAY_REQUESTS_BURST": "5000",
    }
    with running_system(tmp_path_factory.mktemp("clauses") / "var", world_speed=SPEED, world_posts=400, environment=environment) as running:
        yield running


def _client(system: System, login: str) -> Iterator[httpx.Client]:
    with system.client(login) as client:
        yield client


@pytest.fixture
def monitor(system: System) -> Iterator[httpx.Client]:
    """Who watches: sources, patrols, search."""
    yield from _client(system, "zhang.min")


@pytest.fixture
def it(system: System) -> Iterator[httpx.Client]:
    """Who runs the system."""
    yield from _client(system, "li.gang")


@pytest.fixture
def legal(system: System) -> Iterator[httpx.Client]:
    """Who advises on law."""
    yield from _client(system, "wang.fang")


@pytest.fixture
def employee(system: System) -> Iterator[httpx.Client]:
    """Anybody of the organisation."""
    yield from _client(system, "liu.yang")


@pytest.fixture
def auditor(system: System) -> Iterator[httpx.Client]:
    """Who checks the others."""
    yield from _client(system, "sun.hao")


@pytest.fixture(scope="session")
def town(system: System) -> Agreement:
    """The world beside the mentions, once the first crawl has found all that can be read."""
    with system.client("zhang.min") as client:
        return eventually(lambda: _whole(system, client), seconds=120, why=lambda: agreement(system.world.truth(), every_mention(client)))


def _whole(system: System, client: httpx.Client) -> Agreement | None:
    found = agreement(system.world.truth(), every_mention(client))
    return None if found.missing else found
