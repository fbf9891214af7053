"""Which gateway, with which token, and what its errors mean for a terminal."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
import httpx
from pydantic import BaseModel, ValidationError

DEFAULT_URL = "http://127.0.0.1:8080"
_SECONDS = 60.0
_PAGE_SIZE = 1000


class Login(BaseModel):
    """What `yuqing login` keeps."""

    url: str
    token: str


def login_file() -> Path:
    """Where `yuqing login` keeps the session: `$XDG_CONFIG_HOME/yuqing/login.json`."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "yuqing" / "login.json"


def keep_login(login: Login) -> None:
    """Writes the session for its owner alone."""
    file = login_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(login.model_dump_json())


def kept_login() -> Login | None:
    """The session that was kept, or None."""
    try:
        return Login.model_validate_json(login_file().read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


@dataclass(frozen=True)
class Gateway:
    """A gateway and the token to call it with."""

    url: str
    token: str

    @classmethod
    def of(cls, url: str | None, token: str | None) -> "Gateway":
        """By options, then by YUQING_URL and YUQING_TOKEN (click reads them), then by `yuqing login`."""
        kept = kept_login()
        return cls((url or (kept.url if kept else DEFAULT_URL)).rstrip("/"), token or (kept.token if kept else ""))

    def call(self, method: str, path: str, *, json: Mapping[str, Any] | None = None, params: Mapping[str, Any] | None = None) -> Any:
        """The reply's JSON; raises click's exception with the problem in words."""
        with self._client() as client:
            reply = client.request(method, path, json=json, params=dict(params or {}))
            _check(reply)
            return reply.json() if reply.content else None

    def pages(self, path: str, field: str, *, params: Mapping[str, Any] | None = None) -> list[Any]:
        """All that a list has under this field of its replies, page by page."""
        found: list[Any] = []
        token = ""
        while True:
            reply = self.call("GET", path, params={**(params or {}), "pageSize": _PAGE_SIZE, "pageToken": token})
            found += reply[field]
            token = reply["nextPageToken"]
            if not token:
                return found

    @contextmanager
    def download(self, path: str, *, json: Mapping[str, Any]) -> Generator[httpx.Response]:
        """A reply that is read piece by piece."""
        with self._client() as client, client.stream("POST", path, json=json) as reply:
            if reply.is_error:
                reply.read()
            _check(reply)
            yield reply

    @contextmanager
    def _client(self) -> Generator[httpx.Client]:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            with httpx.Client(base_url=self.url, headers=headers, timeout=_SECONDS) as client:
                yield client
        except httpx.ConnectError as error:
            raise click.ClickException(f"连接不上网关 / the gateway does not answer: {self.url}") from error
        except httpx.TimeoutException as error:
            raise click.ClickException(f"网关超时 / the gateway took too long: {self.url}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise click.ClickException(f"与网关的连接中断 / the connection to the gateway broke: {self.url}: {error}") from error


def _check(reply: httpx.Response) -> None:
    if not reply.is_error:
        return
    if reply.headers.get("content-type", "").startswith("application/problem+json"):
        found = reply.json()
        fields = "".join(f"\n  {each['field']}: {each['description']}" for each in found.get("errors", []))
        hint = "\n请先登录 / sign in first: yuqing login" if reply.status_code == HTTPStatus.UNAUTHORIZED else ""
        raise click.ClickException(f"{found['status']} {found['detail']}{fields}{hint}")
    raise click.ClickException(f"{reply.status_code} {reply.reason_phrase}: {reply.url}")
