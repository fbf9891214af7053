"""The `yuqing` command as a client, against a running gateway."""

import csv
import io
import json
import socketserver
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from yuqing_cli.main import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `yuqing login` keeps the session."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("YUQING_URL", "YUQING_TOKEN", "YUQING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def monitor(api: Any, home: Path) -> str:
    """Signed in as the monitoring group; gives the gateway's address."""
    reply = run("login", "zhang.min", "--url", api.system.url, "--password", api.password("monitor"))
    assert reply.exit_code == 0, reply.output
    return api.system.url


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def table_widths(text: str) -> set[int]:
    """How wide the lines of a table are in a terminal, where a Chinese character takes two columns."""
    return {cell_len(line) for line in text.splitlines() if line[:1] in "┏┡│├└┃"}


def test_the_session_is_kept_for_its_owner_alone(monitor: str, home: Path) -> None:
    kept = home / "yuqing" / "login.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text(encoding="utf-8"))["url"] == monitor


def test_a_wrong_password_is_said_in_words_and_keeps_nothing(api: Any, home: Path) -> None:
    reply = run("login", "zhang.min", "--url", api.system.url, "--password", "wrong password")
    assert reply.exit_code == 1
    assert "login or password is wrong" in reply.output
    assert not (home / "yuqing").exists()


def test_the_way_to_sign_in_is_said_when_nobody_is(api: Any, home: Path) -> None:
    reply = run("search", "火锅", "--url", api.system.url)
    assert reply.exit_code == 1
    assert "yuqing login" in reply.output


def test_a_search_is_a_table_for_people(monitor: str) -> None:
    reply = run("search", "火锅", "--limit", "5")
    assert reply.exit_code == 0, reply.output
    assert "共" in reply.stdout
    assert reply.stdout.count("火锅") >= 5
    assert len(table_widths(reply.stdout)) == 1


def test_a_search_is_a_line_for_each_mention_when_programs_ask(monitor: str) -> None:
    reply = run("search", "火锅", "--limit", "5", "--json")
    mentions = [json.loads(line) for line in reply.stdout.splitlines()]
    assert len(mentions) == 5
    assert all("火锅" in mention["document"]["text"] for mention in mentions)


def test_the_place_is_said_when_the_query_cannot_be_read(monitor: str) -> None:
    reply = run("search", "(火锅 AND")
    assert reply.exit_code == 1
    assert "query:" in reply.output
    assert "Traceback" not in reply.output


def test_sources_are_a_table_or_lines(monitor: str) -> None:
    table, lines = run("sources"), run("sources", "--json")
    assert table.exit_code == 0, table.output
    assert "缺依据" in table.stdout
    assert len(table_widths(table.stdout)) == 1
    assert {"练习信源 0"} <= {json.loads(line)["displayName"] for line in lines.stdout.splitlines()}


def test_an_export_goes_to_a_file_or_to_standard_output(monitor: str, tmp_path: Path) -> None:
    output = tmp_path / "结果.csv"
    reply = run("export", "火锅", "--output", str(output), "--limit", "3")
    assert reply.exit_code == 0, reply.output
    assert "已导出 3 行" in reply.stderr
    assert len(list(csv.DictReader(io.StringIO(output.read_text(encoding="utf-8-sig"))))) == 3
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["结果.csv"]
    lines = run("export", "火锅", "--format", "jsonl", "--limit", "2").stdout.splitlines()
    assert len([json.loads(line) for line in lines]) == 2


def test_a_hold_is_put_listed_and_released(api: Any, home: Path) -> None:
    assert run("login", "wang.fang", "--url", api.system.url, "--password", api.password("legal")).exit_code == 0
    put = run("holds", "put", f"mentions/{api.ids['mention'][2]}", "--reason", "[练习]")
    assert put.exit_code == 0, put.output
    (name,) = put.stdout.split()
    table, lines = run("holds", "list"), run("holds", "list", "--json")
    assert "[练习]" in table.stdout
    assert name in {json.loads(line)["name"] for line in lines.stdout.splitlines()}
    by_query = run("holds", "put", "没有这样的话", "--reason", "练习")
    assert "0 mentions" in by_query.stderr
    for each in (name, by_query.stdout.split()[0]):
        released = run("holds", "release", each, "--reason", "练习完")
        assert released.exit_code == 0, released.output
    assert name not in run("holds", "list").stdout
    assert "练习完" in run("holds", "list", "--released", "--mention", f"mentions/{api.ids['mention'][2]}").stdout
    assert run("holds", "release", name, "--reason", "再来").exit_code == 1


def test_a_token_works_without_a_session(api: Any, home: Path) -> None:
    with api.client("leader") as leader:
        made = leader.post("/v1/apiTokens", json={"displayName": "脚本", "scopes": ["crawler.read"]}).json()
    there = ("--url", api.system.url, "--token", made["token"])
    assert run("sources", *there).exit_code == 0
    refused = run("search", "火锅", *there)
    assert refused.exit_code == 1
    assert "indexing.read" in refused.output


def test_it_is_said_when_no_gateway_answers(home: Path, free_port: int) -> None:
    reply = run("search", "火锅", "--url", f"http://127.0.0.1:{free_port}")
    assert reply.exit_code == 1
    assert "连接不上网关" in reply.output


class _Breaking(socketserver.StreamRequestHandler):
    """Promises more than it sends."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\nhalf")


@pytest.fixture
def breaking() -> Iterator[str]:
    """The address of a gateway whose answers break off."""
    with socketserver.TCPServer(("127.0.0.1", 0), _Breaking) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_no_half_file_is_left_when_an_export_breaks_off(breaking: str, home: Path, tmp_path: Path) -> None:
    output = tmp_path / "x.csv"
    reply = run("export", "火锅", "--url", breaking, "--output", str(output))
    assert reply.exit_code == 1
    assert "连接中断" in reply.output
    assert list(tmp_path.iterdir()) == []
