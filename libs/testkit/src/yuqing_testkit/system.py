"""Starts the whole product in a folder of its own, as `yuqing up` does for people, and gives tests its doors from outside."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from yuqing_cli.up.assembly import FIRST_ACCOUNTS
from yuqing_cli.up.demonstration import password_of
from yuqing_cli.up.lock import RunNote, read_run
from yuqing_cli.up.plan import ELASTICSEARCH, run_mark
from yuqing_embedded.elasticsearch import TEST_HEAP_MIB, ElasticsearchNode
from yuqing_embedded.places import places
from yuqing_embedded.processes import end_marked, kill_all, stop_child, wait_until

READY_WITHIN_SECONDS = 180.0
STOP_WITHIN_SECONDS = 20.0
COMMAND = (str(Path(sys.executable).parent / "yuqing"), "up")


class NotReady(RuntimeError):
    """The system did not become ready; the message carries what it said."""


@dataclass
class WorldDoor:
    """The demonstration world of a running system: its truth, and the switch that changes it."""

    url: str

    def get(self, path: str, **params: str) -> httpx.Response:
        """A page of the town hall."""
        headers = {"host": "world.yuqing.test"}
        return httpx.get(self.url + path, params=params, headers=headers, timeout=120, trust_env=False).raise_for_status()

    def truth(self, site: str = "") -> list[dict[str, Any]]:
        """The truth of now about every text, of one site or of all."""
        # Cut at line feeds alone: texts may hold what str.splitlines() takes for the end of a line.
        return [json.loads(line) for line in self.get("/truth.jsonl", at="now", site=site).content.split(b"\n") if line]

    def control(self, **request: object) -> list[dict[str, Any]]:
        """Publishes, edits, deletes or breaks; gives the truth of what was touched."""
        reply = httpx.post(f"{self.url}/control", json=request, headers={"host": "world.yuqing.test"}, timeout=60, trust_env=False)
        return reply.raise_for_status().json()["items"]


@dataclass
class System:
    """A running product. Its clients are signed in as people of the demonstration."""

    var: Path
    process: "subprocess.Popen[bytes]"
    output: Path
    _tokens: dict[str, str] = field(default_factory=dict[str, str], init=False)

    @property
    def said(self) -> str:
        """What the supervisor said so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    @property
    def note(self) -> RunNote:
        """What the run tells about itself now."""
        found = read_run(self.var)
        if found is None:
            raise NotReady(self.said[-4000:])
        return found

    @property
    def url(self) -> str:
        """The gateway's address."""
        return self.note.gateway

    @property
    def world(self) -> WorldDoor:
        """The world that runs beside it."""
        command = psutil.Process(self.note.pids["world"]).cmdline()
        return WorldDoor(f"http://127.0.0.1:{command[command.index('--port') + 1]}")

    def client(self, login: str) -> httpx.Client:
        """A client of the gateway, signed in; the caller closes it."""
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.token(login)}"}, timeout=60, trust_env=False)

    def token(self, login: str) -> str:
        """A session of this person, made once."""
        if login not in self._tokens:
            self._tokens[login] = self.sign_in(login)
        return self._tokens[login]

    def sign_in(self, login: str) -> str:
        """A session of this person of its own, which may end without ending others."""
        body = {"login": login, "password": self.password(login)}
        reply = httpx.post(f"{self.url}/v1/sessions", json=body, timeout=60, trust_env=False).raise_for_status()
        return reply.json()["sessionToken"]

    def password(self, login: str) -> str:
        """The first password of this person."""
        return password_of(login, self.var / FIRST_ACCOUNTS)

    def processes(self, name: str) -> list[psutil.Process]:
        """The processes of a service, or of Elasticsearch with its launcher; none while it is away."""
        if name == ELASTICSEARCH:
            where = places()
            node = ElasticsearchNode(where.data(self.var) / ELASTICSEARCH, places=where)
            return [psutil.Process(pid) for pid in node.pids]
        pid = self.note.pids.get(name)
        return [psutil.Process(pid)] if pid is not None and psutil.pid_exists(pid) else []

    def kill(self, name: str) -> None:
        """Kills a service without warning, as the system does when memory is short."""
        kill_all(self.processes(name))

    def stop(self) -> bool:
        """Stops all of it as Ctrl-C does; says whether that went well in time."""
        went = stop_child(self.process, with_signal=signal.SIGTERM, grace_seconds=STOP_WITHIN_SECONDS)
        return end_marked(run_mark(self.var), grace_seconds=0) == 0 and went


def begin(var: Path, settings: Mapping[str, str], *, world: bool = True) -> System:
    """Starts `yuqing up` on free ports and does not wait; `settings` are environment variables, over those of tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("YUQING_") or name == "YUQING_CACHE"}
    own = {
        "YUQING_VAR": str(var),
        "YUQING_GATEWAY_PORT": "0",
        "YUQING_ELASTICSEARCH_HEAP_MIB": str(TEST_HEAP_MIB),
        "YUQING_WORLD_CRAWL_DELAY_SECONDS": "0",
    }
    var.mkdir(parents=True, exist_ok=True)
    output = var / "up.out"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [*COMMAND, *(() if world else ("--no-world",))],
            env={**inherited, **own, **settings},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    return System(var, process, output)


def wait_ready(system: System, *, said: str = "全部就绪", within_seconds: float = READY_WITHIN_SECONDS) -> float:
    """Waits until the supervisor has said so; gives the seconds that took. Raises NotReady."""
    begun = time.monotonic()
    wait_until(lambda: said in system.said or system.process.poll() is not None, seconds=within_seconds)
    if system.process.poll() is not None or said not in system.said:
        system.stop()
        raise NotReady(system.said[-4000:])
    return time.monotonic() - begun


def wait_registered(system: System) -> None:
    """Waits until the world's sources are registered. Raises NotReady."""
    wait_ready(system, said="已登记")


def discard(system: System) -> None:
    """Stops the system if it runs and removes its folders."""
    system.stop()
    shutil.rmtree(places().data(system.var), ignore_errors=True)
    shutil.rmtree(system.var, ignore_errors=True)


@contextmanager
def running_system(
    var: Path, *, world_speed: float = 60.0, world_posts: int = 400, environment: Mapping[str, str] | None = None
) -> Generator[System]:
    """A ready system with its world, which tests may change (`System.world.control`); removed afterwards."""
    world = {"YUQING_WORLD_SPEED": str(world_speed), "YUQING_WORLD_POSTS": str(world_posts), "YUQING_WORLD_CONTROL": "true"}
    system = begin(var, {**world, **(environment or {})})
    try:
        wait_ready(system)
        wait_registered(system)
        yield system
    finally:
        discard(system)
