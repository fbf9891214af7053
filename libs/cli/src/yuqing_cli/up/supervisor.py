"""Starts units in order, starts again what ends, and stops all in order within a bound."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from yuqing_cli.up.backoff import Backoff
from yuqing_cli.up.units import Unit, UnitEnded
from yuqing_cli.up.words import Say

READY_WITHIN_SECONDS = 180.0
STOP_WITHIN_SECONDS = 14.0


class StartFailed(Exception):
    """Not everything became ready; the message says what, and why as far as the logs tell."""


@dataclass
class Supervisor:
    """Keeps units running until it is told to stop. `stop_order` lists groups of names; a group is stopped when those before it are gone."""

    units: Sequence[Unit]
    stop_order: Sequence[Sequence[str]]
    say: Say
    new_backoff: Callable[[], Backoff] = Backoff
    on_change: Callable[[], None] = lambda: None  # a unit was started or ended: its pid is another now
    ready_within_seconds: float = READY_WITHIN_SECONDS
    stop_within_seconds: float = STOP_WITHIN_SECONDS
    _ready: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event], init=False)

    async def run(self, stop: asyncio.Event, when_ready: Callable[[], Coroutine[None, None, None]]) -> None:
        """Runs until `stop` is set; does `when_ready` once when every unit is. Raises StartFailed when that takes too long."""
        self._ready = {unit.name: asyncio.Event() for unit in self.units}
        stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
        tasks = [stopping, *(asyncio.create_task(self._keep(unit), name=unit.name) for unit in self.units)]
        try:
            await self._wait_ready(tasks)
            if not stopping.done():
                tasks.append(asyncio.create_task(self._then_for_ever(when_ready)))
                await self._wait_first(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._stop_all()

    async def _wait_ready(self, tasks: "Sequence[asyncio.Future[Any]]") -> None:
        all_ready = asyncio.create_task(self._all_ready())
        try:
            async with asyncio.timeout(self.ready_within_seconds):
                await self._wait_first([all_ready, *tasks])
        except TimeoutError:
            late = [unit for unit in self.units if not self._ready[unit.name].is_set()]
            lines = [f"{unit.name} 在 {self.ready_within_seconds:.0f} 秒内没有就绪 (was not ready in time)\n{unit.last_lines()}" for unit in late]
            raise StartFailed("\n".join(lines)) from None
        finally:
            all_ready.cancel()
            await asyncio.wait({all_ready})

    async def _all_ready(self) -> None:
        for event in self._ready.values():
            await event.wait()

    @staticmethod
    async def _then_for_ever(work: Callable[[], Coroutine[None, None, None]]) -> None:
        await work()
        await asyncio.Event().wait()

    @staticmethod
    async def _wait_first(tasks: "Sequence[asyncio.Future[Any]]") -> None:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # a keeper never returns: if one is done, it failed, and we with it

    async def _keep(self, unit: Unit) -> None:
        for name in unit.after:
            await self._ready[name].wait()
        backoff = self.new_backoff()
        while True:
            healthy_seconds, how = await self._live_once(unit)
            wait_seconds = backoff.after(healthy_seconds)
            self.on_change()
            self.say(f"! {unit.name} 意外结束:{how};{wait_seconds:g} 秒后重启 (ended; starting it again in {wait_seconds:g} s)")
            if tail := unit.last_lines():
                self.say(tail)
            await asyncio.sleep(wait_seconds)

    async def _live_once(self, unit: Unit) -> tuple[float, str]:
        """One life of a unit: how many seconds it was healthy, and how it ended."""
        started = time.monotonic()
        try:
            await unit.start()
            self.on_change()
            await unit.ready()
        except (UnitEnded, OSError) as error:
            return 0.0, str(error)
        healthy_since = time.monotonic()
        self.say(f"✓ {unit.name} 就绪,用时 {healthy_since - started:.1f} 秒 (ready)")
        self._ready[unit.name].set()
        how = await unit.ended()
        return time.monotonic() - healthy_since, how

    async def _stop_all(self) -> None:
        """Each group may use the time that those before it left, so that all is over within the bound."""
        begun = time.monotonic()
        by_name = {unit.name: unit for unit in self.units}
        groups = [[by_name[name] for name in group if name in by_name] for group in self.stop_order]
        share_seconds = self.stop_within_seconds / max(len(groups), 1)
        for number, group in enumerate(groups, start=1):
            grace_seconds = max(begun + number * share_seconds - time.monotonic(), 0.1)
            await asyncio.gather(*(self._stop(unit, grace_seconds) for unit in group))

    async def _stop(self, unit: Unit, grace_seconds: float) -> None:
        if not await unit.stop(grace_seconds):
            self.say(f"! {unit.name} 没有在 {grace_seconds:.0f} 秒内退出,已强制结束 (did not stop in time and was killed)")
