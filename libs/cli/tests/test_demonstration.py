"""The demonstration's sources are registered once, as a person would, and a broken start may begin anew."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from yuqing_cli.up import demonstration
from yuqing_cli.up.demonstration import MARK, register_once
from yuqing_world.sources import suggested


class GatewayAndWorld(BaseHTTPRequestHandler):
    """Answers as both would; `refusals` are answered first."""

    refusals: ClassVar[list[int]] = []
    created: ClassVar[list[tuple[str, dict]]] = []

    def do_GET(self) -> None:
        self._reply(200, suggested())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/sessions":
            right = body == {"login": "zhang.min", "password": "right"}
            return self._reply(200 if right else 401, {"sessionToken": "token of zhang.min"})
        if self.refusals:
            return self._reply(self.refusals.pop(0), {"detail": "not now"})
        if self.headers["Authorization"] != "Bearer token of zhang.min":
            return self._reply(401, {})
        self.created.append((self.path, body))
        return self._reply(200, body)

    def _reply(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(demonstration, "RETRY_SECONDS", 0.01)
    GatewayAndWorld.refusals.clear()
    GatewayAndWorld.created.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), GatewayAndWorld) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    file = tmp_path / "first-accounts.txt"
    file.write_text("admin\tother\t系统管理员\nzhang.min\tright\t张敏\n", encoding="utf-8")
    return file


def rewritten(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


async def registered(address: str, accounts: Path) -> str:
    said: list[str] = []
    await register_once(address, address, var=accounts.parent, accounts=accounts, say=said.append)
    return "\n".join(said)


async def test_every_source_is_created_once_when_it_is_asked_twice(address: str, accounts: Path) -> None:
    said = await registered(address, accounts)
    assert str(len(suggested())) in said
    assert await registered(address, accounts) == ""
    assert [body for _, body in GatewayAndWorld.created] == suggested()


async def test_call_is_repeated_when_the_service_is_not_awake_yet(address: str, accounts: Path) -> None:
    GatewayAndWorld.refusals[:] = [503, 503]
    assert "已登记" in await registered(address, accounts)
    assert len(GatewayAndWorld.created) == len(suggested())


async def test_requests_are_the_same_ones_when_a_start_begins_anew(address: str, accounts: Path) -> None:
    GatewayAndWorld.refusals[:] = [400]
    assert "400" in await registered(address, accounts)
    assert not (accounts.parent / MARK).exists()
    await registered(address, accounts)
    (accounts.parent / MARK).unlink()
    await registered(address, accounts)
    paths = [path for path, _ in GatewayAndWorld.created]
    assert paths[: len(paths) // 2] == paths[len(paths) // 2 :]
    assert len(set(paths)) == len(suggested())


async def test_reason_is_said_when_the_password_was_changed(address: str, accounts: Path) -> None:
    assert "401" in await registered(address, rewritten(accounts, "zhang.min\tchanged\t张敏\n"))
    assert not (accounts.parent / MARK).exists()


async def test_reason_is_said_when_the_file_of_accounts_is_gone(address: str, tmp_path: Path) -> None:
    assert "first-accounts.txt" in await registered(address, tmp_path / "first-accounts.txt")
