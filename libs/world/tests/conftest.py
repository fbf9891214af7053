"""Worlds that are served for the tests of this package."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from yuqing_testkit.world import RunningWorld, running_world


@pytest.fixture(scope="session")
def told() -> Iterator[RunningWorld]:
    """A world whose story was told an hour ago; nothing changes in it any more."""
    with running_world(posts=1_000, start=datetime.now(UTC) - timedelta(hours=1)) as world:
        yield world


@pytest.fixture
def calm() -> Iterator[RunningWorld]:
    """A small world at the beginning of its story, at real speed: only what a test does changes it."""
    with running_world(posts=200, speed=1) as world:
        yield world
