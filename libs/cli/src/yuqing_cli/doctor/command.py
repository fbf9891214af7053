"""`yuqing doctor`: asks every question and prints the answers."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from yuqing_cli.doctor import installation, machine
from yuqing_cli.doctor.findings import Finding, State
from yuqing_cli.up.plan import installed_services
from yuqing_cli.up.settings import UpSettings
from yuqing_embedded.places import places

DEFAULT_TIME_ZONE = "Asia/Shanghai"


@click.command()
@click.option("--var", type=click.Path(file_okay=False, path_type=Path), help="数据目录,默认 var (folder of the run; default: var).")
def doctor(var: Path | None) -> None:
    """检查本机缺少什么、有什么问题 (say what is missing or wrong on this machine)."""
    settings = UpSettings()
    found = list(_findings(settings, (var or settings.var).absolute()))
    for finding in found:
        click.echo(str(finding))
    count = sum(finding.state is State.BAD for finding in found)
    click.echo(f"\n{count} 个问题 (problems): {count}" if count else "\n没有问题 (no problems)")
    sys.exit(1 if count else 0)


def _findings(settings: UpSettings, var: Path) -> Iterator[Finding]:
    where = places()
    yield machine.python()
    yield machine.user(where)
    yield machine.memory()
    data = where.data(var)
    for folder in dict.fromkeys((var, where.programs, data)):
        yield machine.writable(folder)
    for folder in dict.fromkeys(machine.existing(folder) for folder in (var, where.programs, data)):
        yield machine.disk(folder)
    yield machine.time_zone(os.environ.get("YUQING_TIME_ZONE", DEFAULT_TIME_ZONE))
    yield installation.services(installed_services())
    if settings.elasticsearch_url is None:
        yield installation.server(where)
        if installation.is_cached(where):  # Java is put beside the server at the first start
            yield installation.java(where)
    if settings.scoring_vectors is None:
        yield installation.encoder(where)
    yield installation.run(var)
    if settings.gateway_port:
        yield installation.port(settings.gateway_port, var)
