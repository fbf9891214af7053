"""What the supervisor keeps running: processes of services, and the embedded Elasticsearch, behind one small interface."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from yuqing_cli.up.logs import ServiceLog
from yuqing_cli.up.probes import Probe
from yuqing_embedded.elasticsearch import ElasticsearchNode, NodeError
from yuqing_embedded.processes import bound

POLL_SECONDS = 0.1
LONGEST_POLL_SECONDS = 1.0
OUTPUT_SECONDS = 1.0  # how long a grandchild may hold a dead service's output


class UnitEnded(Exception):
    """A unit ended before it was ready; the message says how."""


class Unit(Protocol):
    """One thing that is started, becomes ready, and may end."""

    @property
    def name(self) -> str: ...

    @property
    def after(self) -> Sequence[str]: ...

    @property
    def pid(self) -> int | None: ...

    async def start(self) -> None:
        """Starts it."""
        ...

    async def ready(self) -> None:
        """Returns when it is ready. Raises UnitEnded."""
        ...

    async def ended(self) -> str:
        """Returns when it has ended, and says how."""
        ...

    async def stop(self, grace_seconds: float) -> bool:
        """Stops it if it runs; says whether it went by itself in time. May be called at any moment."""
        ...

    def last_lines(self) -> str:
        """The end of its log."""
        ...


@dataclass(frozen=True)
class Process:
    """A service's process: what to run, and how to know that it is ready. `after` names the units that must be ready before it starts."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    probe: Probe
    after: Sequence[str] = ()


@dataclass
class ServiceUnit:
    """Runs a Process and reads its output."""

    process: Process
    log: ServiceLog
    _child: asyncio.subprocess.Process | None = field(default=None, init=False)
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return self.process.name

    @property
    def after(self) -> Sequence[str]:
        return self.process.after

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.returncode is None else None

    async def start(self) -> None:
        self._child = await asyncio.create_subprocess_exec(
            *bound(self.process.command),
            env=dict(self.process.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only us, who stop them in order
        )
        if self._child.stdout:
            self._reading = asyncio.create_task(self._read(self._child.stdout))

    async def ready(self) -> None:
        wait_seconds = POLL_SECONDS
        while not await self.process.probe():
            if self.pid is None:
                raise UnitEnded(await self.ended())
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 1.1, LONGEST_POLL_SECONDS)

    async def ended(self) -> str:
        if self._child is None:
            return "未启动 (not started)"
        code = await self._child.wait()
        self._kill_group()  # what it may have started itself
        if self._reading:
            await asyncio.wait({self._reading}, timeout=OUTPUT_SECONDS)
        self.log.end()
        return how_it_ended(code)

    async def stop(self, grace_seconds: float) -> bool:
        child = self._child
        if child is None or child.returncode is not None:
            return True
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), grace_seconds)
        except TimeoutError:
            self._kill_group()
            await child.wait()
            return False
        finally:
            await self.ended()
        return True

    def last_lines(self) -> str:
        return self.log.last_lines()

    async def _read(self, output: asyncio.StreamReader) -> None:
        while data := await output.read(65536):
            self.log.feed(data)

    def _kill_group(self) -> None:
        if self._child:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)


@dataclass
class ElasticsearchUnit:
    """Runs the embedded node. What blocks goes to a thread, but not the start: the node is to live as long as the main thread."""

    node: ElasticsearchNode
    name: str = "elasticsearch"
    after: Sequence[str] = ()

    @property
    def pid(self) -> int | None:
        return next(iter(self.node.pids), None)

    async def start(self) -> None:
        await asyncio.to_thread(self.node.end_strays)
        self.node.launch()

    async def ready(self) -> None:
        try:
            await asyncio.to_thread(self.node.wait_ready)
        except NodeError as error:
            raise UnitEnded(str(error)) from error

    async def ended(self) -> str:
        while self.node.is_running:  # noqa: ASYNC110 -- the node was started by another library than asyncio: nothing else tells us
            await asyncio.sleep(POLL_SECONDS)
        return "进程不在了 (its process is gone)"

    async def stop(self, grace_seconds: float) -> bool:
        return await asyncio.to_thread(lambda: self.node.stop(within_seconds=grace_seconds))

    def last_lines(self) -> str:
        return self.node.last_lines()


def how_it_ended(code: int) -> str:
    """A return code in words."""
    if code >= 0:
        return f"退出码 {code} (exit status {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    return f"被信号 {name} 终止 (ended by {name})"
