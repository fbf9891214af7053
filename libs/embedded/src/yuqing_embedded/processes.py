"""Starts processes that die with the one who started them, and finds and ends those that an earlier run left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from yuqing_embedded import become
from yuqing_embedded.places import Owner

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Launch:
    """What to start and how."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    owner: Owner | None = None
    death_signal: signal.Signals = signal.SIGTERM

    @property
    def bound_command(self) -> list[str]:
        """The command behind `bound`."""
        return bound(self.command, self.death_signal, self.owner)


def bound(command: Sequence[str], death_signal: signal.Signals = signal.SIGTERM, owner: Owner | None = None) -> list[str]:
    """The command such that it runs as its owner (None: as we do), and gets the signal when its parent dies (see `spawn`).

    Never with Popen's `preexec_fn`, `user`, `group` or `extra_groups` instead: see `become`. What cannot be started ends with status 1
    and says why.
    """
    user = (become.OURS, become.OURS) if owner is None else (str(owner.uid), str(owner.gid))
    return [sys.executable, "-I", "-S", become.__file__, str(os.getpid()), str(int(death_signal)), *user, *command]


def spawn(launch: Launch, output: Path) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own (Ctrl-C reaches only us, who stop it in order); its output goes to the file `output`.

    Linux sends it `death_signal` when the *thread* that calls this ends, kill -9 included: call it from a thread that stays.
    """
    with output.open("wb") as sink:
        return subprocess.Popen(  # noqa: S603 -- the command is built by us, no shell is involved
            launch.bound_command,
            env=dict(launch.environment),
            cwd=launch.folder,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def run_to_end(launch: Launch) -> subprocess.CompletedProcess[str]:
    """Runs a short command and returns what it said and how it ended."""
    return subprocess.run(  # noqa: S603 -- as above
        launch.bound_command,
        env=dict(launch.environment),
        cwd=launch.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def marked(argument: str) -> list[psutil.Process]:
    """The running processes that have exactly this argument on their command line."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if argument in process.cmdline():
                found.append(process)
        except psutil.Error:  # gone meanwhile, or a zombie, or not ours to look at
            continue
    return found


def end_marked(argument: str, *, grace_seconds: float, with_signal: signal.Signals = signal.SIGTERM) -> int:
    """Ends every process marked so: asks, waits, then kills. Returns how many had to be killed."""
    _signal(marked(argument), with_signal)
    if wait_until(lambda: not marked(argument), seconds=grace_seconds):
        return 0
    late = marked(argument)
    kill_all(late)
    wait_until(lambda: not marked(argument), seconds=10)
    return len(late)


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Sends SIGKILL to each that is still there."""
    _signal(processes, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Waits until the condition holds; says whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def stop_child(child: subprocess.Popen[bytes], *, with_signal: signal.Signals, grace_seconds: float) -> bool:
    """Asks our own child to end and waits; kills it after the grace. Says whether it went by itself."""
    if child.poll() is not None:
        return True
    child.send_signal(with_signal)
    try:
        child.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False
    return True


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
