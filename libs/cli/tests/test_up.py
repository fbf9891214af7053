"""A whole run with doubles of the services: real processes, real health, real signals."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from yuqing_cli.up.plan import run_mark
from yuqing_embedded.elasticsearch import TEST_HEAP_MIB
from yuqing_embedded.places import places
from yuqing_embedded.processes import end_marked, marked, wait_until

DOUBLES = Path(__file__).parent / "doubles"
SERVICES = ("scoring", "indexing", "gateway", "crawler")
PATIENCE_SECONDS = 90


class Started:
    """A supervisor's process and what it told so far."""

    def __init__(self, var: Path, services: tuple[str, ...], settings: dict[str, str]) -> None:
        self.var = var
        self.told = var.parent / f"{var.name}-{len(list(var.parent.iterdir()))}.out"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("YUQING_")}
        environment = {"YUQING_ELASTICSEARCH_URL": "http://127.0.0.1:1", "YUQING_GATEWAY_PORT": "0", **settings}
        with self.told.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(DOUBLES / "run_doubles.py"), *services],
                env={**inherited, **environment, "YUQING_VAR": str(var), "PYTHONPATH": str(DOUBLES)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def text(self) -> str:
        return self.told.read_text()

    def note(self) -> dict:
        return json.loads((self.var / "run.json").read_text())

    def says(self, words: str) -> None:
        wait_until(lambda: words in self.text or self.process.poll() is not None, seconds=PATIENCE_SECONDS)
        assert words in self.text

    def ends(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)


Starter = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    all_started: list[Started] = []

    def begin(services: tuple[str, ...] = SERVICES, var: str = "var", **settings: str) -> Started:
        all_started.append(Started(tmp_path / var, services, settings))
        return all_started[-1]

    yield begin
    for started in all_started:
        if started.process.poll() is None:
            started.process.kill()
            started.process.wait()
        end_marked(run_mark(started.var), grace_seconds=0)
        shutil.rmtree(places().data(started.var), ignore_errors=True)


def test_everything_is_told_and_stopped_in_order_when_all_goes_well(start: Starter) -> None:
    run = start()
    run.says("全部就绪")
    note = run.note()
    assert set(note["pids"]) == set(SERVICES)
    assert httpx.get(f"{note['gateway']}/healthz", trust_env=False).is_success
    assert f"{note['gateway']}/docs" in run.text
    assert "admin  first-password" in run.text
    run.process.terminate()
    assert run.ends() == 0
    assert (run.var / "stopped").read_text().split() == ["crawler", "gateway", "indexing", "scoring"]
    assert not (run.var / "run.json").exists()
    assert marked(run_mark(run.var)) == []


def test_first_accounts_are_not_shown_again_when_it_starts_a_second_time(start: Starter) -> None:
    accounts = "first-password"
    first = start(("gateway",))
    first.says("全部就绪")
    first.process.send_signal(signal.SIGINT)
    assert first.ends() == 0
    os.utime(first.var / "first-accounts.txt", (1, 1))
    second = start(("gateway",))
    second.says("全部就绪")
    assert accounts in first.text
    assert accounts not in second.text


def test_folder_and_keys_are_their_owners_alone_when_they_are_made(start: Starter) -> None:
    run = start(("scoring",))
    run.says("全部就绪")
    keys = run.var / "keys"
    modes = {path.name: path.stat().st_mode & 0o777 for path in (run.var, keys, keys / "scoring.pem", keys / "secret.key")}
    assert modes == {"var": 0o700, "keys": 0o700, "scoring.pem": 0o600, "secret.key": 0o600}
    assert (keys / "public" / "scoring.pem").exists()


def test_terminal_shows_warnings_alone_when_not_verbose(start: Starter) -> None:
    run = start(("scoring",))
    run.says("全部就绪")
    run.says("one warning")
    assert "nobody needs" not in run.text
    assert wait_until(lambda: "nobody needs" in (run.var / "log" / "scoring.log").read_text(), seconds=10)


def test_service_is_started_again_at_its_address_when_it_is_killed(start: Starter) -> None:
    run = start(("scoring", "gateway"))
    run.says("全部就绪")
    before = run.note()
    os.kill(before["pids"]["scoring"], signal.SIGKILL)
    run.says("SIGKILL")
    assert wait_until(lambda: run.text.count("✓ scoring") == 2, seconds=PATIENCE_SECONDS)
    after = run.note()
    assert after["addresses"] == before["addresses"]
    assert after["pids"]["gateway"] == before["pids"]["gateway"]
    assert after["pids"]["scoring"] != before["pids"]["scoring"]


def test_reason_is_told_when_a_service_dies_at_start(start: Starter) -> None:
    run = start(("broken",))
    run.says("broken 意外结束")
    run.says("no database")
    run.process.terminate()
    assert run.ends() == 0


def test_second_start_says_where_the_first_is(start: Starter) -> None:
    first = start(("gateway",))
    first.says("全部就绪")
    second = start(("gateway",))
    assert second.ends() == 1
    assert f"pid {first.process.pid}" in second.text
    assert first.note()["gateway"] in second.text


def test_another_folder_is_another_run(start: Starter) -> None:
    first = start(("gateway",))
    second = start(("gateway",), var="other")
    first.says("全部就绪")
    second.says("全部就绪")
    assert first.note()["gateway"] != second.note()["gateway"]


def test_holder_is_named_when_the_gateways_port_is_used(start: Starter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start(("gateway",), YUQING_GATEWAY_PORT=str(port))
        assert run.ends() == 1
    assert str(port) in run.text
    assert f"pid {os.getpid()}" in run.text


def test_stubborn_service_is_killed_and_named_when_all_is_stopped(start: Starter) -> None:
    run = start(("scoring", "gateway"), DOUBLE_STUBBORN="scoring")
    run.says("全部就绪")
    run.process.terminate()
    assert run.ends() == 0
    assert "scoring 没有在" in run.text
    assert "gateway 没有在" not in run.text
    assert marked(run_mark(run.var)) == []


def test_next_start_works_when_the_supervisor_was_killed(start: Starter) -> None:
    killed = start(("scoring", "gateway"), DOUBLE_STUBBORN="scoring")
    killed.says("全部就绪")
    left = killed.note()["pids"]
    killed.process.kill()
    killed.process.wait()
    assert wait_until(lambda: not _lives(left["gateway"]), seconds=10)  # the kernel told it
    assert _lives(left["scoring"])  # this one does not listen
    run = start(("scoring", "gateway"))
    run.says("全部就绪")
    assert not _lives(left["scoring"])


def test_embedded_node_is_a_part_of_the_run_when_no_other_is_named(start: Starter) -> None:
    embedded = {"YUQING_ELASTICSEARCH_URL": "", "YUQING_ELASTICSEARCH_HEAP_MIB": str(TEST_HEAP_MIB)}
    run = start(("indexing",), **embedded)
    run.says("全部就绪")
    note = run.note()
    assert run.text.index("✓ elasticsearch") < run.text.index("✓ indexing")
    httpx.put(f"{note['elasticsearch']}/texts/_doc/1?refresh=true", json={"text": "舆情"}, trust_env=False).raise_for_status()
    run.process.kill()
    run.process.wait()
    again = start(("indexing",), **embedded)
    again.says("全部就绪")
    assert httpx.get(f"{again.note()['elasticsearch']}/texts/_count", trust_env=False).json()["count"] == 1
    for process in psutil.Process(again.note()["pids"]["elasticsearch"]).children(recursive=True):
        process.kill()
    again.says("! elasticsearch")
    assert wait_until(lambda: again.text.count("✓ elasticsearch") == 2, seconds=PATIENCE_SECONDS)
    assert httpx.get(f"{again.note()['elasticsearch']}/texts/_count", trust_env=False).json()["count"] == 1
    again.process.terminate()
    assert again.ends() == 0
    assert "没有在" not in again.text


def _lives(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
