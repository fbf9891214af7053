"""`yuqing login`, `search`, `sources`, `export`: the gateway from a terminal."""

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Concatenate, ParamSpec, TypeVar

import click
import httpx
from rich.console import Console

from yuqing_cli.client.connection import DEFAULT_URL, Gateway, Login, keep_login, login_file
from yuqing_cli.client.tables import show_hits, show_sources

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
_ORDERS = {order: f"SEARCH_ORDER_{order.upper()}" for order in ("relevance", "newest", "oldest", "reach", "risk", "influence")}
_FORMATS = {"csv": "EXPORT_FORMAT_CSV", "xlsx": "EXPORT_FORMAT_XLSX", "jsonl": "EXPORT_FORMAT_JSONL"}


def with_gateway(command: Callable[Concatenate[Gateway, Parameters], Result]) -> Callable[..., Result]:
    """Adds --url and --token, and gives the command the gateway that they mean."""

    @click.option("--url", envvar="YUQING_URL", help=f"网关地址 / the gateway; default {DEFAULT_URL}")
    @click.option("--token", envvar="YUQING_TOKEN", help="接口令牌 / an API token; default: the session of `yuqing login`")
    @functools.wraps(command)
    def run(*args: Any, url: str | None, token: str | None, **options: Any) -> Result:
        return command(Gateway.of(url, token), *args, **options)

    return run


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


@click.command()
@click.argument("name")
@click.option("--url", envvar="YUQING_URL", default=DEFAULT_URL, show_default=True, help="网关地址 / the gateway")
@click.option("--password", prompt="密码 / password", hide_input=True, envvar="YUQING_PASSWORD")
def login(name: str, url: str, password: str) -> None:
    """登录网关并保存会话 / signs in and keeps the session for the other commands."""
    reply = Gateway(url.rstrip("/"), "").call("POST", "/v1/sessions", json={"login": name, "password": password})
    keep_login(Login(url=url, token=reply["sessionToken"]))
    click.echo(f"已登录 / signed in: {reply['person']['displayName']} ({login_file()})", err=True)
    if reply["mustChangePassword"]:
        click.echo("请修改初始密码 / change the first password: POST /v1/me:changePassword", err=True)


@click.command()
@click.argument("query", default="")
@click.option("--order", type=click.Choice(list(_ORDERS)), default="newest", show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="条数 / how many")
@click.option("--json", "as_json", is_flag=True, help="JSON, one mention a line, for programs")
@with_gateway
def search(gateway: Gateway, query: str, order: str, limit: int, *, as_json: bool) -> None:
    """检索舆情 / finds mentions, e.g. yuqing search '"品牌名" AND (爆炸 OR 起火) NOT 招聘'."""
    reply = gateway.call("POST", "/v1/mentions:search", json={"query": query, "order": _ORDERS[order], "pageSize": limit})
    if as_json:
        for hit in reply["hits"]:
            _print_json(hit["mention"])
    else:
        show_hits(Console(), reply)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="JSON, one source a line, for programs")
@with_gateway
def sources(gateway: Gateway, *, as_json: bool) -> None:
    """信源及健康状况 / the sources and how they fare."""
    found = gateway.pages("/v1/sources", "sources")
    if as_json:
        for source in found:
            _print_json(source)
    else:
        show_sources(Console(), found)


@click.command()
@click.argument("query")
@click.option("--format", "form", type=click.Choice(list(_FORMATS)), default="csv", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="文件 / the file; default: standard output")
@click.option("--limit", type=click.IntRange(1, 1_000_000), help="行数上限 / at most this many rows")
@with_gateway
def export(gateway: Gateway, query: str, form: str, output: Path | None, limit: int | None) -> None:
    """导出检索结果 / writes all that a query finds to a file."""
    body: dict[str, Any] = {"query": query, "format": _FORMATS[form]} | ({"limit": limit} if limit else {})
    with gateway.download("/v1/mentions:export", json=body) as reply:
        rows, total = reply.headers.get("x-yuqing-rows", "0"), reply.headers.get("x-yuqing-total", "0")
        if output is None:
            _write(reply, sys.stdout.buffer)
        else:
            _write_whole(reply, output)
    click.echo(f"已导出 {rows} 行,共 {total} 条 / {rows} rows of {total} found", err=True)


def _write(reply: httpx.Response, sink: BinaryIO) -> None:
    sink.writelines(reply.iter_bytes())


def _write_whole(reply: httpx.Response, output: Path) -> None:
    """Under its name only when it is whole: half an export looks like all of it."""
    unfinished = output.with_name(f"{output.name}.part")
    try:
        with unfinished.open("wb") as file:
            _write(reply, file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.replace(output)
