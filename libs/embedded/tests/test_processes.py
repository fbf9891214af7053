"""No process outlives the one that started it, and those that do are found."""

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from yuqing_embedded.processes import Launch, end_marked, marked, spawn, stop_child, wait_until

SLEEP = "import signal, sys, time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
PARENT = """
import sys, time
from pathlib import Path
from yuqing_embedded.processes import Launch, spawn
spawn(Launch((sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]), {}, Path("/")), Path(sys.argv[2]))
time.sleep(600)
"""


def started(code: str, mark: str, output: Path) -> subprocess.Popen[bytes]:
    child = spawn(Launch((sys.executable, "-c", code, mark), dict(os.environ), Path("/")), output)
    assert wait_until(lambda: output.read_text() == "up\n", seconds=30)
    return child


def test_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    mark = secrets.token_hex(8)
    parent = subprocess.Popen([sys.executable, "-c", PARENT, mark, str(tmp_path / "output")], start_new_session=True)
    try:
        assert wait_until(lambda: len(marked(mark)) == 2, seconds=30)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert wait_until(lambda: not marked(mark), seconds=10)


def test_marked_process_is_asked_first_when_it_is_ended(tmp_path: Path) -> None:
    mark = secrets.token_hex(8)
    child = started(SLEEP, mark, tmp_path / "output")
    assert end_marked(mark, grace_seconds=10) == 0
    assert child.wait() == -signal.SIGTERM


def test_marked_process_is_killed_when_it_does_not_go(tmp_path: Path) -> None:
    mark = secrets.token_hex(8)
    child = started(STUBBORN, mark, tmp_path / "output")
    assert end_marked(mark, grace_seconds=0.3) == 1
    assert child.wait() == -signal.SIGKILL


def test_child_is_killed_when_it_does_not_go_in_time(tmp_path: Path) -> None:
    child = started(STUBBORN, secrets.token_hex(8), tmp_path / "output")
    assert not stop_child(child, with_signal=signal.SIGTERM, grace_seconds=0.3)
    assert child.returncode == -signal.SIGKILL


def test_command_that_cannot_be_started_says_so_in_its_output(tmp_path: Path) -> None:
    child = spawn(Launch((str(tmp_path / "missing"),), {}, Path("/")), tmp_path / "output")
    assert child.wait() == 1
    assert (tmp_path / "output").read_text() == f"{tmp_path / 'missing'} cannot be started: No such file or directory\n"
