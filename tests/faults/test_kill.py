"""Kill -9 of every part, one after the other, while the world is crawled. `python -m tests.bench faults` does it five times."""

from collections.abc import Iterator

import pytest

from yuqing_testkit.faults import KILLED, account_at_rest, kill_while_crawling, settled_agreement, told_once, told_story
from yuqing_testkit.system import System, running_system


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running_system(tmp_path_factory.mktemp("faults") / "var", world_speed=7, world_posts=400, environment=told_story()) as running:
        yield running


@pytest.mark.timeout(600)
@pytest.mark.clause("2.4.2")
def test_nothing_is_lost_and_nothing_doubled_when_every_part_is_killed_while_crawling(system: System) -> None:
    with system.client("zhang.min") as client:
        for name in KILLED:
            kill_while_crawling(system, name, client)
        found = settled_agreement(system, client)
        assert len(found.found) > len(KILLED) * 100
        books = account_at_rest(system, client)
        assert books.balances, books
    assert told_once(system)
    assert system.stop(), system.said[-2000:]
    assert not (system.var / "run.json").exists()
