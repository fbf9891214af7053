"""The doctor finds what is wrong and says how to help, in both languages."""

import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from yuqing_cli.doctor import installation, machine
from yuqing_cli.doctor.command import doctor
from yuqing_cli.doctor.findings import State
from yuqing_cli.up.lock import RunLock, RunNote
from yuqing_embedded.encoder import install_name
from yuqing_embedded.places import Places


def test_python_is_refused_when_it_is_too_old() -> None:
    assert machine.python((3, 10, 9)).state is State.BAD
    assert machine.python((3, 11, 0)).state is State.GOOD
    assert machine.python((3, 14, 1)).state is State.GOOD


def test_memory_is_warned_of_when_it_is_short() -> None:
    assert machine.memory(2 * 2**30).state is State.WARNING
    assert machine.memory(8 * 2**30).state is State.GOOD


def test_disk_is_judged_by_what_is_left(tmp_path: Path) -> None:
    states = [machine.disk(tmp_path / "not yet there", gib * 2**30).state for gib in (2, 5, 50)]
    assert states == [State.BAD, State.WARNING, State.GOOD]


def test_time_zone_is_bad_when_the_database_does_not_know_it() -> None:
    assert machine.time_zone("Mars/Olympus").state is State.BAD
    assert machine.time_zone("Asia/Shanghai").state is State.GOOD


def test_folder_is_bad_when_it_cannot_be_written() -> None:
    assert machine.writable(Path("/proc/yuqing")).state is State.BAD


def test_server_is_warned_of_when_it_is_not_in_the_cache(tmp_path: Path) -> None:
    assert installation.server(Places(tmp_path)).state is State.WARNING


def test_encoder_is_warned_of_when_it_is_not_in_the_cache(tmp_path: Path) -> None:
    assert installation.encoder(Places(tmp_path)).state is State.WARNING
    (tmp_path / install_name()).mkdir()
    assert installation.encoder(Places(tmp_path)).state is State.GOOD


def test_holder_is_named_when_the_port_is_used(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        finding = installation.port(taken.getsockname()[1], tmp_path)
    assert finding.state is State.BAD
    assert f"pid {os.getpid()}" in finding.chinese
    assert f"pid {os.getpid()}" in finding.english


def test_run_is_told_when_it_holds_the_folder(tmp_path: Path) -> None:
    with RunLock(tmp_path) as lock:
        lock.tell(RunNote(pid=4711, gateway="http://127.0.0.1:8080"))
        assert "4711" in installation.run(tmp_path).chinese
        left = (tmp_path / "run.json").read_text()
    assert installation.run(tmp_path).state is State.GOOD
    assert "4711" not in installation.run(tmp_path).chinese
    (tmp_path / "run.json").write_text(left)  # as after kill -9
    assert installation.run(tmp_path).state is State.WARNING


def test_exit_code_is_one_when_something_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUQING_TIME_ZONE", "Mars/Olympus")
    reply = CliRunner().invoke(doctor, ["--var", str(tmp_path)])
    assert reply.exit_code == 1
    assert "找不到时区 Mars/Olympus" in reply.output
    assert "time zone Mars/Olympus is unknown" in reply.output
