"""What the supervisor does with units that are late, wait for others, or end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from yuqing_cli.up.backoff import Backoff
from yuqing_cli.up.plan import stop_order
from yuqing_cli.up.supervisor import StartFailed, Supervisor
from yuqing_cli.up.units import UnitEnded


@dataclass
class FakeUnit:
    """A unit whose life is written down beforehand: for each life, whether it becomes ready."""

    name: str
    journal: list[str]
    after: Sequence[str] = ()
    lives: list[bool] = field(default_factory=lambda: [True])
    pid: int | None = None

    async def start(self) -> None:
        self.journal.append(f"start {self.name}")

    async def ready(self) -> None:
        if not self.lives:
            await asyncio.Event().wait()
        if not self.lives.pop(0):
            raise UnitEnded("it fell over")

    async def ended(self) -> str:
        if not self.lives:
            await asyncio.Event().wait()
        return "it was killed"

    async def stop(self, grace_seconds: float) -> bool:
        self.journal.append(f"stop {self.name}")
        return grace_seconds > 0

    def last_lines(self) -> str:
        return f"the last words of {self.name}"


def supervisor(units: list[FakeUnit], journal: list[str], ready_within_seconds: float = 20) -> Supervisor:
    return Supervisor(
        units,
        [[unit.name] for unit in reversed(units)],
        journal.append,
        new_backoff=lambda: Backoff(first_seconds=0.001),
        ready_within_seconds=ready_within_seconds,
    )


async def run(*units: FakeUnit, journal: list[str]) -> None:
    stop = asyncio.Event()

    async def when_ready() -> None:
        stop.set()

    await supervisor(list(units), journal).run(stop, when_ready)


async def test_unit_starts_when_those_it_waits_for_are_ready() -> None:
    journal: list[str] = []
    await run(
        FakeUnit("last", journal, after=("middle",)), FakeUnit("middle", journal, after=("first",)), FakeUnit("first", journal), journal=journal
    )
    assert [line for line in journal if line.startswith("start")] == ["start first", "start middle", "start last"]


async def test_unit_is_started_again_when_it_ends_before_and_after_it_is_ready() -> None:
    journal: list[str] = []
    waits_for_a_long_life = FakeUnit("second", journal, after=("first",))
    first = FakeUnit("first", journal, lives=[False, False, True])
    await run(first, waits_for_a_long_life, journal=journal)
    assert journal.count("start first") == 3
    assert sum("it fell over" in line for line in journal) == 2


async def test_all_is_stopped_and_the_late_one_named_when_not_all_become_ready() -> None:
    journal: list[str] = []
    units = [FakeUnit("quick", journal), FakeUnit("late", journal, lives=[])]

    async def when_ready() -> None:
        journal.append("ready")

    with pytest.raises(StartFailed, match=r"late .*\n.*last words of late") as failure:
        await supervisor(units, journal, ready_within_seconds=0.05).run(asyncio.Event(), when_ready)
    assert "quick" not in str(failure.value)
    assert journal[-2:] == ["stop late", "stop quick"]
    assert "ready" not in journal


def test_unknown_services_stop_between_the_gateway_and_indexing() -> None:
    names = ["scoring", "indexing", "gateway", "crawler", "alerting", "elasticsearch", "world"]
    assert stop_order(names) == [["crawler", "world"], ["gateway"], ["alerting"], ["indexing"], ["scoring"], ["elasticsearch"]]
