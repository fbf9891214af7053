"""Builds a run from its settings and carries it from start to stop; knows all the parts, decides nothing itself."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yuqing_cli.up.demonstration import register_once
from yuqing_cli.up.keys import make_keys
from yuqing_cli.up.lock import RunLock, RunNote
from yuqing_cli.up.logs import ServiceLog
from yuqing_cli.up.plan import (
    CRAWLER,
    ELASTICSEARCH,
    GATEWAY,
    Run,
    choose_ports,
    environment,
    present_only,
    service_process,
    stop_order,
    world_process,
)
from yuqing_cli.up.settings import UpSettings
from yuqing_cli.up.supervisor import Supervisor
from yuqing_cli.up.units import ElasticsearchUnit, Process, ServiceUnit, Unit
from yuqing_cli.up.words import Say
from yuqing_embedded.downloads import DownloadError
from yuqing_embedded.elasticsearch import ElasticsearchNode, install_elasticsearch
from yuqing_embedded.encoder import install_encoder
from yuqing_embedded.java import java_home
from yuqing_embedded.places import places

FIRST_ACCOUNTS = "first-accounts.txt"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Assembly:
    """One run of the services (name → module), with the demonstration world or without."""

    settings: UpSettings
    var: Path
    lock: RunLock
    gateway_port: int
    services: Mapping[str, str]
    with_world: bool
    say: Say
    verbose: bool = False
    _begun: float = field(default_factory=time.time, init=False)

    def start_and_watch(self) -> None:
        """Runs until a signal says stop. Raises StartFailed, DownloadError."""
        node = self._node()
        run = self._run(node)
        units = self._units(run, node)
        note = RunNote(
            pid=os.getpid(),
            gateway=run.ports.gateway_url,
            addresses=dict(run.ports.addresses),
            metrics=dict(run.ports.metrics),
            elasticsearch=run.elasticsearch_url,
        )

        def tell() -> None:
            self.lock.tell(note.model_copy(update={"pids": {unit.name: unit.pid for unit in units if unit.pid}}))

        tell()
        supervisor = Supervisor(units, stop_order([unit.name for unit in units]), self.say, on_change=tell)
        asyncio.run(self._watch(supervisor, run))

    async def _watch(self, supervisor: Supervisor, run: Run) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup wants it to stay
                loop.add_signal_handler(number, stop.set)
        try:
            await supervisor.run(stop, when_ready=lambda: self._when_ready(run))
        finally:
            self.say("已全部停止 (all stopped)")

    def _node(self) -> ElasticsearchNode | None:
        if self.settings.elasticsearch_url:
            return None
        where = places()
        install_elasticsearch(where)  # before the event loop: it shows a progress bar and may take a while
        java_home(where)
        return ElasticsearchNode(where.data(self.var) / ELASTICSEARCH, places=where, heap_mib=self.settings.elasticsearch_heap_mib)

    def _run(self, node: ElasticsearchNode | None) -> Run:
        keys = self.var / "keys"
        secret = make_keys(keys, self.services)
        ports = choose_ports(tuple(self.services), gateway=self.gateway_port, world=self.settings.world_port)
        url = node.url if node else self.settings.elasticsearch_url or ""
        return Run(self.var, keys, secret, url, ports, vectors=self._vectors())

    def _vectors(self) -> str:
        """The encoder's folder, or `off`: without it everything works but search by meaning."""
        if self.settings.scoring_vectors:
            return self.settings.scoring_vectors
        try:
            return str(install_encoder(places()))
        except DownloadError as error:
            self.say(f"语义检索(相似)未启用 (search by meaning is off): {error}")
            return "off"

    def _units(self, run: Run, node: ElasticsearchNode | None) -> list[Unit]:
        shared = environment(run, with_world=self.with_world)
        processes = [service_process(name, module, run, shared) for name, module in self.services.items()]
        if self.with_world:
            processes.append(world_process(run, shared))
        engines: list[Unit] = [ElasticsearchUnit(node)] if node else []
        return [*engines, *(self._service(process) for process in present_only(processes, [unit.name for unit in engines]))]

    def _service(self, process: Process) -> ServiceUnit:
        return ServiceUnit(process, ServiceLog(process.name, self.var / "log", say=self.say, verbose=self.verbose))

    async def _when_ready(self, run: Run) -> None:
        self._welcome(run)
        if self.with_world and {GATEWAY, CRAWLER} <= self.services.keys():
            accounts = self.var / FIRST_ACCOUNTS
            await register_once(run.ports.gateway_url, run.ports.world_url, var=self.var, accounts=accounts, say=self.say)

    def _welcome(self, run: Run) -> None:
        self.say(f"全部就绪,用时 {time.time() - self._begun:.0f} 秒 (all ready)。Ctrl-C 停止 (stops).")
        self._show_first_accounts()
        self.say(f"接口文档 (API): {run.ports.gateway_url}/docs")

    def _show_first_accounts(self) -> None:
        """The gateway writes the file once, when it makes the first accounts; it is shown by the run in which that happens."""
        file = self.var / FIRST_ACCOUNTS
        if file.exists() and file.stat().st_mtime >= self._begun - 1:
            self.say(f"首批账号,仅显示一次 (first accounts, shown once; {file}):\n{file.read_text(encoding='utf-8').rstrip()}")
