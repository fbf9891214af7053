"""`yuqing audit`: shows to an auditor that no record of any service was changed, and where the first one was."""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from yuqing_runtime import chains
from yuqing_runtime.audit import Head, Verification


@click.group()
def audit() -> None:
    """审计链:校验与锚定 (the audit chains)."""


@audit.command()
@click.option("--anchor", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="`yuqing audit heads` 早先的输出 (kept heads)")
def verify(anchor: Path | None) -> None:
    """校验所有服务的审计链;有损坏时退出码为 1,找不到审计链时为 2 (verify all chains; 1 when one is broken, 2 when there are none)."""
    results = asyncio.run(chains.verify_all(os.environ, _anchors(anchor)))
    if not results:
        click.echo("没有找到审计链 (no audit chain found): YUQING_VAR, YUQING_DATABASE_URL", err=True)
        sys.exit(2)
    for service, result in results.items():
        click.echo(_line(service, result))
    sys.exit(any(result.first_broken for result in results.values()))


@audit.command()
def heads() -> None:
    """输出各审计链的末端,供外部锚定 (print the heads, to be kept outside)."""
    found = asyncio.run(chains.heads(os.environ))
    click.echo(json.dumps({service: asdict(head) for service, head in found.items()}, indent=2))


def _anchors(path: Path | None) -> dict[str, Head]:
    if path is None:
        return {}
    try:
        return {service: Head(**head) for service, head in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, TypeError, AttributeError):
        raise click.BadParameter("不是 `yuqing audit heads` 的输出 (not the output of `yuqing audit heads`)") from None


def _line(service: str, result: Verification) -> str:
    if result.first_broken is None:
        return f"{service}: 完整,共 {result.head.sequence} 条 (unbroken, {result.head.sequence} records)"
    broken = result.first_broken
    return f"{service}: 第 {broken.sequence} 条起损坏 (broken from record {broken.sequence}): {broken.reason}"
